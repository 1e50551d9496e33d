"""`ipset save`, and everything else that `ipset restore` reads."""

from __future__ import annotations

import re

from lvsconf.languages.ipset.reader import read

NAME = "ipset"
EXPECTS = "the output of ipset save"

_LINE = re.compile(r"^[ \t]*(?:-exist[ \t]+|-![ \t]+)?(?:create|-N|--create)[ \t]+\S+[ \t]+(?:hash|bitmap|list):", re.M)


def recognise(text: str) -> bool:
    """Whether this is a list of ipset commands."""
    return bool(_LINE.search(text))


__all__ = ["EXPECTS", "NAME", "read", "recognise"]
