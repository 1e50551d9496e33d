"""The first packets that clients of a service may send, as a grid cut by what the rules ahead of IPVS ask for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from math import prod

from lvsconf.kernel.chains import LoadedRule
from lvsconf.kernel.fib import Fib, in_network
from lvsconf.kernel.scheduling import FTP_DATA
from lvsconf.kernel.skb import EMPTY
from lvsconf.model.fields import (
    DPORT,
    DST,
    FRAGMENT,
    IFNAMSIZ,
    IIF,
    IPVS_PROPERTY,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    Field,
    TcpFlags,
    interface,
    interface_name,
)
from lvsconf.model.ipvs import Endpoint, FirewallMark, VirtualService
from lvsconf.model.preds import Masked, Within
from lvsconf.packets.buckets import literals
from lvsconf.packets.index import merged
from lvsconf.packets.many import IPV4, Axis, Grid, Interval, OneCell, cut, few, intervals, joined
from lvsconf.packets.natural import NOT_CLIENTS
from lvsconf.packets.solve import constraints
from lvsconf.questions.survey import Survey

CELLS = 1 << 17
"""So many kinds of packets are told apart; with more, neighbours are taken together."""
ROUTES = 256
"""With more routes than this, sources are not told apart by the interface that leads back to them."""
NAMES = 64
"""With more interface names than this, they are not told apart."""

PRIVILEGED = Within(SPORT, ((0, 1023),))
"""Source ports that clients of today do not choose by themselves."""
LOOSE = {TCP_FLAGS: int(TcpFlags.ECE | TcpFlags.CWR)}
"""A SYN may ask for ECN or not (RFC 3168)."""

Universe = Mapping[Field, tuple[Interval, ...]]
"""The values of each axis, in order and apart."""
Literals = Mapping[Field, list[Masked | Within]]


def any_client(survey: Survey, service: VirtualService) -> OneCell:
    """A service's first packets, without telling them apart."""
    fixed = _fixed(service)
    settled = few(_marked(survey, service)) if isinstance(service.key, FirewallMark) else {}
    fixed |= {what: values[0] for what, values in settled.items() if len(values) == 1}
    return OneCell(_values(fixed), survey.kernel.test, settled)


def client_grid(survey: Survey, service: VirtualService, *, marked: bool = True) -> Grid:
    """The grid of a service's first packets: a client's SYN, or its datagram.

    TTL, TOS, length and TCP options are not among its axes: each packet may have any of them. Of a mark's packets those
    are in it that some rule may give the mark, or without `marked` all that there are.
    """
    fixed = _fixed(service)
    universe = _marked(survey, service) if marked else _universe(survey, service)
    said = _literals(survey, _relevant(survey, fixed, universe), universe)
    if SPORT in universe:
        said[SPORT].append(PRIVILEGED)
    said[SRC] += _by_route(survey.kernel.fib)
    pieces = {what: cut(universe[what], said[what]) for what in universe}
    while prod(len(found) for found in pieces.values()) > CELLS:
        widest = max(pieces, key=lambda what: len(pieces[what]))
        pieces[widest] = joined(pieces[widest])
    return Grid([Axis(what, found) for what, found in pieces.items()], fixed, LOOSE)


def _fixed(service: VirtualService) -> dict[Field, int]:
    """What all packets share. Only a rule for TCP looks at flags, so they do no harm to a mark's datagrams."""
    key = service.key
    found = {FRAGMENT: 0, OIF: 0, IPVS_PROPERTY: 0, TCP_FLAGS: int(TcpFlags.SYN)}
    if isinstance(key, Endpoint):
        found |= {PROTO: key.proto, DST: int(key.address)}
        found |= {DPORT: key.port} if key.port else {}
    return found


def _universe(survey: Survey, service: VirtualService) -> Universe:
    """The values of each axis, alike for all marks."""
    key = service.key if isinstance(service.key, Endpoint) else None
    return survey.once(("universe", key), lambda: _axes(survey, key))


