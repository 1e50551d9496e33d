"""What an era says besides its tables: the questions that the engine asks, in the kernel's own words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from ipaddress import IPv4Network
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One answer to each question; the era's file says where in the kernel it was found."""

    transmits_to: Literal["LOCAL_OUT", "POST_ROUTING"]
    """Where a packet walks on that IPVS sends to a real server."""
    notrack: Literal["none", "always", "attached"]
    """Which packets of a connection without NFCT become UNTRACKED: none, every one, those with an entry."""
    answers_stay_untracked: bool
    """What the host answers to an UNTRACKED packet is UNTRACKED too."""
    decrements_ttl: bool
    """IPVS takes one from the TTL of what it sends, and says so when it is used up."""
    localnode: bool
    """A real server that is an address of the director takes packets as they are, without translation."""
    ignores_loopback: bool
    """Packets that come in by lo are no business of IPVS."""
    direct_answers: bool
    """Answers of DR and TUN real servers are known by the virtual address; else only by the real server's."""
    schedules_from_port_20: bool
    """A packet from port 20 may open a connection."""
    tunnel_errors: bool
    """ICMP errors about the director's own tunnels are told to the client."""
    tunnel_keeps_entry: bool
    """The outer packet has the conntrack entry of the inner one."""
    tunnel_sets_property: bool
    """The outer packet counts as sent by IPVS."""
    nodest_needs_reuse_mode: bool
    """expire_nodest_conn reschedules a SYN only where conn_reuse_mode is not 0."""
    reuse_drops_with: Literal["attached", "confirmed"]
    """With which conntrack entry a SYN that reuses a connection is dropped once."""
    conntrack_hooks: Literal["on_demand", "module"]
    """Whether tracking waits for somebody who needs it, or comes with its module."""
    tcp_window: bool
    """Conntrack looks at sequence numbers and at the combination of flags."""
    related_to_destination: bool
    """An ICMP error is RELATED only when it goes to where the flow it is about came from."""
    zero_network: str
    """The sources that no packet may have, because they mean no address."""
    rp_filter: Literal["max", "and"]
    """How the reverse path filters of `all` and of an interface combine."""

    @property
    def zero(self) -> IPv4Network:
        """`zero_network` as a network."""
        return IPv4Network(self.zero_network)


def behaviour(raw: dict[str, Any]) -> Behaviour:
    """The answers in a file; ValueError for one that is missing, unknown, or not one of those possible."""
    names = [each.name for each in fields(Behaviour)]
    if set(raw) != set(names):
        raise ValueError(f"behaviour: {', '.join(sorted(set(raw) ^ set(names)))}")
    kinds = get_type_hints(Behaviour)
    for name, value in raw.items():
        allowed = get_args(kinds[name])
        if value not in allowed if allowed else not isinstance(value, kinds[name]):
            raise ValueError(f"behaviour: {name}: {value!r}")
    return Behaviour(**raw)
