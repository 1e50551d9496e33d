"""The routing tables of a host (net/ipv4/fib_trie.c, fib_rules.c, net/ipv6/ip6_fib.c, fib6_rules.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from lvsconf.kernel.families import Family
from lvsconf.kernel.settings import Settings
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.source_address import SELECT
from lvsconf.kernel.world import World
from lvsconf.model.addresses import InterfaceAddress, Network
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field, PktType
from lvsconf.model.host import Host, Interface, Route, RoutingRule
from lvsconf.model.preds import TRUE, Pred, all_of, any_of, equals, interface_is, masked, negate, one_of
from lvsconf.packets.buckets import Buckets, buckets
from lvsconf.packets.drawn import Drawn, among


def in_network(what: Field, network: Network) -> Pred:
    """The address lies in the network."""
    mask = int(network.netmask) if network.prefixlen else 0
    # The upper bits of an address field are 0 for IPv4: the whole mask keeps the Pred exact for one address.
    if network.prefixlen == network.max_prefixlen:
        return equals(what, int(network.network_address))
    return masked(what, int(network.network_address), mask)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A routing question: which field holds the destination, and what the policy rules may look at.

    Of IPv6 routes that are equally good that by `device` counts, and with `strict` only those by it come into question
    (net/ipv6/route.c rt6_score_route).
    """

    destination: Field
    source: Field | None
    mark: bool = True
    iif: bool = True
    device: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes in the order in which they are looked at; by the field that holds the address, a Pred for each."""

    routes: tuple[Route, ...]
    preds: Mapping[Field, tuple[Pred, ...]]


LIMITED_BROADCAST: Pred = equals(DST, 0xFFFFFFFF)
NO_ROUTES = RouteTable((), {SRC: (), DST: ()})


DEFAULT_RULES = (RoutingRule(0, "local"), RoutingRule(32766, "main"), RoutingRule(32767, "default"))
REFUSALS = frozenset({"unreachable", "prohibit", "blackhole"})
"""What a policy rule may say without asking a table (net/ipv4/fib_rules.c fib4_rule_action)."""


class Fib:
    """The host's routing tables of one family. `known` is False when nothing is known of its addresses and routes."""

    def __init__(self, host: Host, family: Family, settings: Settings) -> None:
        self.family, self._settings = family, settings
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
        self._several = {id(route) for mine in usable.values() for route in _one_of_several(mine)}
        self.tables: dict[str, RouteTable] = {name: _route_table(mine) for name, mine in usable.items()}
        self.rules: Sequence[RoutingRule] = sorted(
            host.routing_rules.get(version, DEFAULT_RULES), key=lambda item: item.priority
        )
        self._sources: dict[tuple[str, int], int | None] = {}
        self._filed: dict[int, tuple[RouteTable, Buckets]] = {}
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
        self.to_all = frozenset(
            int(route.destination.network_address)
            for route in self.tables.get("local", NO_ROUTES).routes
            if route.kind == "broadcast"
        )
        self.from_local, self.to_local = one_of(SRC, self.local), one_of(DST, self.local)
        self._frames: dict[str | None, tuple[tuple[Pred, PktType], ...]] = {}

    def _usable(self, route: Route) -> bool:
        device = self.interfaces.get(route.device) if route.device else None
        return device is None or device.up

    def frames(self, device: str | None) -> tuple[tuple[Pred, PktType], ...]:
        """How a neighbour on an interface addresses its frames; what is left out is for the host alone."""
        if device not in self._frames:
            found: list[tuple[Pred, PktType]] = [(in_network(DST, self.family.multicast), PktType.MULTICAST)]
            if self.family.version == 4:
                link = self.interfaces.get(device) if device else None
                everybody = [LIMITED_BROADCAST, *(equals(DST, int(item)) for item in (link.broadcasts if link else ()))]
                found.append((any_of(everybody), PktType.BROADCAST))
            self._frames[device] = tuple(found)
        return self._frames[device]

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
        if not self.known or not self.family.checks_source:
            return True
        return among(address, self.local) or self.family.address(address).is_loopback

    def has_address(self, address: int) -> bool:
        """Whether an address, or an anycast one, is configured on any interface (ipv6_chk_addr)."""
        return self.device_of(address) is not None or any(
            route.kind == "anycast" and int(route.destination.network_address) == address
            for route in self.tables.get("local", NO_ROUTES).routes
        )

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
            fits = (
                (rule.mark is None or rule.mark[0] == 0)
                and rule.iif in (None, "lo")
                and rule.oif is None
                and self._covers(rule.destination, address)
                and (rule.source is None or self._covers(rule.source, source or 0))
            )
            if fits == rule.inverted or rule.action not in (*REFUSALS, "lookup"):
                continue
            for route in self._routes_to(self._asked(rule, None), address):
                if route.kind == "throw":
                    break
                return self._result(route, address)
        return None

    def _routes_to(self, table: RouteTable, address: int) -> Iterator[Route]:
        """The routes of a table that cover an address, best first."""
        filed = self._filed.get(id(table))
        if filed is None:
            # The table is kept alive so that its identity stays its own.
            filed = self._filed[id(table)] = (table, buckets(table.preds[DST]))
        for place in filed[1].possible({DST: address}):
            if self._covers(table.routes[place].destination, address):
                yield table.routes[place]

    def lookup(self, world: World, question: Lookup) -> list[tuple[RouteResult | None, World]]:
        """The route of each part of a world; None where there is none."""
        if question not in self._policies:
            self._policies[question] = tuple(
                (_selector(rule, question), self._asked(rule, question)) for rule in self.rules
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

    def _asked(self, rule: RoutingRule, question: Lookup | None) -> RouteTable:
        """What a policy rule has to say: a table as the question sees it, or one route to everywhere that says no."""
        if rule.action in REFUSALS:
            everywhere = ip_network("0.0.0.0/0" if self.family.version == 4 else "::/0")
            return _route_table([Route(everywhere, rule.table, rule.action)])
        table = self.tables.get(rule.table, NO_ROUTES)
        if question is None or question.device is None:
            return table
        device = question.device
        routes = [route for route in table.routes if route.device == device or not question.strict]
        return _route_table(
            sorted(routes, key=lambda item: (-item.destination.prefixlen, item.metric, item.device != device))
        )

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
        network = route.destination
        subnet = gateway is None and network.prefixlen < 127 and int(network.network_address) == address
        several = id(route) in self._several
        if route.source is not None:
            return RouteResult(route.kind, route.device, gateway, int(route.source), True, subnet, several)
        source = None
        if route.device:
            # net/ipv6/route.c ip6_route_get_saddr goes by the destination, fib_info_update_nhc_saddr by the next hop.
            source = self.source(route.device, int(gateway) if gateway and self.family.version == 4 else address)
        return RouteResult(route.kind, route.device, gateway, source, subnet=subnet, several=several)

    def source(self, device: str, towards: int) -> int | None:
        """The own address to send from by a device, where no route names one."""
        if isinstance(towards, Drawn):
            return SELECT[self.family.version](self, device, towards)
        key = (device, towards)
        if key not in self._sources:
            self._sources[key] = SELECT[self.family.version](self, device, towards)
        return self._sources[key]

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
        """The local table as the kernel fills it from addresses."""
        return [
            route
            for name in self.interfaces
            for route in (self._added_routes(name) if self.family.version == 4 else self._added_routes6(name))
        ]

    def _added_routes(self, name: str) -> Iterator[Route]:
        """net/ipv4/fib_frontend.c fib_add_ifaddr."""
        for address in self.addresses(name):
            yield Route(ip_network(address.ip), "local", "local", name, source=address.ip)
            if address.ip.is_loopback:
                yield Route(address.network, "local", "local", name, source=address.ip)
            elif address.network.prefixlen < self.family.bits - 1:
                broadcast = ip_network(address.network.broadcast_address)
                yield Route(broadcast, "local", "broadcast", name, source=address.ip)

    def _added_routes6(self, name: str) -> Iterator[Route]:
        """net/ipv6/addrconf.c: addresses, a router's anycast addresses (addrconf_join_anycast), and the groups."""
        for address in self.addresses(name):
            yield Route(ip_network(address.ip), "local", "local", name)
            subnet = address.network.network_address
            if address.network.prefixlen < self.family.bits - 1 and int(subnet) and self._settings.routes_for(name):
                yield Route(ip_network(subnet), "local", "anycast", name)
        if name != "lo":
            yield Route(self.family.multicast, "local", "multicast", name, metric=256)

    def _connected_routes(self) -> list[Route]:
        return [
            Route(address.network, "main", "unicast", name, source=address.ip if self.family.version == 4 else None)
            for name in self.interfaces
            for address in self.addresses(name)
            if address.network.prefixlen < self.family.bits and not address.ip.is_loopback
        ]


def _route_table(routes: Sequence[Route]) -> RouteTable:
    preds = {what: tuple(in_network(what, route.destination) for route in routes) for what in (SRC, DST)}
    return RouteTable(tuple(routes), preds)


def _one_of_several(routes: Sequence[Route]) -> Iterator[Route]:
    """The routes that share their destination with another next hop: those of one entry, and in IPv6 also entries of
    their own with a gateway each (net/ipv6/ip6_fib.c fib6_add_rt2node).
    """
    groups: dict[tuple[object, ...], list[Route]] = {}
    for route in routes:
        if route.span is not None:
            groups.setdefault((route.destination, route.metric, route.span), []).append(route)
        if route.destination.version == 6 and route.gateway is not None:
            groups.setdefault((route.destination, route.metric), []).append(route)
    for group in groups.values():
        if len(group) > 1:
            yield from group


def _selector(rule: RoutingRule, question: Lookup) -> Pred:
    if rule.action != "lookup" and rule.action not in REFUSALS:
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
        # What the host sends has lo for its in-interface here (ip_route_output_key_hash, ip6_route_output_flags).
        own = TRUE if rule.iif == "lo" and question.destination is DST else negate(TRUE)
        preds.append(interface_is(IIF, rule.iif) if question.iif else own)
    if rule.oif is not None:
        preds.append(negate(TRUE))
    return negate(all_of(preds), rule.inverted)
