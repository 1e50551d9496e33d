"""`-m connmark`: the mark of the connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import mark_mask
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="connmark",
    options=(Option("mark", "mark", mark_mask(), invert=True, required=True),),
    conntrack=True,
)
