"""Routing, and in IPv4 the checks on sources (net/ipv4/route.c, fib_frontend.c, net/ipv6/route.c)."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network

from lvsconf.kernel.families import FAMILIES, Family
from lvsconf.kernel.fib import LIMITED_BROADCAST, Fib, Lookup, in_network
from lvsconf.kernel.scopes import OF_A_LINK, joined
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, PKT_TYPE, SRC, PktType
from lvsconf.model.ipvs import Address
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
LOOPBACK_SOURCES: dict[Family, Pred] = {family: in_network(SRC, family.loopback) for family in FAMILIES.values()}
LOOPBACK_DESTINATION: Pred = in_network(DST, IPv4Network("127.0.0.0/8"))
LOOPED: Pred = any_of((LOOPBACK_SOURCE, LOOPBACK_DESTINATION))
ZERO_DESTINATION: Pred = equals(DST, 0)
MULTICAST_DESTINATION: Pred = in_network(DST, IPv4Network("224.0.0.0/4"))


UNROUTABLE = RouteResult("no route")
TO_MANY: Pred = negate(equals(PKT_TYPE, PktType.HOST))
"""The frame was not for this host alone, though nat may have made the packet so."""
SENDABLE = frozenset({"unicast", "local", "broadcast", "multicast", "anycast"})
"""The kinds of routes that the host's own packets take."""


def route_input(world: World) -> list[World]:
    """ip_route_input: sets skb.route, or ends the packet where its addresses are martian or nothing leads on."""
    fib = world.net.fib
    skb = world.skb
    device = skb.device or "lo"
    if not fib.known:
        return _route_unknown(world)
    if not world.family.checks_source:
        return _looked_up(world)
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


def _looked_up(world: World) -> list[World]:
    """ip6_route_input: nothing but the tables counts; what is of a link stays on that of the in-interface."""
    device = world.skb.device
    done = []
    for strict, there in world.cases(_STRICT, False):
        for result, then in there.net.fib.lookup(there, Lookup(DST, SRC, device=device, strict=strict)):
            done += _decide(then, result)
    return done


_STRICT: tuple[tuple[Pred, bool], ...] = ((OF_A_LINK, True),)


def local_fact(address: Address) -> str:
    """The name of the fact whether an address belongs to the host, where nobody says so."""
    return f"{address} is local"


def _route_unknown(world: World) -> list[World]:
    """Nothing is known of addresses and routes: the packet is for this host, or it is not."""
    number = world.skb.values[DST]
    if number is None:
        # Only REDIRECT gives a packet a destination of which no more is known than that it is the host's.
        world.skb.route = RouteResult("local", "lo")
        return [world]
    address = world.family.address(number)
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
    result = _told(world, world.net.fib, result) or UNROUTABLE
    if result.kind in ("local", "broadcast", "anycast"):
        return _accept_source(world, result, None)
    if result.kind == "multicast":
        return [_to_group(world, result)]
    if result.kind != "unicast" and world.family.version == 6:
        # ip6_pkt_discard and its like do not ask whether anything is forwarded.
        world.skb.route = result
        return [world]
    return _forwardable(world, result)


def _to_group(world: World, result: RouteResult) -> World:
    """ip6_mc_input."""
    skb = world.skb
    if skb.value(DST) in joined(world.net.fib, world.kernel.settings, skb.device or "lo"):
        skb.route = result
    else:
        world.end("dropped", f"nobody here is in the group {skb.text(DST)}")
    return world


def _forwardable(world: World, result: RouteResult) -> list[World]:
    """Forwarding must be on for the in-interface; otherwise the packet vanishes (ip_error)."""
    device = world.skb.device or "lo"
    settings, six = world.kernel.settings, world.family.version == 6
    known = settings.forwarding6() if six else settings.forwarding(device)
    key = "net.ipv6.conf.all.forwarding" if six else "net.ipv4.ip_forward"
    branches = (
        [(known, world)]
        if known is not None
        else world.settle(key, [(value, f"{key} = {value}") for value in (1, 0)], usual=1)
    )
    done = []
    for forwarding, there in branches:
        if not forwarding:
            there.end(
                "dropped",
                f"not for this host and forwarding is 0 on {device}: dropped by routing",
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
    if not world.net.fib.known or not world.family.checks_source:
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
                is_mine = there.split(fib.from_local)[0] is not None
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


def route_output(world: World, source: int | None = None, device: str | None = None) -> RouteResult | None:
    """The route of a packet that this host sends, by its current addresses and mark.

    `device` is the interface that it should leave by: an IPv6 packet for a link or without a source has to.
    """
    fib = world.net.fib
    if not fib.known:
        return RouteResult("unicast", source=source)
    if world.skb.values[DST] is None:
        world.lost = True
        world.when.append("where the packet goes is not known: nat took any of several addresses")
        return None
    if world.family.version == 6:
        strict = device is not None and (world.split(OF_A_LINK)[0] is not None or world.skb.values[SRC] == 0)
        question = Lookup(DST, SRC, iif=False, device=device, strict=strict)
        return _told(world, fib, fib.lookup(world, question)[0][0], source)
    group, _ = world.split(MULTICAST_DESTINATION)
    device = fib.device_of(world.skb.value(SRC)) if group is not None else None
    if device is not None:
        # ip_route_output_key_hash_rcu: a group is on the link of the source's interface.
        return RouteResult("multicast", device)
    question = Lookup(DST, SRC, iif=False)
    return _told(world, fib, fib.lookup(world, question)[0][0], source)


def _told(world: World, fib: Fib, result: RouteResult | None, source: int | None = None) -> RouteResult | None:
    """What a lookup has found, as far as it is known."""
    if result is not None and result.several:
        world.lost = True
        world.when.append("which of several next hops is taken is not known")
    if result is None and not fib.complete:
        return RouteResult("unicast", source=source)
    if result is not None and result.kind == "unicast" and result.device and _stays_inside(world, result.device):
        return None
    return result


def _stays_inside(world: World, device: str) -> bool:
    """__mkroute_output: a loopback source may not leave but by an interface with route_localnet."""
    if device == "lo" or world.family.version == 6 or world.skb.values[SRC] is None:
        return False
    loopback, _ = world.split(LOOPBACK_SOURCE)
    return loopback is not None and not world.kernel.settings.interface("route_localnet", device)


def out_device(route: RouteResult | None) -> str | None:
    """The device that rules see for a route."""
    if route is None:
        return None
    # A local route leads through the loopback device (net/ipv4/route.c __mkroute_output).
    return "lo" if route.kind in ("local", "anycast") else route.device


def route_to(world: World, address: Address) -> RouteResult | None:
    """IPVS's route to a real server: only the destination counts (ip_vs_xmit.c do_output_route4)."""
    fib = world.kernel.net(FAMILIES[address.version]).fib
    if not fib.known:
        return RouteResult("unicast")
    return _told(world, fib, fib.constant(int(address)))
