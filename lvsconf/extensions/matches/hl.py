"""`-m hl`: the hop limit of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.hops import hops_match

MODULE = hops_match("hl", 6)
