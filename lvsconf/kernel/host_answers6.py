"""What a host says about IPv6 addresses (net/netfilter/xt_addrtype.c, net/ipv6/netfilter/ip6t_rpfilter.c).

Both matches look an address up as a packet's route is looked up, so that policy rules count, and both may look only at
the routes by one interface. Each answer is a Pred over all addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv6Network

from lvsconf.kernel.fib import NO_ROUTES, REFUSALS, Fib, in_network
from lvsconf.kernel.nested_nets import Net, covering
from lvsconf.kernel.scopes import GROUPS, LINK_LOCAL, UNSPECIFIED
from lvsconf.model.fields import DST, IIF, MARK, SRC, Field, interface
from lvsconf.model.host import Route, RoutingRule
from lvsconf.model.preds import (
    FALSE,
    TRUE,
    Opaque,
    Pred,
    Within,
    all_of,
    any_of,
    equals,
    interface_is,
    masked,
    negate,
    one_of,
)
from lvsconf.model.questions import AddressTypeQuestion, ReversePathQuestion
from lvsconf.packets.index import Interval, merged

MAPPED = IPv6Network("::ffff:0:0/96")
REFUSED = REFUSALS | {"throw"}
LEAST_ANYCAST = 127
"""Of prefixes as long as this the first address is like others (include/net/ip6_route.h ipv6_anycast_destination)."""

Node = tuple[Route, ...]
"""The routes to one prefix, in the order in which they are looked at."""
Stretch = tuple[int, int, Node]
"""First and last address whose longest prefix is a node's."""
Verdict = Callable[[Node], Pred]
"""Whether an address is one that is asked for, by the node it is found at."""
Selector = Callable[[RoutingRule], Pred]


def not_unicast(what: Field) -> Pred:
    """net/ipv6/addrconf_core.c __ipv6_addr_type: groups, nobody, and IPv4 addresses in IPv6."""
    return any_of((in_network(what, GROUPS), equals(what, UNSPECIFIED), in_network(what, MAPPED)))


def address_type(fib: Fib, question: AddressTypeQuestion) -> Pred:
    """match_type6: what the address is in itself has to be so all at once, of what a lookup says one is enough."""
    what, types = question.field, question.types
    preds: list[Pred] = []
    if "MULTICAST" in types:
        preds.append(in_network(what, GROUPS))
    if "UNICAST" in types:
        preds.append(negate(not_unicast(what)))
    if "UNSPEC" in types:
        preds.append(equals(what, UNSPECIFIED))
    if types & {"LOCAL", "ANYCAST", "UNREACHABLE"}:
        preds.append(_by_lookup(fib, question))
    return all_of(preds)


def _by_lookup(fib: Fib, question: AddressTypeQuestion) -> Pred:
    """match_lookup_rt6; without an interface to compare with, any route counts."""
    anywhere = _looked_up(fib, question, None)
    if question.device is None:
        return anywhere
    found = [all_of((equals(question.device, 0), anywhere))]
    for name in _devices(fib):
        found.append(all_of((equals(question.device, interface(name)), _looked_up(fib, question, name))))
    return any_of(found)


def _looked_up(fib: Fib, question: AddressTypeQuestion, device: str | None) -> Pred:
    what, types = question.field, question.types

    def walk(verdict: Verdict, end: Pred) -> Pred:
        return _walk(fib, what, lambda rule: _of_nobody(rule, what, device), verdict, end, device)

    # A route that says no, and no route at all, are errors, whatever else may be said of the address.
    nowhere = TRUE if fib.complete else Opaque("the way to the address, over a route that is not shown,")
    found: list[Pred] = []
    if "UNREACHABLE" in types:
        found.append(walk(lambda node: TRUE if node[0].kind in REFUSED else FALSE, nowhere))
    if "ANYCAST" in types:
        found.append(walk(lambda node: _anycast(node[0], what), FALSE))
    if "LOCAL" in types and device is None:
        found.append(walk(lambda node: TRUE if node[0].kind == "local" else FALSE, FALSE))
    elif "LOCAL" in types:
        # ipv6_chk_addr, and then a lookup that ends well.
        mine = one_of(what, (int(item.ip) for item in fib.addresses(device or "")))
        found.append(all_of((mine, walk(lambda node: FALSE if node[0].kind in REFUSED else TRUE, FALSE))))
    return any_of(found)


def _anycast(route: Route, what: Field) -> Pred:
    """ipv6_anycast_destination: routers' anycast addresses, and the first address of a network on a link."""
    if route.kind == "anycast":
        return TRUE
    near = route.kind not in REFUSED and route.gateway is None and route.destination.prefixlen < LEAST_ANYCAST
    return equals(what, int(route.destination.network_address)) if near else FALSE


def reverse_path(fib: Fib, question: ReversePathQuestion) -> Pred:
    """rpfilter_mt: what comes from nobody passes, and so does what comes in through loopback."""
    linked = [
        all_of((equals(IIF, interface(name)), _way_back(fib, question, name))) for name in _devices(fib) if name != "lo"
    ]
    near = in_network(SRC, LINK_LOCAL)
    back = any_of((all_of((near, any_of(linked))), all_of((negate(near), _way_back(fib, question, None)))))
    return any_of((equals(IIF, interface("lo")), equals(SRC, UNSPECIFIED), back))


