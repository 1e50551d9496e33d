"""What the host says to the questions that rules ask of it; each answer is a Pred, worked out once."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.kernel import host_answers6
from lvsconf.kernel.fib import NO_ROUTES, Fib
from lvsconf.kernel.nested_nets import Net, covering
from lvsconf.kernel.sets import Sets
from lvsconf.model.fields import DST, IIF, SRC, Field, interface
from lvsconf.model.host import Host, Interface, Route
from lvsconf.model.preds import (
    FALSE,
    TRUE,
    Const,
    HostQuestion,
    Opaque,
    Pred,
    Query,
    Question,
    SetQuestion,
    Within,
    all_of,
    any_of,
    between,
    equals,
    negate,
    one_of,
)
from lvsconf.model.questions import (
    AddressTypeQuestion,
    BridgeQuestion,
    DeviceGroupQuestion,
    PolicyQuestion,
    RealmQuestion,
    ReversePathQuestion,
    ReverseRouteQuestion,
)
from lvsconf.packets.index import Interval, merged

ZERO: tuple[Interval, ...] = ((0, 0),)
LIMITED: Interval = (0xFFFFFFFF, 0xFFFFFFFF)
GROUPS: Interval = (0xE0000000, 0xEFFFFFFF)
LOCAL_GROUPS: Interval = (0xE0000000, 0xE00000FF)
Stretch = tuple[int, int, tuple[Route, ...]]
"""First and last address, and the routes of the same prefix that lead there."""


class HostAnswers:
    """See the module. None is an answer that nobody knows."""

    def __init__(self, host: Host, fib: Fib, sets: Sets) -> None:
        self._host, self._fib, self._sets = host, fib, sets
        self._known: dict[HostQuestion, Pred | None] = {}

    def answer(self, question: Question) -> Pred | None:
        """The answer to a question about the host or its sets; those of a world are asked later."""
        if isinstance(question, SetQuestion):
            return self._sets.answer(question)
        if not isinstance(question, HostQuestion):
            return None
        if question not in self._known:
            self._known[question] = self._find(question)
        return self._known[question]

    def _find(self, question: HostQuestion) -> Pred | None:
        match question:
            case AddressTypeQuestion():
                return self._address_type(question)
            case ReversePathQuestion():
                return self._reverse_path(question)
            case DeviceGroupQuestion():
                return self._group(question)
            case RealmQuestion(realm):
                return self._realm(realm)
            case BridgeQuestion():
                return self._bridge(question)
            case PolicyQuestion(ipsec):
                # IPsec is not modelled, and no part of what is known of a host.
                return Const(not ipsec)
        raise TypeError(f"nobody answers {question!r}")

    # -- addresses ----------------------------------------------------------------------------------------------------

    def _address_type(self, question: AddressTypeQuestion) -> Pred | None:
        """inet_dev_addr_type: groups, broadcasts and 0, then the local table; an error there is as no route."""
        if not self._fib.known:
            return None
        if question.family == 6:
            return host_answers6.address_type(self._fib, question)
        preds: list[Pred] = []
        taken: list[Interval] = [*ZERO, LIMITED, GROUPS]
        if "BROADCAST" in question.types:
            preds.append(Within(question.field, (*ZERO, LIMITED)))
        if "MULTICAST" in question.types:
            preds.append(Within(question.field, (GROUPS,)))
        special = Within(question.field, tuple(sorted(taken)))
        found: list[Pred] = []
        named: list[Pred] = []
        for low, high, routes in stretches([self._routes("local")]):
            route = routes[0]
            here = _at(question.field, low, high, question.device, route)
            if route.kind in _NAMED:
                named.append(here)
                if _NAMED[route.kind] in question.types:
                    found.append(here)
        if "UNICAST" in question.types:
            found.append(negate(any_of(named)))
        return any_of((*preds, all_of((negate(special), any_of(found)))))

    def _routes(self, table: str) -> list[Route]:
        return list(self._fib.tables.get(table, NO_ROUTES).routes)

    def _reverse_path(self, question: ReversePathQuestion) -> Pred | None:
        """rpfilter_mt; with policy rules of the host's own each packet is looked up by itself."""
        if not self._fib.known:
            return None
        if question.family == 6:
            return host_answers6.reverse_path(self._fib, question)
        if self._fib.custom_rules:
            lookup: Pred = Query(ReverseRouteQuestion(question.loose, question.use_mark, question.accept_local))
        else:
            tables = [self._routes(name) for name in ("local", "main", "default")]
            lookup = any_of(self._passing(question, tables))
            if not self._fib.complete:
                known = merged((low, high) for low, high, _ in stretches(tables))
                missing = negate(Within(SRC, known))
                hidden = Opaque("the way back to the source, over a route that is not shown,")
                lookup = any_of((lookup, all_of((missing, hidden))))
        nowhere = all_of((equals(SRC, 0), Within(DST, (LOCAL_GROUPS, LIMITED))))
        return any_of((equals(IIF, interface("lo")), nowhere, lookup))

    def _passing(self, question: ReversePathQuestion, tables: list[list[Route]]) -> Iterator[Pred]:
        """The sources of each interface that may come in by it."""
        by_devices: dict[frozenset[str], list[Interval]] = {}
        for low, high, routes in stretches(tables):
            kind = routes[0].kind
            if kind == "unicast" or (kind == "local" and question.accept_local):
                devices = frozenset(route.device for route in routes if route.device is not None)
                by_devices.setdefault(devices, []).append((low, high))
        for devices, intervals in by_devices.items():
            here = one_of(IIF, (interface(name) for name in devices))
            yield all_of((Within(SRC, merged(intervals)), TRUE if question.loose else here))

    # -- interfaces ---------------------------------------------------------------------------------------------------

    def _group(self, question: DeviceGroupQuestion) -> Pred | None:
        """The interfaces of the group; None where one has a group whose number is not known."""
        listed = self._host.interfaces
        if listed is None or any(item.group is None for item in listed):
            return None
        names = [item.name for item in listed if self._in_group(item, question)]
        return one_of(question.field, (interface(name) for name in names)) if names else FALSE

    def _in_group(self, item: Interface, question: DeviceGroupQuestion) -> bool:
        return item.group is not None and not (item.group ^ question.group) & question.mask

    def _bridge(self, question: BridgeQuestion) -> Pred | None:
        listed = self._host.interfaces
        if listed is None or any(item.master is not None for item in listed):
            return None
        return Const(question.otherwise)

    def _realm(self, realm: int) -> Pred | None:
        """Where no route carries a realm, that of every packet is 0."""
        routes = self._host.routes.get(4)
        if routes is None or any(route.realm for route in routes):
            return None
        return Const(realm == 0)


