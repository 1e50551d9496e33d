"""`-j QUEUE`: to user space, whose answer nobody knows."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule
from lvsconf.model.effects import Verdict

MODULE = TargetModule(name="QUEUE", options=(), effects=lambda arguments, family: (Verdict.QUEUE,))