def _way_back(fib: Fib, question: ReversePathQuestion, device: str | None) -> Pred:
    """rpfilter_lookup_reverse6; from an address of a link only the routes by `device` count."""

    def verdict(node: Node) -> Pred:
        return _passes(node, question)

    hidden = FALSE if fib.complete else Opaque("the way back to the source, over a route that is not shown,")
    return _walk(fib, SRC, lambda rule: _of_answers(rule, question, device), verdict, hidden, device)


def _passes(node: Node, question: ReversePathQuestion) -> Pred:
    """The interfaces that a source at a node may come in by.

    rt6_device_match: of the routes to one prefix that by the in-interface is taken, whatever its metric, else the
    first; a loose test takes the first.
    """

    def leads(route: Route) -> bool:
        return route.kind == "unicast" or (route.kind == "local" and question.accept_local)

    first = node[0]
    if question.loose:
        return TRUE if leads(first) else FALSE
    by: dict[str, Route] = {}
    for route in node:
        by.setdefault(route.device or "", route)
    own = one_of(IIF, (interface(name) for name, route in by.items() if leads(route)))
    if first.kind != "local" or not question.accept_local:
        return own
    return any_of((own, negate(one_of(IIF, map(interface, by)))))


# -- the lookup itself ------------------------------------------------------------------------------------------------


def _walk(fib: Fib, what: Field, selector: Selector, verdict: Verdict, end: Pred, device: str | None) -> Pred:
    """Rule after rule (net/ipv6/fib6_rules.c): a table that has nothing to say, or `throw`, leaves it to the next.

    With a device only the routes by it are looked at. `end` is the answer where no rule has one.
    """
    answer = end
    for rule in sorted(fib.rules, key=lambda each: each.priority, reverse=True):
        selected = selector(rule)
        if selected == FALSE:
            continue
        found: list[Interval] = []
        hits: dict[Pred, list[Interval]] = {}
        for low, high, node in _stretches(_routes(fib, rule, device)):
            if node[0].kind == "throw":
                continue
            found.append((low, high))
            said = verdict(node)
            if said != FALSE:
                hits.setdefault(said, []).append((low, high))
        if not found:
            continue
        here = any_of(all_of((Within(what, merged(places)), said)) for said, places in hits.items())
        taken = all_of((selected, Within(what, merged(found))))
        answer = any_of((all_of((taken, here)), all_of((negate(taken), answer))))
    return answer


def _routes(fib: Fib, rule: RoutingRule, device: str | None) -> Iterable[Route]:
    if rule.action in REFUSALS:
        return (Route(IPv6Network("::/0"), rule.table, rule.action),)
    routes = fib.tables.get(rule.table, NO_ROUTES).routes
    return (route for route in routes if device in (None, route.device))


def _stretches(routes: Iterable[Route]) -> Iterator[Stretch]:
    nodes: dict[Net, list[Route]] = {}
    for route in routes:
        net = Net(int(route.destination.network_address), int(route.destination.broadcast_address))
        nodes.setdefault(net, []).append(route)
    for low, high, stack in covering(nodes):
        yield low, high, tuple(nodes[stack[-1]])


def _devices(fib: Fib) -> Sequence[str]:
    """All interfaces that a packet may have come in by or go out by, as far as they are known."""
    routed = (route.device for table in fib.tables.values() for route in table.routes if route.device is not None)
    return sorted({*fib.interfaces, *routed})


def _of_nobody(rule: RoutingRule, what: Field, device: str | None) -> Pred:
    """fib6_rule_match for a lookup without source and mark, as of a packet of the host's own."""
    fits = (
        rule.action in (*REFUSALS, "lookup")
        and rule.source is None
        and rule.iif in (None, "lo")
        and (rule.mark is None or not rule.mark[0])
        and (rule.oif is None or rule.oif == device)
    )
    return _selected(rule, what) if fits else _never(rule)


def _of_answers(rule: RoutingRule, question: ReversePathQuestion, device: str | None) -> Pred:
    """fib6_rule_match for an answer: it goes to the source, and comes from the destination if that is unicast."""
    if rule.action not in (*REFUSALS, "lookup") or rule.iif not in (None, "lo"):
        return _never(rule)
    preds = [_to(rule, SRC)]
    if rule.source is not None:
        preds += [in_network(DST, rule.source), negate(not_unicast(DST))]
    if rule.mark is not None:
        value, mask = rule.mark
        preds.append(masked(MARK, value, mask) if question.use_mark else FALSE if value else TRUE)
    if rule.oif is not None:
        preds.append(FALSE if question.loose and device is None else interface_is(IIF, rule.oif))
    return negate(all_of(preds), rule.inverted)


def _selected(rule: RoutingRule, what: Field) -> Pred:
    return negate(_to(rule, what), rule.inverted)


def _to(rule: RoutingRule, what: Field) -> Pred:
    return TRUE if rule.destination is None else in_network(what, rule.destination)


def _never(rule: RoutingRule) -> Pred:
    return TRUE if rule.inverted and rule.action in (*REFUSALS, "lookup") else FALSE
