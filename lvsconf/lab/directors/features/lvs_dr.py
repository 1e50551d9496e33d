"""LVS-DR: real servers that get the packet as it is."""

from __future__ import annotations

METHODS = ("g", "g")
