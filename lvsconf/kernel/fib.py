"""The routing tables of a host (net/ipv4/fib_trie.c, fib_rules.c)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field
from lvsconf.model.host import Host, Interface, Route, RoutingRule
from lvsconf.model.preds import TRUE, Pred, all_of, equals, interface_is, masked, negate

_ADDRESS_MASK = 0xFFFFFFFF


def in_network(what: Field, network: IPv4Network) -> Pred:
    """The address lies in the network."""
    mask = int(network.netmask) if network.prefixlen else 0
    # The upper bits of an address field are 0 for IPv4: the whole mask keeps the Pred exact for one address.
    if network.prefixlen == 32:
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
    """The host's routing tables. `known` is False when nothing is known of the host's addresses and routes."""

    def __init__(self, host: Host) -> None:
        self.interfaces: dict[str, Interface] = {item.name: item for item in host.interfaces or ()}
        self.known = host.interfaces is not None or 4 in host.routes
        self.complete = 4 in host.routes
        routes = list(host.routes.get(4, ()))
        if not any(route.table == "local" for route in routes):
            routes += _local_routes(host.interfaces or ())
        if not self.complete:
            routes += _connected_routes(host.interfaces or ())
        self.tables: dict[str, list[tuple[Pred, Pred, Route]]] = {}
        for route in sorted(routes, key=lambda item: (-item.destination.prefixlen, item.metric)):
            if isinstance(route.destination, IPv4Network) and self._usable(route):
                preds = (in_network(DST, route.destination), in_network(SRC, route.destination), route)
                self.tables.setdefault(route.table, []).append(preds)
        self.rules: Sequence[RoutingRule] = host.routing_rules.get(4, DEFAULT_RULES)
        self.custom_rules = any(
            (rule.priority, rule.table) not in {(item.priority, item.table) for item in DEFAULT_RULES}
            for rule in self.rules
        )
        # inet_rtm_newroute: once somebody adds a local route, sources are looked up in full.
        self.custom_local = any(
            route.kind == "local" and (route.table != "local" or not _is_own(route, host.interfaces or ()))
            for route in routes
        )
        self.local = frozenset(
            int(route.destination.network_address)
            for _, _, route in self.tables.get("local", ())
            if route.kind == "local" and route.destination.prefixlen == 32
        )

    def _usable(self, route: Route) -> bool:
        device = self.interfaces.get(route.device) if route.device else None
        return device is None or device.up

    def is_mine(self, address: int) -> bool:
        """Whether the host may send from an address (__ip_dev_find); yes where nothing is known."""
        return not self.known or address in self.local or address >> 24 == 127

    def device_of(self, address: int) -> str | None:
        """The interface that has an address."""
        mine = (name for name in self.interfaces if any(int(item.ip) == address for item in self.addresses(name)))
        return next(mine, None)

    def addresses(self, device: str) -> tuple[IPv4Interface, ...]:
        """The IPv4 addresses of an interface, primary first."""
        found = self.interfaces.get(device)
        return tuple(item for item in found.addresses if isinstance(item, IPv4Interface)) if found else ()

    def mtu(self, device: str | None) -> int:
        """The interface's MTU; 1500 where it is not known."""
        found = self.interfaces.get(device) if device else None
        return found.mtu if found else 1500

    def constant(self, address: int, source: int | None = None) -> RouteResult | None:
        """The route to an address that is the same for every packet of a world, with neither mark nor interface."""
        for rule in sorted(self.rules, key=lambda item: item.priority):
            if rule.mark is not None and rule.mark[0] != 0:
                continue
            if rule.iif not in (None, "lo") or not _covers(rule.destination, address):
                continue
            if rule.source is not None and not _covers(rule.source, source or 0):
                continue
            for _, _, route in self.tables.get(rule.table, ()):
                if _covers(route.destination, address):
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
        gateway = route.gateway if isinstance(route.gateway, IPv4Address) else None
        source = int(route.source) if route.source is not None else None
        if source is None and route.device:
            source = self.select_source(route.device, int(gateway) if gateway else address)
        return RouteResult(route.kind, route.device, gateway, source)

    def select_source(self, device: str, towards: int, *, host: bool = True) -> int | None:
        """inet_select_addr: the first address on the network of the next hop, else the first that is there.

        `host`: addresses that only count within the host will do for lo.
        """
        mine = [item for item in self.addresses(device) if not item.ip.is_loopback or (host and device == "lo")]
        for item in mine:
            if item.network.prefixlen < 32 and IPv4Address(towards) in item.network:
                return int(item.ip)
        if mine:
            return int(mine[0].ip)
        for name in self.interfaces:
            for item in self.addresses(name):
                if not item.ip.is_loopback:
                    return int(item.ip)
        return None


def _covers(network: object, address: int) -> bool:
    return network is None or (isinstance(network, IPv4Network) and IPv4Address(address & _ADDRESS_MASK) in network)


def _selector(rule: RoutingRule, question: Lookup) -> Pred:
    if rule.action != "lookup":
        return negate(TRUE)
    preds: list[Pred] = []
    if isinstance(rule.destination, IPv4Network):
        preds.append(in_network(question.destination, rule.destination))
    if isinstance(rule.source, IPv4Network):
        preds.append(in_network(question.source, rule.source) if question.source else negate(TRUE))
    if rule.mark is not None:
        value, mask = rule.mark
        preds.append(masked(MARK, value, mask) if question.mark else (TRUE if value == 0 else negate(TRUE)))
    if rule.iif is not None:
        preds.append(interface_is(IIF, rule.iif) if question.iif else negate(TRUE))
    if rule.oif is not None:
        preds.append(negate(TRUE))
    return negate(all_of(preds), rule.inverted)


def _is_own(route: Route, interfaces: Iterable[Interface]) -> bool:
    """Whether the kernel made a local route from an address of the host."""
    if not interfaces or route.destination == IPv4Network("127.0.0.0/8"):
        return True
    return any(
        isinstance(address, IPv4Interface) and address.ip == route.destination.network_address
        for item in interfaces
        for address in item.addresses
    )


def _local_routes(interfaces: Iterable[Interface]) -> list[Route]:
    """The local table as the kernel fills it from addresses (fib_add_ifaddr)."""
    routes = []
    for item in interfaces:
        for address in item.addresses:
            if not isinstance(address, IPv4Interface):
                continue
            routes.append(Route(IPv4Network(address.ip), "local", "local", item.name, source=address.ip))
            if address.ip.is_loopback:
                routes.append(Route(address.network, "local", "local", item.name, source=address.ip))
            elif address.network.prefixlen < 31:
                broadcast = IPv4Network(address.network.broadcast_address)
                routes.append(Route(broadcast, "local", "broadcast", item.name, source=address.ip))
    return routes


def _connected_routes(interfaces: Iterable[Interface]) -> list[Route]:
    return [
        Route(address.network, "main", "unicast", item.name, source=address.ip)
        for item in interfaces
        for address in item.addresses
        if isinstance(address, IPv4Interface) and address.network.prefixlen < 32 and not address.ip.is_loopback
    ]
