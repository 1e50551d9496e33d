"""What became of a packet, told from what the kernel let us see.

In this order:

1. a REJECT rule was hit: `rejected`; an NFQUEUE rule was hit: `queued` (nobody takes packets from the queue here);
2. something left that is no answer of the host itself, and no copy that TEE made: `forwarded`;
3. the packet was handed to the local stack (the kernel's InDelivers counter went up): `local`, also when the stack then
   answers a closed port with RST or port unreachable;
4. an ICMP error came back (IPVS without a destination, no route, TTL, MTU, unknown protocol): `rejected`;
5. otherwise `dropped`, also when the host's own rules did not let its answer out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lvsconf.lab.tracelog import TraceLine

Packet = dict[str, Any]

ICMP_ERRORS = {"icmp": frozenset({3, 4, 5, 11, 12}), "icmpv6": frozenset({1, 2, 3, 4})}
# An ICMP packet without a type is built as an echo request.
REPLIES = {("icmp", 8): 0, ("icmp", 13): 14, ("icmp", None): 0, ("icmpv6", 128): 129, ("icmpv6", None): 129}
# The local stack receives these before what is inside them is delivered, or not.
TUNNEL_PROTOCOLS = (4, 41, 47)


@dataclass(frozen=True)
class Counters:
    """Counters of the director's network stack, or their growth."""

    delivered: int
    errors_received: int

    def since(self, before: Counters) -> Counters:
        """How much they grew."""
        return Counters(self.delivered - before.delivered, self.errors_received - before.errors_received)


def fate(
    packet: Packet,
    trace: list[TraceLine],
    egress: list[Packet],
    grown: Counters,
    targets: dict[tuple[str, str, int], str],
) -> str:
    """The fate of an injected packet."""
    own = [line for line in trace if line.kind == "rule" and not _is_about_an_answer(packet, line)]
    hit = [targets.get((line.table, line.chain, line.number)) for line in own]
    if "REJECT" in hit:
        return "rejected"
    if "NFQUEUE" in hit:
        return "queued"
    left = sum(not (is_answer(packet, item) or _is_answer_in_a_tunnel(packet, item)) for item in egress)
    if left > [targets.get((line.table, line.chain, line.number)) for line in trace].count("TEE"):
        return "forwarded"
    # An error about the host's own packet comes back to it; then nothing else was delivered.
    if packet.get("in") is None and 0 < grown.delivered <= grown.errors_received and not _is_error(packet):
        return "rejected"
    if grown.delivered > (1 if packet.get("proto") in TUNNEL_PROTOCOLS else 0):
        return "local"
    return "rejected" if sum(not _is_redirect(item) for item in egress) > left else "dropped"


def _is_about_an_answer(packet: Packet, line: TraceLine) -> bool:
    """Whether a line tells of what the host itself sends to whom the packet came from."""
    return packet.get("in") is not None and not line.device_in and line.src != packet["src"] == line.dst


def is_answer(packet: Packet, left: Packet) -> bool:
    """Whether a packet that left is the host's own answer to the injected one."""
    proto: str | int = packet.get("proto", "tcp")
    name: str | int = left["proto"]
    if left["dst"] != packet["src"]:
        return False
    if isinstance(name, str) and name in ICMP_ERRORS:
        if left["type"] in ICMP_ERRORS[name]:
            return not _is_error(packet)
        return proto == name and REPLIES.get((name, packet.get("type"))) == left["type"]
    if name not in ("tcp", "udp") or name != proto:
        return False
    swapped = left.get("dport"), left.get("sport")
    return swapped == (packet.get("sport", 0), packet.get("dport", 0))


def _is_answer_in_a_tunnel(packet: Packet, left: Packet) -> bool:
    """IPVS sends on what the host says to one of its own services."""
    return left["proto"] == "ipip" and "inner" in left and is_answer(packet, left["inner"])


def _is_redirect(left: Packet) -> bool:
    """Advice about the route, whatever becomes of the packet."""
    return (left["proto"], left.get("type")) in (("icmp", 5), ("icmpv6", 137))


def _is_error(packet: Packet) -> bool:
    proto: str | int = packet.get("proto", "tcp")
    return isinstance(proto, str) and packet.get("type") in ICMP_ERRORS.get(proto, ())
