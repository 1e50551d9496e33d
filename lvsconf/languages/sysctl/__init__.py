"""`sysctl -a` and sysctl.conf, and what is known of the keys."""

from __future__ import annotations

from lvsconf.languages.sysctl.reader import EXPECTS, NAME, dotted, foreign, format_source, read, recognise

__all__ = ["EXPECTS", "NAME", "dotted", "foreign", "format_source", "read", "recognise"]
