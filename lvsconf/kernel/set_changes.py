"""Sets that rules add to and delete from while packets pass (net/netfilter/xt_set.c, ip_set_add and ip_set_del)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from lvsconf.kernel.counting import HASTE
from lvsconf.kernel.set_elements import ICMPV6, elements_pred
from lvsconf.kernel.world import World
from lvsconf.model.actions import ChangeSet
from lvsconf.model.fields import (
    DPORT,
    DST,
    FRAGMENT,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    MARK,
    OIF,
    PROTO,
    SCTP,
    SPORT,
    SRC,
    TCP,
    UDP,
    interface_name,
)
from lvsconf.model.ipset import Element, IpSet, Part
from lvsconf.model.preds import Pred, SetQuestion
from lvsconf.model.questions import ChangedSetQuestion

_UDPLITE = 136


def key_of(name: str) -> tuple[str, str]:
    """Where a world remembers what has become of a set: its elements, with the time at which each runs out."""
    return "set", name


Kept = tuple[tuple[Element, float | None], ...]


def _now(world: World, found: IpSet) -> Kept:
    """The elements at this moment; of those that were saved with a time limit nobody knows when it began."""
    kept: Kept = world.memory.get(key_of(found.name), tuple((each, None) for each in found.elements))
    return tuple((each, ends) for each, ends in kept if ends is None or ends + HASTE > world.now)


def holds(world: World, question: ChangedSetQuestion) -> list[tuple[bool, World]]:
    """ip_set_test on the set as it is by now."""
    found = world.kernel.sets.listed(question.name)
    asked = SetQuestion(question.name, question.directions, question.family, question.exceptions)
    if found is None:
        return world.unsure(str(question), False, True)
    if world.memory.get(_lost(found.name)):
        return world.unsure(str(question), False, True)
    elements = tuple(
        replace(each, timeout=1) if ends is not None and ends - HASTE <= world.now else each
        for each, ends in _now(world, found)
    )
    yes, no = world.split(_pred(found, elements, asked))
    return [(answer, there) for answer, there in ((True, yes), (False, no)) if there is not None]


def _lost(name: str) -> tuple[str, str]:
    return "changes that are not known", name


@lru_cache(maxsize=512)
def _pred(found: IpSet, elements: tuple[Element, ...], question: SetQuestion) -> Pred:
    return elements_pred(replace(found, elements=elements), question)


def change(world: World, action: ChangeSet) -> None:
    """set_target: the element that the packet stands for comes into the set, or leaves it."""
    found = world.kernel.sets.listed(action.name)
    if found is None or len(action.directions) < len(found.kinds) or found.family not in (None, action.family):
        return
    kept = _now(world, found)
    parts = _element(world, found, action, kept)
    if parts is None:
        return
    if parts is _UNKNOWN or not found.whole or found.type == "list:set":
        world.memory[_lost(found.name)] = True
        return
    there = next((item for item in kept if item[0].parts == parts and not item[0].nomatch), None)
    others = tuple(item for item in kept if item is not there)
    if not action.adds:
        world.memory[key_of(found.name)] = others
        return
    if there is not None and not action.exist:
        return
    seconds = action.timeout if action.timeout is not None else found.timeout
    ends = world.now + seconds if found.timeout is not None and seconds else None
    world.memory[key_of(found.name)] = (*others, (Element(parts), ends))


_UNKNOWN: tuple[Part, ...] = ()
"""An element of which a part is not known."""


def _element(world: World, found: IpSet, action: ChangeSet, kept: Kept) -> tuple[Part, ...] | None:
    """The packet's element by the kadt function of the type; None where there is none."""
    parts: list[Part] = []
    for index, (kind, direction) in enumerate(zip(found.kinds, action.directions, strict=False)):
        part = _part(world, found, kind, direction == "src")
        if kind == "net" and isinstance(part, int):
            part = _network(found, part, [each.parts[index] for each, _ in kept])
        if part is None:
            return None
        if part == _MISSING:
            return _UNKNOWN
        parts.append(part)
    return tuple(parts)


_MISSING = "?"


def _part(world: World, found: IpSet, kind: str, source: bool) -> Part:
    values = world.skb.values
    match kind:
        case "ip" | "net":
            address = world.skb.value(SRC if source else DST)
            bits = 128 if found.family == 6 else 32
            if found.range is not None:
                low, high = found.range
                # bitmap_ip_kadt: under a netmask the set holds the first address of each network.
                address &= found.mask if found.mask is not None else (1 << bits) - 1
                return address if low <= address <= high else None
            address &= found.mask if found.mask is not None else (1 << bits) - 1
            return address or None
        case "port":
            return _port(world, found, source)
        case "mark":
            mark = values[MARK]
            return _MISSING if mark is None else mark & found.markmask
        case "iface":
            device = values[IIF if source else OIF]
            return (interface_name(device), False) if device else None
        case _:
            return _MISSING


def _network(found: IpSet, address: int, parts: Sequence[Part]) -> Part:
    """INIT_CIDR: under the longest prefix that is in the set, which is that of a host in an empty one."""
    bits = 128 if found.family == 6 else 32
    lengths = [part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], int)]
    length = max(lengths, default=bits)
    return address >> bits - length << bits - length, length


def _port(world: World, found: IpSet, source: bool) -> Part:
    """ip_set_get_ip4_port; a bitmap knows TCP and UDP only."""
    values = world.skb.values
    proto = world.skb.value(PROTO)
    port = values[SPORT if source else DPORT]
    if values[FRAGMENT]:
        return None
    if not found.type.startswith("hash:"):
        low, high = found.range or (0, 0xFFFF)
        return port if proto in (TCP, UDP) and port is not None and low <= port <= high else None
    if proto in (TCP, UDP, SCTP, _UDPLITE):
        return _MISSING if port is None else (proto, port)
    if proto in (ICMP, ICMPV6):
        return proto, (world.skb.value(ICMP_TYPE) << 8) | world.skb.value(ICMP_CODE)
    return proto, 0
