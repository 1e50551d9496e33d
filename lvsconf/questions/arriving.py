"""The packets that there may be at a hook, whatever the rules are."""

from __future__ import annotations

from lvsconf.model.fields import CT_STATE, IIF, OIF, PROTO, TCP, CtState, interface
from lvsconf.model.preds import Pred, all_of, any_of, between, equals, negate, one_of
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

_IIF, _OIF = negate(equals(IIF, 0)), negate(equals(OIF, 0))
_NO_IIF, _NO_OIF = equals(IIF, 0), equals(OIF, 0)
DEVICES: dict[str, Pred] = {
    "PREROUTING": all_of((_IIF, _NO_OIF)),
    "INPUT": all_of((_IIF, _NO_OIF)),
    "FORWARD": all_of((_IIF, _OIF)),
    "OUTPUT": all_of((_NO_IIF, _OIF)),
    "POSTROUTING": _OIF,
}
"""The interfaces of the packets at each hook (struct nf_hook_state). A packet that is forwarded shows the one it came
by in POSTROUTING too, on newer kernels (ip_output)."""

LOOPED = any_of((equals(IIF, interface("lo")), all_of((equals(CT_STATE, CtState.NEW), negate(equals(PROTO, TCP))))))
"""What the host has sent itself keeps its conntrack entry: packets over lo, and the copies of what went to a group
(dev_loopback_xmit)."""
_UNTRACKED_YET = any_of((one_of(CT_STATE, (CtState.INVALID, CtState.UNTRACKED)), LOOPED))
"""raw PREROUTING stands before conntrack, so that other packets have no entry (conntrack_mt: INVALID)."""
_OPENS = one_of(CT_STATE, (CtState.NEW, CtState.RELATED))
"""nf_nat_inet_fn: only what may open a connection is shown to the nat table."""

STATES: dict[tuple[str, str], tuple[Pred, str]] = {
    ("raw", "PREROUTING"): (_UNTRACKED_YET, "raw PREROUTING comes before connection tracking"),
    ("nat", "PREROUTING"): (_OPENS, "the nat table sees the first packet of a connection alone"),
    ("nat", "INPUT"): (_OPENS, "the nat table sees the first packet of a connection alone"),
    ("nat", "OUTPUT"): (_OPENS, "the nat table sees the first packet of a connection alone"),
    ("nat", "POSTROUTING"): (_OPENS, "the nat table sees the first packet of a connection alone"),
}
"""What is special about the ctstate in a chain, and why."""
_ALL_STATES = between(CT_STATE, 0, max(CtState))


def arriving(space: Space, table: str, chain: str) -> PacketSet:
    """The packets that there may be at a built-in chain of a table."""
    state = STATES.get((table, chain), (_ALL_STATES, ""))[0]
    return space.bounds(DEVICES[chain]).upper & space.bounds(_ALL_STATES).upper & space.bounds(state).upper
