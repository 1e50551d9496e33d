"""What a packet's rules see of its conntrack entry."""

from __future__ import annotations

from lvsconf.kernel.flows import Entry
from lvsconf.model.fields import (
    CT_EXPIRES,
    CT_MARK,
    CT_ORIG_DPORT,
    CT_ORIG_DST,
    CT_ORIG_SPORT,
    CT_ORIG_SRC,
    CT_PROTO,
    CT_REPLY_DPORT,
    CT_REPLY_DST,
    CT_REPLY_SPORT,
    CT_REPLY_SRC,
    CT_STATUS,
    Field,
)

_ORIGINAL = (CT_ORIG_SRC, CT_ORIG_SPORT, CT_ORIG_DST, CT_ORIG_DPORT)
_REPLY = (CT_REPLY_SRC, CT_REPLY_SPORT, CT_REPLY_DST, CT_REPLY_DPORT)


def fields_of(entry: Entry, now: float) -> dict[Field, int | None]:
    """The fields and their values at a time, in seconds; what is unknown, which tuples hold as negative, is None."""
    found: dict[Field, int | None] = {
        CT_STATUS: int(entry.status),
        CT_MARK: entry.mark,
        CT_PROTO: entry.orig.proto,
        # nf_ct_expires: before it is in the table, an entry's timeout is not yet a time.
        CT_EXPIRES: max(int(entry.expires - now), 0) if entry.confirmed and entry.timeouts is None else None,
    }
    for flow, fields in ((entry.orig, _ORIGINAL), (entry.reply, _REPLY)):
        for what, number in zip(fields, (flow.src, flow.sport, flow.dst, flow.dport), strict=True):
            found[what] = None if number < 0 else number
    return found
