"""IPv4 routing: policy rules, tables, the checks on a packet's source (net/ipv4/route.c, fib_frontend.c)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lvsconf.kernel.skb import RouteResult, dotted
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field
from lvsconf.model.host import Host, Interface, Route, RoutingRule
from lvsconf.model.preds import TRUE, Pred, all_of, any_of, equals, interface_is, masked, negate

_ADDRESS_MASK = 0xFFFFFFFF


def in_network(what: Field, network: IPv4Network) -> Pred:
    """The address lies in the network."""
    mask = int(network.netmask) if network.prefixlen else 0
    # The upper bits of an address field are 0 for IPv4: the whole mask keeps the Pred exact for one address.
    if network.prefixlen == 32:
        return equals(what, int(network.network_address))
    return masked(what, int(network.network_address), mask)


NOWHERE: Pred = all_of((equals(SRC, 0), equals(DST, 0)))
MARTIAN_SOURCE: Pred = any_of(
    (
        in_network(SRC, IPv4Network("224.0.0.0/4")),
        equals(SRC, int(IPv4Address("255.255.255.255"))),
        all_of((in_network(SRC, IPv4Network("0.0.0.0/8")), negate(NOWHERE))),
    )
)
LOOPBACK_SOURCE: Pred = in_network(SRC, IPv4Network("127.0.0.0/8"))
LOOPBACK_DESTINATION: Pred = in_network(DST, IPv4Network("127.0.0.0/8"))
ZERO_DESTINATION: Pred = in_network(DST, IPv4Network("0.0.0.0/8"))
MULTICAST_DESTINATION: Pred = in_network(DST, IPv4Network("224.0.0.0/4"))
LIMITED_BROADCAST: Pred = equals(DST, int(IPv4Address("255.255.255.255")))


@dataclass(frozen=True, slots=True)
class _Lookup:
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
                if _covers(route.destination, address) and route.kind != "throw":
                    return self._result(route, address)
        return None

    def lookup(self, world: World, question: _Lookup) -> list[tuple[RouteResult | None, World]]:
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
            source = self._select_source(route.device, int(gateway) if gateway else address)
        return RouteResult(route.kind, route.device, gateway, source)

    def _select_source(self, device: str, towards: int) -> int | None:
        """inet_select_addr: the first address on the network of the next hop, else the first that is there."""
        mine = [item for item in self.addresses(device) if not item.ip.is_loopback or device == "lo"]
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


def _selector(rule: RoutingRule, question: _Lookup) -> Pred:
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


UNROUTABLE = RouteResult("no route")


def route_input(world: World) -> list[World]:
    """ip_route_input: sets skb.route, or ends the packet where its addresses are martian or nothing leads on."""
    fib = world.kernel.fib
    skb = world.skb
    device = skb.device or "lo"
    if not fib.known:
        return _route_unknown(world)
    done: list[World] = []
    martian, good = world.split(MARTIAN_SOURCE)
    if martian is not None:
        martian.end("dropped", f"martian source {dotted(skb.values[SRC])}: dropped by routing")
        done.append(martian)
    if good is None:
        return done
    looped = any_of((LOOPBACK_SOURCE, LOOPBACK_DESTINATION))
    martian, good = good.split(looped)
    if martian is not None:
        for allowed, there in _conf(martian, "route_localnet", device):
            if allowed or device == "lo":
                done += _route_known(there)
            else:
                there.end("dropped", "martian: a loopback address from the wire, dropped by routing")
                done.append(there)
    if good is not None:
        done += _route_known(good)
    return done


def local_fact(address: IPv4Address) -> str:
    """The name of the fact whether an address belongs to the host, where nobody says so."""
    return f"{address} is local"


def _route_unknown(world: World) -> list[World]:
    """Nothing is known of addresses and routes: the packet is for this host, or it is not."""
    address = IPv4Address(world.skb.value(DST))
    found = []
    for local, there in world.settle(
        local_fact(address),
        ((1, f"{address} is an address of this host"), (0, f"{address} is not an address of this host")),
    ):
        if local:
            there.skb.route = RouteResult("local", "lo")
            found.append(there)
        else:
            found += _forwardable(there, RouteResult("unicast"))
    return found


def _conf(world: World, key: str, device: str) -> list[tuple[int, World]]:
    known = world.kernel.settings.interface(key, device)
    if known is not None:
        return [(known, world)]
    usual = world.kernel.settings.default(key)
    return world.settle(f"{device}.{key}", [(value, f"{key} of {device} is {value}") for value in (0, 1)], usual)


def _route_known(world: World) -> list[World]:
    """The destinations that need no lookup, then the lookup."""
    done: list[World] = []
    for kind, there in world.cases(_SPECIAL):
        if kind is None:
            for result, then in there_lookup(there):
                done += _decide(then, result)
        elif kind == "broadcast":
            done += _accept_source(there, RouteResult("broadcast"), None)
        elif kind == "all hosts":
            there.skb.route = RouteResult("multicast")
            done.append(there)
        else:
            there.end("dropped", f"{kind} destination: dropped by routing")
            done.append(there)
    return done


_SPECIAL: tuple[tuple[Pred, str], ...] = (
    (any_of((LIMITED_BROADCAST, NOWHERE)), "broadcast"),
    (equals(DST, int(IPv4Address("224.0.0.1"))), "all hosts"),
    # No group but all hosts is joined without a program that asks for it (ip_check_mc_rcu).
    (MULTICAST_DESTINATION, "multicast"),
    (ZERO_DESTINATION, "martian"),
)


def there_lookup(world: World) -> list[tuple[RouteResult | None, World]]:
    """The forward lookup of an arriving packet: destination, source, mark and in-interface count."""
    return world.kernel.fib.lookup(world, _Lookup(DST, SRC))


def _decide(world: World, result: RouteResult | None) -> list[World]:
    fib = world.kernel.fib
    if result is None and not fib.complete:
        result = RouteResult("unicast")
    if result is None:
        return _forwardable(world, UNROUTABLE)
    if result.kind == "local":
        return _accept_source(world, result, None)
    if result.kind == "broadcast":
        return _accept_source(world, result, None)
    return _forwardable(world, result)


def _forwardable(world: World, result: RouteResult) -> list[World]:
    """Forwarding must be on for the in-interface; otherwise the packet vanishes (ip_error)."""
    device = world.skb.device or "lo"
    known = world.kernel.settings.forwarding(device)
    branches = (
        [(known, world)]
        if known is not None
        else world.settle("ip_forward", ((1, "net.ipv4.ip_forward = 1"), (0, "net.ipv4.ip_forward = 0")), usual=1)
    )
    done = []
    for forwarding, there in branches:
        if not forwarding:
            there.end(
                "dropped",
                f"not for this host and ip_forward is 0 on {device}: dropped by routing",
                verdict="no forwarding",
            )
            done.append(there)
        elif result.kind == "unicast":
            done += _accept_source(there, result, result.device)
        else:
            there.skb.route = result
            done.append(there)
    return done


def _accept_source(world: World, result: RouteResult, out: str | None) -> list[World]:
    """fib_validate_source, then the route is set."""
    device = world.skb.device or "lo"
    done = []
    if not world.kernel.fib.known:
        world.skb.route = result
        return [world]
    for mode, there in _conf(world, "rp_filter", device):
        for redirects, then in _conf(there, "send_redirects", device):
            for verdict, last in _validate(then, device, out, mode, bool(redirects)):
                if verdict is None:
                    last.skb.route = result
                else:
                    last.end("dropped", verdict, verdict="source")
                done.append(last)
    return done


def _validate(world: World, device: str, out: str | None, mode: int, redirects: bool) -> list[tuple[str | None, World]]:
    """Why routing drops the packet because of its source, or None."""
    fib = world.kernel.fib
    source = dotted(world.skb.values[SRC])
    found: list[tuple[str | None, World]] = []
    for accept_local, there in _conf(world, "accept_local", device):
        if not mode and (device != out or not redirects):
            if accept_local:
                found.append((None, there))
                continue
            if not fib.custom_rules and not fib.custom_local:
                is_mine = there.skb.value(SRC) in fib.local
                found.append((f"martian source: {source} is an address of this host" if is_mine else None, there))
                continue
        use_mark = bool(fib.custom_rules and world.kernel.settings.interface("src_valid_mark", device))
        for result, then in fib.lookup(there, _Lookup(SRC, DST, mark=use_mark, iif=False)):
            found.append((_reverse(world, result, device, mode, bool(accept_local), source), then))
    return found


def _reverse(
    world: World, result: RouteResult | None, device: str, mode: int, accept_local: bool, source: str
) -> str | None:
    """__fib_validate_source on the reverse route."""
    fib = world.kernel.fib
    if result is None or result.kind in ("blackhole", "unreachable", "prohibit"):
        if not mode or not fib.complete:
            return None
        return f"rp_filter={mode}: no route back to {source}"
    if result.kind != "unicast" and not (result.kind == "local" and accept_local):
        return (
            f"martian source: {source} is an address of this host"
            if result.kind == "local"
            else f"no way back to {source}"
        )
    if result.device == device or (result.kind == "local" and device == "lo"):
        return None
    if mode == 1:
        return f"rp_filter=1: the way back to {source} is {result.device}, it came in by {device}"
    return None


def route_output(world: World, source: int | None = None) -> RouteResult | None:
    """The route of a packet that this host sends, by its current addresses and mark."""
    fib = world.kernel.fib
    if not fib.known:
        return RouteResult("unicast", source=source)
    question = _Lookup(DST, SRC, iif=False)
    result = fib.lookup(world, question)[0][0]
    if result is None and not fib.complete:
        return RouteResult("unicast", source=source)
    return result


def route_to(world: World, address: int) -> RouteResult | None:
    """IPVS's route to a real server: only the destination counts (ip_vs_xmit.c do_output_route4)."""
    fib = world.kernel.fib
    if not fib.known:
        return RouteResult("unicast")
    result = fib.constant(address)
    if result is None and not fib.complete:
        return RouteResult("unicast")
    return result
