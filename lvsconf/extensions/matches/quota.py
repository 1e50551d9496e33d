"""`-m quota`: so many bytes, and then no more."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="quota", options=(Option("quota", "quota", integer(0, 0xFFFFFFFFFFFFFFFF), invert=True, required=True),)
)
