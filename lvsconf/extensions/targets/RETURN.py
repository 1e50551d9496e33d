"""`-j RETURN`: back to the calling chain, or to the policy."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule
from lvsconf.model.effects import Return

MODULE = TargetModule(name="RETURN", options=(), effects=lambda arguments, family: (Return(),))
