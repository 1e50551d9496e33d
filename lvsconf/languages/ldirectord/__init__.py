"""ldirectord.cf (ldirectord(8)), as resource-agents 4.12 reads it.

Recognising it needs nothing more than this; `reader` reads it.
"""

from __future__ import annotations

import re

NAME = "ldirectord"
EXPECTS = "ldirectord.cf"

_VIRTUAL = re.compile(r"^virtual6?[ \t]*=[ \t]*\S", re.MULTILINE)


def recognise(text: str) -> bool:
    """Whether this is a configuration of ldirectord."""
    return bool(_VIRTUAL.search(text))
