"""What matches ask beside the packet: about the host, and about what went before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lvsconf.model.fields import Field
from lvsconf.model.preds import HostQuestion, WorldQuestion

Octets: TypeAlias = Sequence[int | None]
"""A packet's bytes from its IP header on; None is a byte that nobody knows."""


# -- about the host ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddressTypeQuestion(HostQuestion):
    """What kind of address the local routing table says it is (`-m addrtype`); `device` holds the interface it is on.

    `types` are iptables' words.
    """

    field: Field
    types: frozenset[str]
    device: Field | None
    family: int

    def __str__(self) -> str:
        side = "source" if self.field.name.endswith("src") else "destination"
        return f"the {side} is of type {', '.join(sorted(self.types))}"


@dataclass(frozen=True, slots=True)
class ReversePathQuestion(HostQuestion):
    """Whether the way back to the sender leaves by the interface the packet came in by (`-m rpfilter`)."""

    loose: bool
    use_mark: bool
    accept_local: bool
    family: int

    def __str__(self) -> str:
        return "the way back to the source passes the reverse path test"


@dataclass(frozen=True, slots=True)
class DeviceGroupQuestion(HostQuestion):
    """Whether the interface in a field belongs to a group (`-m devgroup`)."""

    field: Field
    group: int
    mask: int

    def __str__(self) -> str:
        side = "in" if self.field.name.endswith("iif") else "out"
        return f"the {side}-interface is in group {self.group:#x}/{self.mask:#x}"


@dataclass(frozen=True, slots=True)
class RealmQuestion(HostQuestion):
    """Whether the route gave the packet a realm (`-m realm`)."""

    realm: int
    mask: int

    def __str__(self) -> str:
        return f"the realm of the route is {self.realm:#x}/{self.mask:#x}"


@dataclass(frozen=True, slots=True)
class BridgeQuestion(HostQuestion):
    """Whether the packet comes or goes by the port of a bridge (`-m physdev`); `said` are the options in words.

    `otherwise` is the answer for a packet that no bridge has seen.
    """

    said: str
    otherwise: bool

    def __str__(self) -> str:
        return f"the bridge port fits {self.said}"


@dataclass(frozen=True, slots=True)
class PolicyQuestion(HostQuestion):
    """Whether IPsec has nothing to do with the packet, or with `ipsec` just what the match names (`-m policy`)."""

    ipsec: bool

    def __str__(self) -> str:
        return "the packet's IPsec policy fits" if self.ipsec else "the packet has no IPsec policy"


# -- about what went before -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class BytesQuestion(WorldQuestion):
    """What a match looks for in the packet's bytes; `holds` answers for them, None where an unknown one decides."""

    said: str
    holds: Callable[[Octets], bool | None]

    def __str__(self) -> str:
        return f"{self.said} matches"


@dataclass(frozen=True, slots=True, eq=False)
class LimitQuestion(WorldQuestion):
    """Whether the bucket has a token left (`-m limit`): `cost` credits for a packet, at most `cap` of them.

    `gain` is how many credits come in a second.
    """

    cost: int
    cap: int
    gain: int
    said: str

    def __str__(self) -> str:
        return f"{self.said} has a token left"


@dataclass(frozen=True, slots=True, eq=False)
class HashlimitQuestion(WorldQuestion):
    """As a limit, for each address or port (`-m hashlimit`); yes: the bucket had the packet's cost.

    `modes` are srcip, srcport, dstip, dstport, the prefixes cut the addresses. A rate of packets has a `cost`, the
    `cap` and the `gain` in a second; `chunk` is the cost of each 16 bytes of a rate of bytes, whose bucket is filled
    at most `bursts` more times. `expire` is how many seconds an entry is kept.
    """

    name: str
    modes: frozenset[str]
    source_prefix: int
    destination_prefix: int
    cost: int
    cap: int
    gain: int
    chunk: int
    bursts: int
    expire: float
    exact: bool
    said: str

    def __str__(self) -> str:
        return f"{self.said} is not exceeded"


@dataclass(frozen=True, slots=True, eq=False)
class QuotaQuestion(WorldQuestion):
    """Whether the packet still fits into so many bytes (`-m quota`)."""

    octets: int

    def __str__(self) -> str:
        return f"the quota of {self.octets} bytes is not used up"


@dataclass(frozen=True, slots=True, eq=False)
class NthQuestion(WorldQuestion):
    """Whether this is the packet of each `every` whose number is `packet`, counted from 0 (`-m statistic`)."""

    every: int
    packet: int

    def __str__(self) -> str:
        return f"it is packet {self.packet} of every {self.every}"


@dataclass(frozen=True, slots=True, eq=False)
class RecentQuestion(WorldQuestion):
    """A list of addresses seen before (`-m recent`). `action` is set, rcheck, update or remove; 0 is no limit."""

    name: str
    action: str
    field: Field
    mask: int
    seconds: int
    hits: int
    reap: bool
    ttl: bool
    inverted: bool

    def __str__(self) -> str:
        return f"recent --{self.action} on list {self.name} matches"


@dataclass(frozen=True, slots=True, eq=False)
class ConnectionsQuestion(WorldQuestion):
    """Whether more than `limit` connections share the address in a field under a mask (`-m connlimit`)."""

    limit: int
    field: Field
    mask: int

    def __str__(self) -> str:
        return f"there are more than {self.limit} connections"


@dataclass(frozen=True, slots=True, eq=False)
class CarriedQuestion(WorldQuestion):
    """How much the packet's connection has carried (`-m connbytes`): packets, bytes or avgpkt, of a direction."""

    mode: str
    direction: str
    low: int
    high: int
    inverted: bool

    def __str__(self) -> str:
        outside = " not" if self.inverted else ""
        return f"the connection has{outside} carried {self.low} to {self.high} {self.mode} ({self.direction})"


@dataclass(frozen=True, slots=True, eq=False)
class LabelQuestion(WorldQuestion):
    """Whether the packet's connection has a label, or gets it here (`-m connlabel`)."""

    label: int
    sets: bool

    def __str__(self) -> str:
        return f"the connection has label {self.label}"


@dataclass(frozen=True, slots=True, eq=False)
class HelperQuestion(WorldQuestion):
    """Whether the packet's connection was expected by a conntrack helper (`-m helper`); "" is any."""

    name: str

    def __str__(self) -> str:
        return f"conntrack's helper {self.name} expected the connection".replace("  ", " ")


@dataclass(frozen=True, slots=True, eq=False)
class SocketQuestion(WorldQuestion):
    """Whether a local socket is there for the packet (`-m socket`)."""

    transparent: bool
    wildcard: bool
    restores_mark: bool

    def __str__(self) -> str:
        return "a socket is there for the packet"


@dataclass(frozen=True, slots=True, eq=False)
class ReverseRouteQuestion(WorldQuestion):
    """A reverse path that hangs on policy rules, and with them on the packet's mark."""

    loose: bool
    use_mark: bool
    accept_local: bool

    def __str__(self) -> str:
        return "the way back to the source passes the reverse path test"


@dataclass(frozen=True, slots=True, eq=False)
class ChangedSetQuestion(WorldQuestion):
    """Whether a set that rules add to or delete from holds an element for the packet."""

    name: str
    directions: tuple[str, ...]
    family: int
    exceptions: bool

    def __str__(self) -> str:
        return f"`{','.join(self.directions)}` is in set {self.name} by now"