def _axes(survey: Survey, key: Endpoint | None) -> Universe:
    """Sources come last: their pieces are then the longest runs of bits."""
    found: dict[Field, tuple[Interval, ...]] = {IIF: _devices(survey)}
    # ip_vs_schedule leaves packets from the FTP data port alone.
    found[SPORT] = _without((1, SPORT.full), [(FTP_DATA, FTP_DATA)])
    if key is None:
        found |= {PROTO: ((TCP, TCP), (UDP, UDP)), DPORT: ((1, DPORT.full),), DST: _destinations(survey.kernel.fib)}
    elif not key.port:
        found[DPORT] = _without((1, DPORT.full), _ports_of_others(survey, key))
    nobody = [(int(network.network_address), int(network.broadcast_address)) for network in NOT_CLIENTS]
    own = {*survey.kernel.fib.local, *(int(each.address) for each in _endpoints(survey) if each.address.version == 4)}
    found[SRC] = _without((0, IPV4), [*nobody, *((address, address) for address in own)])
    return found


def _endpoints(survey: Survey) -> Iterator[Endpoint]:
    for service in survey.kernel.services:
        if isinstance(service.key, Endpoint):
            yield service.key


def _ports_of_others(survey: Survey, key: Endpoint) -> Iterator[Interval]:
    """The ports of the VIP that have a service of their own, which ip_vs_service_find prefers."""
    for other in _endpoints(survey):
        if other.proto == key.proto and other.address == key.address and other.port:
            yield other.port, other.port


def _destinations(fib: Fib) -> tuple[Interval, ...]:
    """What a marked packet may be sent to: this host, unless policy routing takes other addresses for its own."""
    if not fib.known or fib.custom_rules or fib.custom_local:
        return ((1, IPV4),)
    return tuple((address, address) for address in sorted(fib.local) if address >> 24 != 127) or ((1, IPV4),)


def _without(universe: Interval, holes: Iterable[Interval]) -> tuple[Interval, ...]:
    low, end = universe
    found = []
    for first, last in sorted(holes):
        if low < first:
            found.append((low, first - 1))
        low = max(low, last + 1)
    return (*found, (low, end)) if low <= end else tuple(found)


def _devices(survey: Survey) -> tuple[Interval, ...]:
    """The interfaces of the host; where they are not known, a name for each thing that rules may say of one."""
    names = {name for name in survey.kernel.fib.interfaces if name != "lo"}
    if not names:
        names = {"eth0", "eth1", "zz9"}
        for rule in survey.ahead.rules:
            for literal in constraints(rule.pred, IIF):
                if isinstance(literal, Masked):
                    names |= _named(literal)
    if len(names) > NAMES:
        return ((0, IIF.full),)
    return tuple((value, value) for value in sorted(interface(name) for name in names - {"lo"}))


def _named(literal: Masked) -> set[str]:
    """A name as it is compared with its NUL, or names with a stem."""
    name = interface_name(literal.value)
    whole = literal.mask.bit_count() > 8 * len(name.encode("utf-8", "surrogateescape"))
    found = {name} if whole else {name + end for end in ("0", "1", "2", "zz")}
    return {each for each in found if 0 < len(each.encode("utf-8", "surrogateescape")) < IFNAMSIZ}


def _values(fixed: Mapping[Field, int]) -> dict[Field, int | None]:
    """A packet of which only this is known."""
    return {**dict.fromkeys(EMPTY), **fixed, **dict.fromkeys(LOOSE)}


def may_be_marked(survey: Survey, service: VirtualService) -> bool:
    """Whether some rule ahead of IPVS may give packets the service's mark; yes for a service without one."""
    return not isinstance(service.key, FirewallMark) or bool(_marked_boxes(survey, service, service.key.mark))


