"""What the two matches on conntrack's state share (net/netfilter/xt_conntrack.c, conntrack_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import word_set
from lvsconf.extensions.options import Codec
from lvsconf.model.fields import CT_STATE, CT_STATUS, CtState, CtStatus
from lvsconf.model.netfilter import Given
from lvsconf.model.preds import Pred, all_of, any_of, masked, negate, one_of

_TRIED = ("INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED", "SNAT", "DNAT")
"""In the order in which a word that is cut short is compared (libxt_conntrack.c, conntrack_ps_state)."""

STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED")
"""In the order in which they print."""

TRACKED: Pred = one_of(CT_STATE, (CtState.ESTABLISHED, CtState.RELATED, CtState.NEW))
"""The packet has a conntrack entry."""

UNTRACKED: Pred = one_of(CT_STATE, (CtState.INVALID, CtState.UNTRACKED))
"""It has none: the kernel's `ct == NULL`."""

_NAT_BITS = {"SNAT": CtStatus.SRC_NAT, "DNAT": CtStatus.DST_NAT}


def state_codec(nat: bool) -> Codec:
    """A list of states; with `nat` also SNAT and DNAT."""
    return word_set((*STATES, *_NAT_BITS) if nat else STATES, cut=True, tried=_TRIED if nat else _TRIED[:5])


def has_status(bit: CtStatus) -> Pred:
    """The entry exists and has this status bit."""
    return all_of((TRACKED, masked(CT_STATUS, int(bit), int(bit))))


def state_meaning(given: Given) -> Pred:
    """One of the states. SNAT and DNAT are bits of an entry, so a packet without one has neither."""
    states = [CtState[name] for name in given.value if name in CtState.__members__]
    preds = [one_of(CT_STATE, states)] if states else []
    preds.extend(has_status(bit) for name, bit in _NAT_BITS.items() if name in given.value)
    return negate(any_of(preds), given.inverted)
