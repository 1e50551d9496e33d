"""Where the files of one host contradict each other or themselves: what no running host can have printed."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Problem
from lvsconf.model.host import Host, Interface, Route
from lvsconf.source import Span

_NOWHERE = Span("", 1, 1, 1, 1)
_EVERYBODY = frozenset({"all", "default"})
_RESERVED = frozenset({"local", "main", "default", "253", "254", "255", "0", "unspec"})
_WORDS = {4: "IPv4", 6: "IPv6"}


def check(host: Host) -> Iterator[Problem]:
    """Everything that does not fit together; a part that is not there is not missed."""
    if host.interfaces is not None:
        # Every host has lo, listed or not.
        names = frozenset({"lo", *(item.name for item in host.interfaces)})
        yield from _routes_over(host, names)
        yield from _settings_of(host, names)
        yield from _twice(host.interfaces)
    for family, routes in host.routes.items():
        yield from _gateways(host, family, routes)
    yield from _empty_tables(host)


def _routes_over(host: Host, names: frozenset[str]) -> Iterator[Problem]:
    """fib_get_nhs, fib_check_nh: a route is over an interface that is there, and goes with it."""
    for routes in host.routes.values():
        for route in routes:
            if route.device is not None and route.device not in names:
                text = f"the route to {_target(route)} leaves by `{route.device}`, which is no interface of this host"
                yield Problem("LVS061", text, route.span or _NOWHERE, label="not in the list of interfaces")


def _gateways(host: Host, family: int, routes: tuple[Route, ...]) -> Iterator[Problem]:
    """fib_check_nh_v4_gw: the way to a gateway must be a route without one, by the same interface."""
    links = [
        (item.name, address.network)
        for item in host.interfaces or ()
        for address in item.addresses
        if address.version == family
    ]
    links += [(route.device or "", route.destination) for route in routes if _on_link(route, family)]
    for route in routes:
        gateway = route.gateway
        if gateway is None or gateway.version != family or route.onlink or gateway.is_link_local:
            continue
        reached = any(
            gateway in network and (route.device in (None, device) or not device)
            for device, network in links
            if network.version == family
        )
        if not reached:
            by = f" by `{route.device}`" if route.device else ""
            text = f"the gateway {gateway} of the route to {_target(route)} is on no link{by}"
            mended = "only with `onlink` the kernel takes such a route"
            yield Problem("LVS062", text, route.span or _NOWHERE, help=mended)


def _on_link(route: Route, family: int) -> bool:
    return route.kind == "unicast" and route.gateway is None and route.destination.version == family


def _target(route: Route) -> str:
    return "anywhere" if route.destination.prefixlen == 0 else str(route.destination)


def _twice(interfaces: tuple[Interface, ...]) -> Iterator[Problem]:
    """inet_insert_ifa: an interface takes an address once, and one network should be on one interface."""
    seen: dict[object, Interface] = {}
    for item in interfaces:
        for address in item.addresses:
            # Addresses of a single host may stand on several interfaces: unnumbered links, a VIP kept on lo.
            lone = address.network.prefixlen == address.network.max_prefixlen
            first = seen.setdefault(address, item)
            here = sum(other == address for other in item.addresses) > 1
            if (first is item and not here) or (lone and first is not item) or address.ip.is_link_local:
                continue
            where = f"`{first.name}` and `{item.name}`" if first is not item else f"`{item.name}` twice"
            yield Problem("LVS063", f"{address} is an address of {where}", item.span or _NOWHERE)
            break


def _empty_tables(host: Host) -> Iterator[Problem]:
    """A lookup in a table without routes finds nothing and goes on with the next rule."""
    for family, rules in host.routing_rules.items():
        if family not in host.routes:
            continue
        known = {route.table for route in host.routes[family]}
        for rule in rules:
            if rule.action == "lookup" and rule.table not in known | _RESERVED:
                text = f"policy rule {rule.priority} looks into table {rule.table}, which has no {_WORDS[family]} route"
                yield Problem("LVS064", text, rule.span or _NOWHERE)


def _settings_of(host: Host, names: frozenset[str]) -> Iterator[Problem]:
    """devinet_sysctl_register: the keys of an interface come and go with it. One for each interface."""
    told: set[str] = set()
    for key, setting in (host.sysctl or {}).items():
        for family in ("ipv4", "ipv6"):
            prefix = f"net.{family}.conf."
            if not key.startswith(prefix):
                continue
            name = key.removeprefix(prefix).rpartition(".")[0].replace("/", ".")
            if name and name not in names | _EVERYBODY | told and setting.span is not None:
                told.add(name)
                text = f"`{key}` is a setting of `{name}`, which is no interface of this host"
                yield Problem("LVS065", text, setting.span)
