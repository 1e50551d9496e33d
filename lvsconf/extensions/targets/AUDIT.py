"""`-j AUDIT`: a record in the audit log; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="AUDIT",
    options=(Option("type", "type", choice(("accept", "drop", "reject"), fold=True), required=True),),
    effects=lambda arguments, family: (),
)
