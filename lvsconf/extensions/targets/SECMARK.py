"""`-j SECMARK`: a security context for the packet, which no field here holds; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.options import Option, TargetModule
from lvsconf.extensions.texts import cut_word

MODULE = TargetModule(
    name="SECMARK",
    options=(Option("selctx", "selctx", cut_word(255), required=True),),
    effects=lambda arguments, family: (),
    tables=frozenset({"mangle", "security"}),
)
