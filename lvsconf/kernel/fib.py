"""The routing tables of a host (net/ipv4/fib_trie.c, fib_rules.c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from lvsconf.kernel.families import Family
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.addresses import InterfaceAddress, Network
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field
from lvsconf.model.host import Host, Interface, Route, RoutingRule
from lvsconf.model.preds import TRUE, Pred, all_of, equals, interface_is, masked, negate


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
    device: str | None = None


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
        self.tables: dict[str, list[tuple[Pred, Pred, Route]]] = {}
        for route in sorted(routes, key=lambda item: (-item.destination.prefixlen, item.metric)):
            if route.destination.version == version and self._usable(route):
                preds = (in_network(DST, route.destination), in_network(SRC, route.destination), route)
                self.tables.setdefault(route.table, []).append(preds)
        self.rules: Sequence[RoutingRule] = host.routing_rules.get(version, DEFAULT_RULES)
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
            for _, _, route in self.tables.get("local", ())
            if route.kind == "local" and route.destination.prefixlen == family.bits
        )

    def _usable(self, route: Route) -> bool:
        device = self.interfaces.get(route.device) if route.device else None
        return device is None or device.up

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
        for rule in sorted(self.rules, key=lambda item: item.priority):
            if rule.mark is not None and rule.mark[0] != 0:
                continue
            if rule.iif not in (None, "lo") or not self._covers(rule.destination, address):
                continue
            if rule.source is not None and not self._covers(rule.source, source or 0):
                continue
            for _, _, route in self.tables.get(rule.table, ()):
                if self._covers(route.destination, address):
                    if route.kind == "throw":
                        break
                    return self._result(route, address)
        return None

    def lookup(self, world: World, question: Lookup) -> list[tuple[RouteResult | None, World]]:
        """The route of each part of a world; None where there is none."""
        found: list[tuple[RouteResult | None, World]] = []
        rest: World | None = world
        for rule in sorted(self.rules, key=lambda item: item.priority):
            if rest is None:
                break
            selected, rest = rest.split(_selector(rule, question))
            if selected is None:
                continue
            missed: World | None = selected
            for to_destination, to_source, route in self.tables.get(rule.table, ()):
                if missed is None:
                    break
                if question.device is not None and route.device not in (question.device, None):
                    continue
                hit, missed = missed.split(to_source if question.destination is SRC else to_destination)
                if hit is not None and route.kind == "throw":
                    missed = hit
                    break
                if hit is not None:
                    found.append((self._result(route, hit.skb.value(question.destination)), hit))
            if missed is not None:
                # Nothing in this table for it: it goes on with the next policy rule. One packet is whole, so
                # either it was selected and missed, or it is still in `rest`.
                rest = missed
        if rest is not None:
            found.append((None, rest))
        return found

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
