"""LVS-TUN: real servers behind an IPIP tunnel."""

from __future__ import annotations

METHODS = ("i",)
