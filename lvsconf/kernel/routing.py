"""Routing of IPv4 packets, and the checks on their source (net/ipv4/route.c, fib_frontend.c)."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network

from lvsconf.kernel.fib import Lookup, in_network
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, SRC
from lvsconf.model.preds import Pred, all_of, any_of, equals, negate

NOWHERE: Pred = all_of((equals(SRC, 0), equals(DST, 0)))


@cache
def martian_source(zero: str) -> Pred:
    """Sources that no packet may have; `zero` is the network that means no address (ipv4_is_zeronet)."""
    return any_of(
        (
            in_network(SRC, IPv4Network("224.0.0.0/4")),
            equals(SRC, int(IPv4Address("255.255.255.255"))),
            all_of((in_network(SRC, IPv4Network(zero)), negate(any_of((NOWHERE, LIMITED_BROADCAST))))),
        )
    )


LOOPBACK_SOURCE: Pred = in_network(SRC, IPv4Network("127.0.0.0/8"))
LOOPBACK_DESTINATION: Pred = in_network(DST, IPv4Network("127.0.0.0/8"))
LOOPED: Pred = any_of((LOOPBACK_SOURCE, LOOPBACK_DESTINATION))
ZERO_DESTINATION: Pred = equals(DST, 0)
MULTICAST_DESTINATION: Pred = in_network(DST, IPv4Network("224.0.0.0/4"))
LIMITED_BROADCAST: Pred = equals(DST, int(IPv4Address("255.255.255.255")))


UNROUTABLE = RouteResult("no route")


def route_input(world: World) -> list[World]:
    """ip_route_input: sets skb.route, or ends the packet where its addresses are martian or nothing leads on."""
    fib = world.net.fib
    skb = world.skb
    device = skb.device or "lo"
    if not fib.known:
        return _route_unknown(world)
    done: list[World] = []
    martian, good = world.split(martian_source(world.kernel.era.behaviour.zero_network))
    if martian is not None:
        martian.end("dropped", f"martian source {skb.text(SRC)}: dropped by routing")
        done.append(martian)
    if good is None:
        return done
    martian, good = good.split(LOOPED)
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
            for result, then in _forward_lookup(there):
                done += _decide(then, result)
        elif kind == "broadcast":
            # brd_input: a host that has no address yet sends from 0.0.0.0.
            nobody, someone = there.split(equals(SRC, 0))
            if nobody is not None:
                nobody.skb.route = RouteResult("broadcast")
                done.append(nobody)
            done += _accept_source(someone, RouteResult("broadcast"), None) if someone is not None else []
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


def _forward_lookup(world: World) -> list[tuple[RouteResult | None, World]]:
    """The forward lookup of an arriving packet: destination, source, mark and in-interface count."""
    return world.net.fib.lookup(world, Lookup(DST, SRC))


def _decide(world: World, result: RouteResult | None) -> list[World]:
    fib = world.net.fib
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
    if not world.net.fib.known:
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
    fib = world.net.fib
    source = world.skb.text(SRC)
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
        for result, then in reverse_routes(there, device):
            found.append((_reverse(world, result, device, mode, bool(accept_local), source), then))
    return found


def reverse_routes(world: World, device: str) -> list[tuple[RouteResult | None, World]]:
    """The way back to a packet's source; the mark counts only with src_valid_mark."""
    use_mark = bool(world.kernel.settings.interface("src_valid_mark", device))
    return world.net.fib.lookup(world, Lookup(SRC, DST, mark=use_mark, iif=False))


def _reverse(
    world: World, result: RouteResult | None, device: str, mode: int, accept_local: bool, source: str
) -> str | None:
    """__fib_validate_source on the reverse route."""
    fib = world.net.fib
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
    fib = world.net.fib
    if not fib.known:
        return RouteResult("unicast", source=source)
    group, _ = world.split(MULTICAST_DESTINATION)
    device = fib.device_of(world.skb.value(SRC)) if group is not None else None
    if device is not None:
        # ip_route_output_key_hash_rcu: a group is on the link of the source's interface.
        return RouteResult("multicast", device)
    question = Lookup(DST, SRC, iif=False)
    result = fib.lookup(world, question)[0][0]
    if result is None and not fib.complete:
        return RouteResult("unicast", source=source)
    return result


def route_to(world: World, address: int) -> RouteResult | None:
    """IPVS's route to a real server: only the destination counts (ip_vs_xmit.c do_output_route4)."""
    fib = world.net.fib
    if not fib.known:
        return RouteResult("unicast")
    result = fib.constant(address)
    if result is None and not fib.complete:
        return RouteResult("unicast")
    return result
