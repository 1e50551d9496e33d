"""`-m hbh`: the hop-by-hop options header of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.ipv6_options import options_header

MODULE = options_header("hbh")
