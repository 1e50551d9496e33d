"""`ip address`, `ip route show table all` and `ip rule` as people print them; the same model as ip_json.py.

What iproute2 prints beyond the model (times, queues, protocols) is passed over, as the JSON reader does; a line that
is not of the kind, and a selector of a rule that is not understood, is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address, ip_interface, ip_network
from typing import TypeVar

from lvsconf.findings import Problem
from lvsconf.languages.lines import LINE_LIMIT
from lvsconf.languages.networks import family_of_route, interface_group, network
from lvsconf.model.host import Interface, InterfaceAddress, Network, Route, RoutingRule
from lvsconf.source import Source, Span

NAME = "ip-text"
EXPECTS = "what ip address, ip route or ip rule prints"

Item = TypeVar("Item")

_LINK = re.compile(r"([0-9]{1,10}): ([^\s:@]+)(?:@[^\s:]+)?: <([^<>\s]*)>(.*)")
_MTU = re.compile(r" mtu ([0-9]{1,10})\b")
_GROUP = re.compile(r" group (\S+)")
_MASTER = re.compile(r" master (\S+)")
_BROADCAST = re.compile(r"\s+inet \S+ (?:metric [0-9]+ )?brd (\S+)")
_RULE = re.compile(r"([0-9]{1,10}):\s+(\S.*)")
_KINDS = frozenset(
    {"unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole", "nat", "anycast"}
)
_ACTIONS = frozenset({"blackhole", "unreachable", "prohibit", "nop"})
_WITH_VALUE = frozenset(
    {"dev", "table", "proto", "scope", "src", "metric", "mtu", "advmss", "pref", "expires", "error", "tos", "dsfield",
     "from", "realm", "realms", "nhid", "weight", "window", "rtt", "rttvar", "cwnd", "initcwnd", "initrwnd", "hoplimit",
     "features", "quickack", "congctl", "age", "ssthresh", "reordering", "rto_min", "ttl-propagate"}
)  # fmt: skip
"""Words of a route that one value follows."""


def recognise_addresses(text: str) -> bool:
    """Whether this is `ip address`."""
    return any(_LINK.match(line) and _MTU.search(line) for line in text.split("\n"))


def recognise_routes(text: str) -> bool:
    """Whether this is `ip route`."""
    first = next((line.split() for line in text.split("\n") if line.strip()), [])
    place = 1 if first[:1] and first[0] in _KINDS else 0
    if len(first) <= place or _network_or_none(first[place]) is None:
        return False
    return bool(place) or bool({"dev", "via"} & set(first)) or any(w == "nexthop" for w in text.split())


def recognise_rules(text: str) -> bool:
    """Whether this is `ip rule`."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return bool(re.match(r"[0-9]+:\s+(?:not )?from \S", first))


def read_addresses(source: Source) -> tuple[tuple[Interface, ...], tuple[Problem, ...]]:
    """The interfaces with their addresses."""
    return _read(source, "inet", _interface)


def read_routes(source: Source, family: int) -> tuple[tuple[Route, ...], tuple[Problem, ...]]:
    """The routes of one family; one with several next hops gives one route for each."""
    return _read(source, "nexthop", lambda lines, span: list(_routes(lines, family, span)))


def read_rules(source: Source, family: int) -> tuple[tuple[RoutingRule, ...], tuple[Problem, ...]]:
    """The policy rules in the order of their priorities. A rule with a selector too many is kept without it."""
    extra: list[Problem] = []

    def build(lines: Sequence[str], span: Span) -> list[RoutingRule]:
        rule, unread = _rule(lines[0], family, span)
        if unread:
            shown = " ".join(unread)
            extra.append(Problem("LVS041", f"the selector `{shown}` of a policy rule is not understood yet", span))
        return [rule]

    rules, problems = _read(source, "", build)
    every = sorted((*problems, *extra), key=lambda problem: problem.span)
    return tuple(sorted(rules, key=lambda rule: rule.priority)), tuple(every)


def _read(
    source: Source, continues: str, build: Callable[[Sequence[str], Span], list[Item]]
) -> tuple[tuple[Item, ...], tuple[Problem, ...]]:
    """Entries begin at the left edge; indented lines, which `continues` names, belong to the one before."""
    items: list[Item] = []
    problems: list[Problem] = []
    for first, lines in _entries(source):
        last = first + len(lines) - 1
        span = Span(source.name, first, 1, last, max(len(lines[-1]), 1) + 1)
        try:
            if lines[0][:1].isspace():
                raise ValueError(f"`{continues or lines[0].strip()}` without a line that it belongs to")
            if any(len(line) > LINE_LIMIT for line in lines):
                raise ValueError(f"a line is longer than {LINE_LIMIT} characters")
            items.extend(build(lines, span))
        except ValueError as error:
            problems.append(Problem("LVS041", f"this entry can't be read: {error}", span))
    return tuple(items), tuple(problems)


