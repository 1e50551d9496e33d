"""The closed registry of what can be asked of a packet and of the state that travels with it.

A field's value is an unsigned integer below `2 ** bits`. An IPv4 address takes the low 32 of an address field's
bits. An interface name is its bytes, left-aligned and padded with NUL to 16 bytes, which makes `eth+` an equality
under a mask, as in the kernel (net/netfilter/x_tables, ifname_compare_aligned); no interface is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import lru_cache

IFNAMSIZ = 16


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A named integer of fixed width. Fields are compared by identity: the registry below holds them all."""

    name: str
    bits: int

    @property
    def full(self) -> int:
        """The mask that covers the whole field."""
        return (1 << self.bits) - 1


SRC = Field("ip.src", 128)
DST = Field("ip.dst", 128)
PROTO = Field("ip.proto", 8)
TTL = Field("ip.ttl", 8)
TOS = Field("ip.tos", 8)
LENGTH = Field("ip.length", 16)
FRAGMENT = Field("ip.fragment", 13)
DF = Field("ip.df", 1)
SPORT = Field("l4.sport", 16)
DPORT = Field("l4.dport", 16)
TCP_FLAGS = Field("tcp.flags", 8)
TCP_OPTION_KINDS = Field("tcp.options", 256)
TCP_MSS = Field("tcp.mss", 16)
SCTP_CHUNK = Field("sctp.chunk", 8)
DCCP_TYPE = Field("dccp.type", 4)
ICMP_TYPE = Field("icmp.type", 8)
ICMP_CODE = Field("icmp.code", 8)
IIF = Field("meta.iif", 8 * IFNAMSIZ)
OIF = Field("meta.oif", 8 * IFNAMSIZ)
MARK = Field("meta.mark", 32)
PKT_TYPE = Field("meta.pkttype", 3)
SOCKET = Field("meta.socket", 2)
REALM = Field("meta.realm", 32)
CT_STATE = Field("ct.state", 3)
CT_STATUS = Field("ct.status", 16)
CT_DIRECTION = Field("ct.direction", 1)
CT_MARK = Field("ct.mark", 32)
CT_PROTO = Field("ct.proto", 8)
CT_ORIG_SRC = Field("ct.orig.src", 128)
CT_ORIG_DST = Field("ct.orig.dst", 128)
CT_ORIG_SPORT = Field("ct.orig.sport", 16)
CT_ORIG_DPORT = Field("ct.orig.dport", 16)
CT_REPLY_SRC = Field("ct.reply.src", 128)
CT_REPLY_DST = Field("ct.reply.dst", 128)
CT_REPLY_SPORT = Field("ct.reply.sport", 16)
CT_REPLY_DPORT = Field("ct.reply.dport", 16)
CT_EXPIRES = Field("ct.expires", 32)
IPVS_PROPERTY = Field("ipvs.property", 1)

FIELDS: dict[str, Field] = {item.name: item for item in list(globals().values()) if isinstance(item, Field)}


class CtState(IntEnum):
    """What `--ctstate` sees (xt_conntrack.c conntrack_mt). INVALID and UNTRACKED carry no conntrack entry."""

    INVALID = 0
    ESTABLISHED = 1
    RELATED = 2
    NEW = 3
    UNTRACKED = 4


class CtStatus(IntFlag):
    """Bits of a conntrack entry, include/uapi/linux/netfilter/nf_conntrack_common.h."""

    EXPECTED = 1 << 0
    SEEN_REPLY = 1 << 1
    ASSURED = 1 << 2
    CONFIRMED = 1 << 3
    SRC_NAT = 1 << 4
    DST_NAT = 1 << 5


class PktType(IntEnum):
    """How the frame was addressed (skb->pkt_type, include/uapi/linux/if_packet.h)."""

    HOST = 0
    BROADCAST = 1
    MULTICAST = 2
    OTHERHOST = 3


class SocketKind(IntEnum):
    """What skb->sk is: nothing, a program's socket, or one of the kernel's own, behind which no program stands."""

    NONE = 0
    PROGRAM = 1
    KERNEL = 2


class TcpFlags:
    """Bits of `tcp.flags` as on the wire. Plain numbers: every segment of every replay is looked at with them."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80


ICMP, TCP, UDP = 1, 6, 17
ICMPV6 = 58
IPIP, IPV6_IN_IP = 4, 41
SCTP = 132
GRE, DCCP, UDP_LITE, ESP, AH = 47, 33, 136, 50, 51

PORTED = frozenset({TCP, UDP, SCTP, DCCP, UDP_LITE})
"""The protocols that have ports."""

SCTP_CHUNKS = {
    "DATA": 0,
    "INIT": 1,
    "INIT_ACK": 2,
    "SACK": 3,
    "HEARTBEAT": 4,
    "HEARTBEAT_ACK": 5,
    "ABORT": 6,
    "SHUTDOWN": 7,
    "SHUTDOWN_ACK": 8,
    "ERROR": 9,
    "COOKIE_ECHO": 10,
    "COOKIE_ACK": 11,
    "ECN_ECNE": 12,
    "ECN_CWR": 13,
    "SHUTDOWN_COMPLETE": 14,
}
"""Types of SCTP chunks, by the names of `-m sctp --chunk-types`."""

DCCP_TYPES = {
    "REQUEST": 0,
    "RESPONSE": 1,
    "DATA": 2,
    "ACK": 3,
    "DATAACK": 4,
    "CLOSEREQ": 5,
    "CLOSE": 6,
    "RESET": 7,
    "SYNC": 8,
    "SYNCACK": 9,
}
"""Types of DCCP packets, by the names of `-m dccp --dccp-types`."""

PROTOCOLS = {ICMP: "icmp", TCP: "tcp", UDP: "udp", SCTP: "sctp", ICMPV6: "icmpv6"}


@lru_cache(maxsize=1024)
def interface(name: str) -> int:
    """The field value of an interface name, 0 for none."""
    return int.from_bytes(name.encode("utf-8", "surrogateescape").ljust(IFNAMSIZ, b"\0")[:IFNAMSIZ], "big")


@lru_cache(maxsize=1024)
def interface_name(value: int) -> str:
    """The name behind a field value."""
    return value.to_bytes(IFNAMSIZ, "big").rstrip(b"\0").decode("utf-8", "surrogateescape")