def _marked(survey: Survey, service: VirtualService) -> Universe:
    """The part of the universe whose packets some rule may give the service's mark; all of it without a mark."""
    universe = _universe(survey, service)
    if not isinstance(service.key, FirewallMark):
        return universe
    boxes = _marked_boxes(survey, service, service.key.mark)
    return {what: _joint(those, [box.get(what) for box in boxes]) for what, those in universe.items()}


def _marked_boxes(survey: Survey, service: VirtualService, mark: int) -> tuple[Universe, ...]:
    """Where the packets lie that a rule may give a mark, for each such rule."""
    universe = _universe(survey, service)
    lows = {what: [low for low, _ in those] for what, those in universe.items()}
    unsure = survey.once("boxes of any mark", lambda: _boxes(universe, lows, survey.ahead.marking(None)))
    return (*unsure, *_boxes(universe, lows, survey.ahead.marking(mark)))


def _boxes(
    universe: Universe, lows: Mapping[Field, Sequence[int]], rules: Iterable[LoadedRule]
) -> tuple[Universe, ...]:
    """For each rule the part of a universe that its packets lie in; an axis of which it says nothing is left out."""
    found = []
    for rule in rules:
        box: dict[Field, tuple[Interval, ...]] = {}
        for literal in literals(rule.pred):
            named = intervals(literal) if literal.field in universe else None
            if named is not None:
                axis = box.get(literal.field)
                inside = _common(universe[literal.field], lows[literal.field], named)
                box[literal.field] = inside if axis is None else _common(axis, [low for low, _ in axis], inside)
        if all(box.values()):
            found.append(box)
    return tuple(found)


def _common(some: Sequence[Interval], lows: Sequence[int], others: Iterable[Interval]) -> tuple[Interval, ...]:
    """What intervals in order (`lows` are their beginnings) share with others."""
    found = []
    for first, last in others:
        for low, high in some[max(0, bisect_right(lows, first) - 1) : bisect_right(lows, last)]:
            if first <= high and low <= last:
                found.append((max(low, first), min(high, last)))
    return tuple(sorted(found))


def _joint(universe: tuple[Interval, ...], parts: Sequence[tuple[Interval, ...] | None]) -> tuple[Interval, ...]:
    """The parts of an axis together; pieces of a universe that are told apart stay apart."""
    named = [part for part in parts if part is not None]
    if len(named) < len(parts):
        return universe
    inside = merged(each for part in named for each in part)
    return _common(universe, [low for low, _ in universe], inside)


def _relevant(survey: Survey, fixed: Mapping[Field, int], universe: Universe) -> Iterator[LoadedRule]:
    """The rules ahead of IPVS that some packet of the service may match."""
    settled = few(universe)
    values = _values({**fixed, **{what: those[0] for what, those in settled.items() if len(those) == 1}})
    for rule in survey.ahead.about({**settled, **{what: (value,) for what, value in fixed.items()}}):
        if survey.kernel.test(rule.pred)(values) is not False:
            yield rule


def _literals(survey: Survey, rules: Iterable[LoadedRule], axes: Iterable[Field]) -> dict[Field, list[Masked | Within]]:
    """What rules say of some fields; what many say that ask the same set is there once."""
    found: dict[Field, dict[int, Masked | Within]] = {what: {} for what in axes}
    for rule in rules:
        for literal in survey.ahead.said(rule):
            if literal.field in found:
                found[literal.field][id(literal)] = literal
    return {what: list(those.values()) for what, those in found.items()}


def _by_route(fib: Fib) -> list[Masked | Within]:
    """Cuts the sources by the routes back to them."""
    networks = {
        route.destination
        for table in fib.tables.values()
        for route in table.routes
        if isinstance(route.destination, IPv4Network)
    }
    preds = (in_network(SRC, network) for network in sorted(networks))
    return [pred for pred in preds if isinstance(pred, Masked | Within)] if len(networks) <= ROUTES else []
