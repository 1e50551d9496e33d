"""The routing tables of a host (net/ipv4/fib_trie.c, fib_rules.c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from lvsconf.kernel.families import Family
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.addresses import InterfaceAddress, Network
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field
from lvsconf.model.host import Host, Interface, Route, RoutingRule
from lvsconf.model.preds import TRUE, Pred, all_of, any_of, equals, interface_is, masked, negate


def in_network(what: Field, network: Network) -> Pred:
    """The address lies in the network."""
    mask = int(network.netmask) if network.prefixlen else 0
    # The upper bits of an address field are 0 for IPv4: the whole mask keeps the Pred exact for one address.
    if network.prefixlen == network.max_prefixlen:
        return equals(what, int(network.network_address))
    return masked(what, int(network.network_address), mask)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A routing question: which field holds the destination, and what the policy rules may look at."""

    destination: Field
    source: Field | None
    mark: bool = True
    iif: bool = True


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes in the order in which they are looked at; by the field that holds the address, a Pred for each."""

    routes: tuple[Route, ...]
    preds: Mapping[Field, tuple[Pred, ...]]


NO_ROUTES = RouteTable((), {SRC: (), DST: ()})


DEFAULT_RULES = (RoutingRule(0, "local"), RoutingRule(32766, "main"), RoutingRule(32767, "default"))


class Fib:
    """The host's routing tables of one family. `known` is False when nothing is known of its addresses and routes."""

    def __init__(self, host: Host, family: Family) -> None:
        self.family = family
        version = family.version
        self.interfaces: dict[str, Interface] = {item.name: item for item in host.interfaces or ()}
        self.known = host.interfaces is not None or version in host.routes
        self.complete = version in host.routes
        routes = list(host.routes.get(version, ()))
        if not any(route.table == "local" for route in routes):
            routes += self._local_routes()
        if not self.complete:
            routes += self._connected_routes()
        usable: dict[str, list[Route]] = {}
        for route in sorted(routes, key=lambda item: (-item.destination.prefixlen, item.metric)):
            if route.destination.version == version and self._usable(route):
                usable.setdefault(route.table, []).append(route)
        self.tables: dict[str, RouteTable] = {name: _route_table(mine) for name, mine in usable.items()}
        self.rules: Sequence[RoutingRule] = sorted(
            host.routing_rules.get(version, DEFAULT_RULES), key=lambda item: item.priority
        )
        self._policies: dict[Lookup, tuple[tuple[Pred, RouteTable], ...]] = {}
        self._constants: dict[tuple[int, int | None], RouteResult | None] = {}
        self.custom_rules = any(
            (rule.priority, rule.table) not in {(item.priority, item.table) for item in DEFAULT_RULES}
            for rule in self.rules
        )
        # inet_rtm_newroute: once somebody adds a local route, sources are looked up in full.
        self.custom_local = any(
            route.kind == "local" and (route.table != "local" or not self._is_own(route)) for route in routes
        )
        self.local = frozenset(
            int(route.destination.network_address)
            for route in self.tables.get("local", NO_ROUTES).routes
            if route.kind == "local" and route.destination.prefixlen == family.bits
        )
        self._broadcasts: dict[str | None, Pred] = {}

    def _usable(self, route: Route) -> bool:
        device = self.interfaces.get(route.device) if route.device else None
        return device is None or device.up

    def broadcasts(self, device: str | None) -> Pred:
        """The destinations that a neighbour on an interface sends to everybody."""
        if device not in self._broadcasts:
            found = self.interfaces.get(device) if device else None
            mine = (item for item in (found.broadcasts if found else ()) if item.version == self.family.version)
            self._broadcasts[device] = any_of(equals(DST, int(item)) for item in mine)
        return self._broadcasts[device]

    def by(self, device: str, address: int) -> RouteResult | None:
        """The route to an address by one interface (flowi4_oif), for a packet without mark and source."""
        for rule in self.rules:
            if rule.mark is not None or rule.source is not None or not self._covers(rule.destination, address):
                continue
            for route in self.tables.get(rule.table, NO_ROUTES).routes:
                if route.device == device and self._covers(route.destination, address):
                    return self._result(route, address)
        return None

    def is_mine(self, address: int) -> bool:
        """Whether the host may send from an address (__ip_dev_find); yes where nothing is known."""
        return not self.known or address in self.local or self.family.address(address).is_loopback

    def device_of(self, address: int) -> str | None:
        """The interface that has an address."""
        mine = (name for name in self.interfaces if any(int(item.ip) == address for item in self.addresses(name)))
        return next(mine, None)

    def addresses(self, device: str) -> tuple[InterfaceAddress, ...]:
        """The family's addresses of an interface, primary first."""
        found = self.interfaces.get(device)
        return tuple(item for item in found.addresses if item.version == self.family.version) if found else ()

    def mtu(self, device: str | None) -> int:
        """The interface's MTU; 1500 where it is not known."""
        found = self.interfaces.get(device) if device else None
        return found.mtu if found else 1500

    def constant(self, address: int, source: int | None = None) -> RouteResult | None:
        """The route to an address that is the same for every packet of a world, with neither mark nor interface."""
        if (address, source) not in self._constants:
            self._constants[address, source] = self._constant(address, source)
        return self._constants[address, source]

    def _constant(self, address: int, source: int | None) -> RouteResult | None:
        for rule in self.rules:
            if rule.mark is not None and rule.mark[0] != 0:
                continue
            if rule.iif not in (None, "lo") or not self._covers(rule.destination, address):
                continue
            if rule.source is not None and not self._covers(rule.source, source or 0):
                continue
            for route in self.tables.get(rule.table, NO_ROUTES).routes:
                if self._covers(route.destination, address):
                    if route.kind == "throw":
                        break
                    return self._result(route, address)
        return None

    def lookup(self, world: World, question: Lookup) -> list[tuple[RouteResult | None, World]]:
        """The route of each part of a world; None where there is none."""
        if question not in self._policies:
            self._policies[question] = tuple(
                (_selector(rule, question), self.tables.get(rule.table, NO_ROUTES)) for rule in self.rules
            )
        found: list[tuple[RouteResult | None, World]] = []
        pending = [world]
        for selector, table in self._policies[question]:
            waiting, pending = pending, []
            for there in waiting:
                selected, rest = there.split(selector)
                pending += [] if rest is None else [rest]
                if selected is not None:
                    hits, missed = self._in_table(selected, table, question.destination)
                    found += hits
                    pending += missed
            if not pending:
                break
        return [*found, *((None, there) for there in pending)]

    def _in_table(
        self, world: World, table: RouteTable, what: Field
    ) -> tuple[list[tuple[RouteResult | None, World]], list[World]]:
        """What a table says about the address in the field `what`, and the worlds that go on with the next rule."""
        ways = world.kernel.ways(table.preds[what])
        found: list[tuple[RouteResult | None, World]] = []
        missed: list[World] = []
        rest: World | None = world
        place = -1
        while rest is not None:
            place, hit, rest = rest.first(ways, place + 1)
            if hit is None:
                missed += [] if rest is None else [rest]
                break
            route = table.routes[place]
            if route.kind == "throw":
                missed.append(hit)
            else:
                found.append((self._result(route, hit.skb.value(what)), hit))
        return found, missed

    def _result(self, route: Route, address: int) -> RouteResult:
        gateway = route.gateway if route.gateway and route.gateway.version == self.family.version else None
        source = int(route.source) if route.source is not None else None
        if source is None and route.device:
            source = self._select_source(route.device, int(gateway) if gateway else address)
        return RouteResult(route.kind, route.device, gateway, source)

    def _select_source(self, device: str, towards: int) -> int | None:
        """inet_select_addr: the first address on the network of the next hop, else the first that is there."""
        mine = [item for item in self.addresses(device) if not item.ip.is_loopback or device == "lo"]
        for item in mine:
            if item.network.prefixlen < self.family.bits and self._covers(item.network, towards):
                return int(item.ip)
        if mine:
            return int(mine[0].ip)
        for name in self.interfaces:
            for item in self.addresses(name):
                if not item.ip.is_loopback:
                    return int(item.ip)
        return None

    def _covers(self, network: Network | None, address: int) -> bool:
        if network is None:
            return True
        return network.version == self.family.version and self.family.address(address) in network

    def _is_own(self, route: Route) -> bool:
        """Whether the kernel made a local route from an address of the host."""
        if not self.interfaces or route.destination == self.family.loopback:
            return True
        return any(
            address.ip == route.destination.network_address
            for name in self.interfaces
            for address in self.addresses(name)
        )

    def _local_routes(self) -> list[Route]:
        """The local table as the kernel fills it from addresses (fib_add_ifaddr)."""
        routes = []
        for name in self.interfaces:
            for address in self.addresses(name):
                routes.append(Route(ip_network(address.ip), "local", "local", name, source=address.ip))
                if address.ip.is_loopback:
                    routes.append(Route(address.network, "local", "local", name, source=address.ip))
                elif address.network.prefixlen < self.family.bits - 1:
                    broadcast = ip_network(address.network.broadcast_address)
                    routes.append(Route(broadcast, "local", "broadcast", name, source=address.ip))
        return routes

    def _connected_routes(self) -> list[Route]:
        return [
            Route(address.network, "main", "unicast", name, source=address.ip)
            for name in self.interfaces
            for address in self.addresses(name)
            if address.network.prefixlen < self.family.bits and not address.ip.is_loopback
        ]


def _route_table(routes: Sequence[Route]) -> RouteTable:
    preds = {what: tuple(in_network(what, route.destination) for route in routes) for what in (SRC, DST)}
    return RouteTable(tuple(routes), preds)


def _selector(rule: RoutingRule, question: Lookup) -> Pred:
    if rule.action != "lookup":
        return negate(TRUE)
    preds: list[Pred] = []
    if rule.destination is not None:
        preds.append(in_network(question.destination, rule.destination))
    if rule.source is not None:
        preds.append(in_network(question.source, rule.source) if question.source else negate(TRUE))
    if rule.mark is not None:
        value, mask = rule.mark
        preds.append(masked(MARK, value, mask) if question.mark else (TRUE if value == 0 else negate(TRUE)))
    if rule.iif is not None:
        preds.append(interface_is(IIF, rule.iif) if question.iif else negate(TRUE))
    if rule.oif is not None:
        preds.append(negate(TRUE))
    return negate(all_of(preds), rule.inverted)
