"""What targets do beyond the packet that meets them: copies, marks from hashes, sockets, sets, handshakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lvsconf.extensions.jhash import jhash_words, scaled
from lvsconf.kernel import nat, set_changes, sockets
from lvsconf.kernel.copies import tee
from lvsconf.kernel.handshakes import syn_proxy
from lvsconf.kernel.skb import Skb
from lvsconf.kernel.world import World
from lvsconf.model.actions import ChangeSet, Copy, HashMark, Nat, SynProxy, Tee, ToSocket, Track
from lvsconf.model.effects import Action, Verdict
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    FRAGMENT,
    ICMP,
    ICMP_TYPE,
    MARK,
    PORTED,
    PROTO,
    SPORT,
    SRC,
    CtState,
)

_TRACKED = (CtState.NEW, CtState.ESTABLISHED, CtState.RELATED)
Ways = list[tuple[World, Verdict | None]]


def _change_set(world: World, action: ChangeSet) -> Ways:
    set_changes.change(world, action)
    return [(world, None)]


_ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})
_INDICES = frozenset({50, 51})


def _hash_mark(world: World, action: HashMark) -> Ways:
    """hmark_tg_v4: the hash is the same in both directions; a packet without an entry has none of a connection."""
    skb = world.skb
    if action.conntrack:
        entry = skb.ct
        if entry is None:
            return [(world, None)]
        proto, source, destination = entry.orig.proto, entry.orig.src, entry.reply.src
        ports: tuple[int | None, int | None] | None = None
        if proto != ICMP:
            ports = entry.orig.sport, entry.reply.sport
    else:
        # An ICMP error is about the packet that it quotes.
        about = skb.inner if skb.inner is not None and skb.values[ICMP_TYPE] in _ICMP_ERRORS else skb
        proto, source, destination = about.value(PROTO), about.value(SRC), about.value(DST)
        ports = _ports(about, proto)
    if ports is not None and None in ports:
        return _unknown_mark(world)
    source, destination = source & action.source_mask, destination & action.destination_mask
    words = [min(source, destination), max(source, destination), 0]
    if ports is not None and not action.addresses_only:
        words[2] = _both_ports(action, ports)
    found = jhash_words(words, action.seed)
    if not action.addresses_only:
        found ^= proto & action.proto_mask
    world.assign(MARK, (scaled(found, action.modulus) + action.offset) & MARK.full)
    return [(world, None)]


def _ports(skb: Skb, proto: int) -> tuple[int | None, int | None] | None:
    if proto in _INDICES:
        return None, None
    return (skb.values[SPORT], skb.values[DPORT]) if proto in PORTED and not skb.values[FRAGMENT] else None


def _both_ports(action: HashMark, ports: tuple[int | None, int | None]) -> int:
    """hmark_swap_ports: the larger one first."""
    chosen = [
        ((port or 0) & mask) | fixed
        for port, (mask, fixed) in zip(ports, (action.source_port, action.destination_port), strict=True)
    ]
    return max(chosen) << 16 | min(chosen)


def _unknown_mark(world: World) -> Ways:
    world.when.append("the mark of a hash over a part of the packet that is not known")
    world.lost = True
    return [(world, Verdict.ACCEPT)]


def _copy(world: World, action: Copy) -> Ways:
    """connmark_tg_shift."""
    skb = world.skb
    if skb.values[CT_STATE] in _TRACKED:
        part = skb.value(action.source) & action.source_mask
        moved = part << action.shift if action.shift >= 0 else part >> -action.shift
        world.assign(action.target, (skb.value(action.target) & ~action.target_mask) ^ (moved & action.target.full))
    return [(world, None)]


def _track(world: World, action: Track) -> Ways:
    """xt_ct_target: the first rule that says something of tracking counts."""
    if not world.tracked:
        world.use_template(action)
    return [(world, None)]


def _translate(world: World, action: Nat) -> Ways:
    nat.apply(world, action)
    return [(world, Verdict.ACCEPT)]


ACTIONS: dict[type[Action], Callable[[World, Any], Ways]] = {
    ChangeSet: _change_set,
    Copy: _copy,
    HashMark: _hash_mark,
    Nat: _translate,
    SynProxy: syn_proxy,
    Tee: tee,
    Track: _track,
    ToSocket: sockets.to_socket,
}


def act(world: World, action: Action) -> Ways:
    """Every way it may go, with the verdict where there is one."""
    return ACTIONS[type(action)](world, action)