_NAMED = {"local": "LOCAL", "broadcast": "BROADCAST", "multicast": "MULTICAST", "anycast": "ANYCAST"}
"""Kinds of routes that fib_table_lookup gives for an address; the error types are errors instead."""


def _at(what: Field, low: int, high: int, device: Field | None, route: Route) -> Pred:
    address = between(what, low, high)
    if device is None:
        return address
    # Without an interface to compare with, any route counts.
    near = one_of(device, sorted({0, interface(route.device or "")}))
    return all_of((address, near))


def stretches(tables: list[list[Route]]) -> list[Stretch]:
    """Where the lookup of an address ends, table after table; `throw` leaves it to the next."""
    done: list[Stretch] = []
    for routes in tables:
        groups: dict[Net, list[Route]] = {}
        for route in routes:
            net = Net(int(route.destination.network_address), int(route.destination.broadcast_address))
            first = groups.setdefault(net, [route])
            # Routes to one prefix stand by metric; several next hops of one route have the same.
            if first[0] is not route and first[0].metric == route.metric:
                first.append(route)
        fresh: list[Stretch] = []
        for low, high, stack in covering(groups):
            found = tuple(groups[stack[-1]])
            if found[0].kind != "throw":
                fresh += [(start, end, found) for start, end in _outside(low, high, done)]
        done += fresh
        done.sort(key=lambda each: each[0])
    return done


def _outside(low: int, high: int, done: list[Stretch]) -> Iterator[Interval]:
    """The part of an interval that is not taken yet."""
    for start, end, _ in done:
        if end < low or start > high:
            continue
        if start > low:
            yield low, start - 1
        low = end + 1
    if low <= high:
        yield low, high
