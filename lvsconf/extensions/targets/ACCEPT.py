"""`-j ACCEPT`: this table has no more to say."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule
from lvsconf.model.effects import Verdict

MODULE = TargetModule(name="ACCEPT", options=(), effects=lambda arguments, family: (Verdict.ACCEPT,))
