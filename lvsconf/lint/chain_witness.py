"""A packet that a dead rule is about, and the rules that take it, as anyone can replay them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lvsconf.findings import Witness
from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.lint.context import Context
from lvsconf.lint.proof import path_words
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    FIELDS,
    FRAGMENT,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    ICMPV6,
    IIF,
    IPVS_PROPERTY,
    MARK,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TTL,
    UDP,
    CtState,
    Field,
    TcpFlags,
    interface,
    interface_name,
)
from lvsconf.model.preds import Pred, all_of, between, equals, masked, negate
from lvsconf.packets.packet import PacketError, parse_list
from lvsconf.questions.chain_sets import ChainSets
from lvsconf.questions.dead_rules import Dead
from lvsconf.questions.packets_of import packet_of

WITNESSES = 20
"""So many dead rules of a host get a packet of their own: each is sent through the whole host."""
_CLIENT = {4: 0xC6336407, 6: 0x20010DB8000F << 80 | 7}
_HOST = {4: 0xC0000264, 6: 0x20010DB8 << 96 | 0x100}


def witness(ctx: Context, sets: ChainSets, dead: Dead) -> Witness | None:
    """A packet that the rule would match, its way and the rule that takes it; None where no first packet does that."""
    packets = dead.packets
    for wish in _wishes(ctx, sets.family):
        kept = packets & sets.space.bounds(wish).upper
        packets = kept or packets
    values = sets.space.pick(packets)
    described = _described(values, sets.family) if values is not None else None
    if described is None:
        return None
    try:
        found = outcomes(replay(ctx.kernel, parse_list([described])), 1)[0].outcomes
    except PacketError:
        return None
    own = _lines(sets, dead.link.chain.name, dead.link.number)
    taking = tuple(line for link in dead.cover for line in _lines(sets, link.chain.name, link.number))
    for way in found:
        if any(line.startswith(taking) for line in way.trace) and not any(line.startswith(own) for line in way.trace):
            return Witness((described,), 0, way.trace, path_words(way))
    return None


def _lines(sets: ChainSets, chain: str, number: int) -> tuple[str, ...]:
    """How TRACE's lines about a rule begin."""
    return tuple(f"{sets.table.name}:{chain}:{kind}:{number} " for kind in ("rule", "policy", "return"))


def _wishes(ctx: Context, family: int) -> Iterator[Pred]:
    """What an ordinary first packet looks like; each wish is granted as far as it goes with those before."""
    yield all_of(equals(what, 0) for what in (MARK, FRAGMENT, IPVS_PROPERTY))
    yield all_of(equals(what, 0) for name, what in FIELDS.items() if name.startswith("ct.") and what != CT_STATE)
    yield equals(CT_STATE, CtState.NEW)
    for proto in (TCP, UDP, ICMPV6 if family == 6 else ICMP):
        yield equals(PROTO, proto)
    yield equals(TCP_FLAGS, TcpFlags.SYN)
    local = [each for each in sorted(ctx.kernel.net(FAMILIES[family]).fib.local) if not _loopback(each, family)]
    yield from (equals(DST, address) for address in local[:4])
    yield equals(DST, _HOST[family])
    yield equals(SRC, _CLIENT[family])
    yield negate(masked(SRC, 0, _top(family)))
    yield negate(masked(SRC, _top(family), _top(family)))
    yield negate(equals(IIF, interface("lo")))
    yield from (equals(IIF, interface(name)) for name in ("eth0", "eth1"))
    yield from (equals(OIF, interface(name)) for name in ("eth1", "eth0"))
    yield equals(SPORT, 40000)
    yield equals(DPORT, 80)
    yield between(DPORT, 1, 65535)
    yield equals(ICMP_TYPE, 128 if family == 6 else 8)
    yield equals(ICMP_CODE, 0)
    yield equals(TTL, 64)


def _top(family: int) -> int:
    return 0xE0 << (24 if family == 4 else 120)


def _loopback(address: int, family: int) -> bool:
    return address >> 24 == 127 if family == 4 else address <= 1


def _described(values: dict[Field, int], family: int) -> dict[str, Any] | None:
    """The packet in the form of `trace --packets`; None where an interface has no name that can be written."""
    device = interface_name(values[IIF])
    if device and not (device.isprintable() and device.isascii() and " " not in device):
        return None
    return packet_of(FAMILIES[family], values)
