"""`-m comment`: a remark; every packet matches."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.preds import TRUE

MODULE = MatchModule(
    name="comment",
    options=(Option("comment", "comment", cut_string(255), required=True),),
    meaning=lambda arguments, family: TRUE,
)
