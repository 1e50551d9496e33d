"""LVS-NAT: real servers that are masqueraded, some of them the director itself."""

from __future__ import annotations

METHODS = ("m", "m")
