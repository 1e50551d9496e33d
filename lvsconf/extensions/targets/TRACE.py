"""`-j TRACE`: the kernel logs the packet's way through the rules; it goes on."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule

MODULE = TargetModule(name="TRACE", options=(), effects=lambda arguments, family: (), tables=frozenset({"raw"}))
