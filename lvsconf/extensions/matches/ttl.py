"""`-m ttl`: the time to live of an IPv4 packet."""

from __future__ import annotations

from lvsconf.extensions.hops import hops_match

MODULE = hops_match("ttl", 4)
