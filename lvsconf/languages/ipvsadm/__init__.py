"""What `ipvsadm-save -n` prints and `ipvsadm -R` reads: one invocation of ipvsadm per line."""

from __future__ import annotations

import re

from lvsconf.languages.ipvsadm.reader import read
from lvsconf.languages.ipvsadm.services import Tables

NAME = "ipvsadm"
EXPECTS = "the output of ipvsadm-save -n"

_COMMAND = re.compile(
    r"^[ \t]*(?:\S*ipvsadm[ \t]+)?(?:-[AEa][ \t]*-?-?[tuf]|--add-ser\w+|-[Cc]\b|-D\b|"
    r"-[Aae][ \t]+--(?:tcp|udp|sctp|fwmark)-service)",
    re.MULTILINE,
)


def recognise(text: str) -> bool:
    """Whether this is a list of ipvsadm commands."""
    return bool(_COMMAND.search(text)) and not re.search(r"^#!", text)


__all__ = ["EXPECTS", "NAME", "Tables", "read", "recognise"]
