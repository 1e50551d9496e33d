"""`-j CHECKSUM`: fill in a missing checksum; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="CHECKSUM",
    options=(Option("checksum-fill", "checksum_fill", flag(), required=True),),
    effects=lambda arguments, family: (),
    tables=frozenset({"mangle"}),
)