def _entries(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Each entry with the number of its first line."""
    start, held = 0, list[str]()
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            continue
        if held and line[:1].isspace() and number == start + len(held):
            held.append(line)
            continue
        if held:
            yield start, held
        start, held = number, [line]
    if held:
        yield start, held


def _interface(lines: Sequence[str], span: Span) -> list[Interface]:
    found = _LINK.fullmatch(lines[0].rstrip())
    if found is None:
        raise ValueError("expected `number: name: <FLAGS> mtu …`")
    index, name, flags, rest = found.groups()
    mtu, group, master = (pattern.search(rest) for pattern in (_MTU, _GROUP, _MASTER))
    words = [line.split() for line in lines[1:]]
    addresses = [(_address(line), "deprecated" in line) for line in words if line[0] in ("inet", "inet6")]
    return [
        Interface(
            name=name,
            index=int(index),
            up="UP" in flags.split(","),
            mtu=1500 if mtu is None else int(mtu[1]),
            flags=tuple(flag for flag in flags.split(",") if flag),
            addresses=tuple(address for address, _ in addresses),
            deprecated=frozenset(address for address, deprecated in addresses if deprecated),
            group=interface_group(group[1]) if group else 0,
            master=master[1] if master else None,
            broadcasts=tuple(ip_address(found[1]) for line in lines[1:] if (found := _BROADCAST.match(line))),
            span=span,
        )
    ]


def _address(words: Sequence[str]) -> InterfaceAddress:
    if len(words) < 2:
        raise ValueError(f"`{words[0]}` without an address")
    # With a peer, the first is a host address and the prefix belongs to the peer.
    address = ip_interface(words[1].partition("/")[0] if words[2:3] == ["peer"] else words[1])
    if address.version != (6 if words[0] == "inet6" else 4):
        raise ValueError(f"{address} does not belong after `{words[0]}`")
    return address


def _routes(lines: Sequence[str], family: int, span: Span) -> Iterator[Route]:
    words = " ".join(lines).replace("\\", " ").split()
    kind = words.pop(0) if words and words[0] in _KINDS else "unicast"
    if not words:
        raise ValueError(f"`{kind}` without a destination")
    destination = words.pop(0)
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "nexthop":
            parts.append([])
        else:
            parts[-1].append(word)
    whole = _values(parts[0])
    if family_of_route(destination, whole.get("via"), words, family) != family:
        return
    source = whole.get("src")
    for hop in [_values(part) for part in parts[1:]] or [whole]:
        gateway = hop.get("via")
        yield Route(
            destination=network(destination, family),
            table=whole.get("table", "main"),
            kind=kind,
            device=hop.get("dev", whole.get("dev")),
            gateway=None if gateway is None else ip_address(gateway),
            source=None if source is None else ip_address(source),
            metric=_number(whole.get("metric", "0")),
            realm=whole.get("realm", whole.get("realms")),
            onlink="onlink" in words,
            span=span,
        )


def _values(words: Sequence[str]) -> dict[str, str]:
    """The words that have a value, with it; all others stand alone."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word in _WITH_VALUE or word == "via":
            value = next(rest, None)
            if word == "via" and value in ("inet", "inet6"):
                value = next(rest, None)
            if value is None:
                raise ValueError(f"`{word}` without a value")
            found.setdefault(word, value)
    return found


def _rule(line: str, family: int, span: Span) -> tuple[RoutingRule, list[str]]:
    """The rule, and the words of it that mean something unknown."""
    found = _RULE.fullmatch(line.rstrip())
    if found is None:
        raise ValueError("expected `priority: from …`")
    words = found[2].split()
    inverted = words[0] == "not"
    values: dict[str, str] = {}
    action, unread = "lookup", list[str]()
    rest = iter(words[inverted:])
    for word in rest:
        if word in ("from", "to", "fwmark", "iif", "oif", "lookup", "proto", "goto"):
            value = next(rest, None)
            if value is None:
                raise ValueError(f"`{word}` without a value")
            values[word] = value
            if word == "goto":
                action = "goto"
                unread.extend((word, value))
        elif word in _ACTIONS:
            action = word
        elif word != "[detached]":
            unread.append(word)
    if action == "lookup" and "lookup" not in values:
        raise ValueError("it says nothing to do")
    rule = RoutingRule(
        priority=int(found[1]),
        table=values.get("lookup", "main"),
        source=_selector(values.get("from", "all"), family),
        destination=_selector(values.get("to", "all"), family),
        mark=_mark(values["fwmark"]) if "fwmark" in values else None,
        iif=values.get("iif"),
        oif=values.get("oif"),
        inverted=inverted,
        action=action,
        span=span,
    )
    return rule, unread


def _mark(text: str) -> tuple[int, int]:
    value, found, mask = text.partition("/")
    return _number(value), _number(mask) if found else 0xFFFFFFFF


def _number(text: str) -> int:
    if len(text) > 12:
        raise ValueError(f"`{text[:20]}` is no number of 32 bits")
    return int(text, 0)


def _selector(text: str, family: int) -> Network | None:
    return None if text == "all" else network(text, family)


def _network_or_none(text: str) -> Network | None:
    try:
        return ip_network("::/0" if text == "default" else text, strict=False)
    except ValueError:
        return None
