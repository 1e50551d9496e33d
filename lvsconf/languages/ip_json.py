"""`ip -j address`, `ip -j route show table all` and `ip -j rule`, for both families."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_interface
from typing import Any, TypeVar

from lvsconf.findings import Problem
from lvsconf.languages.networks import family_of_route, interface_group, network
from lvsconf.model.host import Interface, InterfaceAddress, Network, Route, RoutingRule
from lvsconf.source import Source, Span

NAME = "ip-json"
EXPECTS = "a JSON list, as ip -j prints it"

Item = TypeVar("Item")
_BLANK = re.compile(r"[ \t\r\n]*")


def recognise_addresses(text: str) -> bool:
    """Whether this is `ip -j address`."""
    return _list_with(text, '"ifname"')


def recognise_routes(text: str) -> bool:
    """Whether this is `ip -j route`."""
    return _list_with(text, '"dst"') and '"ifname"' not in text and '"priority"' not in text


def recognise_rules(text: str) -> bool:
    """Whether this is `ip -j rule`."""
    return _list_with(text, '"priority"')


def _list_with(text: str, key: str) -> bool:
    return text.lstrip()[:1] == "[" and key in text


def read_addresses(source: Source) -> tuple[tuple[Interface, ...], tuple[Problem, ...]]:
    """The interfaces with their addresses."""
    return _read(source, lambda item, span: [_interface(item, span)])


def read_routes(source: Source, family: int) -> tuple[tuple[Route, ...], tuple[Problem, ...]]:
    """The routes of one family in all tables; one with several next hops gives one route for each."""
    return _read(source, lambda item, span: list(_routes(item, family, span)))


def read_rules(source: Source, family: int) -> tuple[tuple[RoutingRule, ...], tuple[Problem, ...]]:
    """The policy rules in the order of their priorities."""
    rules, problems = _read(source, lambda item, span: [_rule(item, family, span)])
    extra = list(problems)
    for item, span in _selectors(source):
        extra.append(Problem("LVS041", f"the selector `{item}` of a policy rule is not understood yet", span))
    return tuple(sorted(rules, key=lambda rule: rule.priority)), tuple(extra)


class _Positions:
    """Offsets in the text as lines and columns."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.starts = [0, *(found.end() for found in re.finditer("\n", source.text))]

    def span(self, start: int, end: int) -> Span:
        first, last = bisect_right(self.starts, start), bisect_right(self.starts, max(end - 1, start))
        return Span(self.name, first, start - self.starts[first - 1] + 1, last, end - self.starts[last - 1] + 1)


def _elements(source: Source) -> Iterator[tuple[Any, Span] | Problem]:
    """The elements of the list with their places; a fault in one ends the reading, those before it count."""
    text = source.text
    positions = _Positions(source)
    decoder = json.JSONDecoder()
    position = _skip(text, 0)
    if position >= len(text):
        return
    if text[position] != "[":
        yield Problem("LVS041", f"expected {EXPECTS}", positions.span(position, position + 1))
        return
    position = _skip(text, position + 1)
    if text[position : position + 1] == "]":
        return
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError, ValueError) as error:
            place = error.pos if isinstance(error, json.JSONDecodeError) else position
            place = min(place, max(len(text) - 1, 0))
            message = (
                error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply, or too large a number"
            )
            yield Problem("LVS041", f"the JSON breaks off here: {message}", positions.span(place, place + 1))
            return
        yield value, positions.span(position, end)
        position = _skip(text, end)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] == "]":
            return
        else:
            place = min(position, len(text) - 1)
            yield Problem("LVS041", "the JSON list is not closed", positions.span(place, place + 1))
            return


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _read(
    source: Source, build: Callable[[dict[str, Any], Span], list[Item]]
) -> tuple[tuple[Item, ...], tuple[Problem, ...]]:
    items: list[Item] = []
    problems: list[Problem] = []
    for element in _elements(source):
        if isinstance(element, Problem):
            problems.append(element)
            continue
        value, span = element
        if not isinstance(value, dict):
            problems.append(Problem("LVS041", "expected an object with names and values", span))
        elif value:  # `ip -j` prints {} for what it filters out
            try:
                items.extend(build(value, span))
            except (ValueError, TypeError) as error:
                problems.append(Problem("LVS041", f"this entry can't be read: {error}", span))
    return tuple(items), tuple(problems)


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise ValueError(f"`{key}` is missing")
    return value


def _whole(item: dict[str, Any], key: str, default: int) -> int:
    value = item.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"`{key}` is no whole number")
    return value


def _dicts(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = item.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"`{key}` is no list of objects")
    return value


def _interface(item: dict[str, Any], span: Span) -> Interface:
    flags = item.get("flags", [])
    if not isinstance(flags, list):
        raise ValueError("`flags` is no list")
    return Interface(
        name=_text(item, "ifname"),
        index=_whole(item, "ifindex", 0),
        up="UP" in flags,
        mtu=_whole(item, "mtu", 1500),
        flags=tuple(str(flag) for flag in flags),
        addresses=tuple(address for address, _ in _addresses(item)),
        deprecated=frozenset(address for address, entry in _addresses(item) if _deprecated(entry)),
        group=interface_group(str(item.get("group", "default"))),
        master=item.get("master"),
        broadcasts=tuple(
            ip_address(str(entry["broadcast"])) for entry in _dicts(item, "addr_info") if "broadcast" in entry
        ),
        span=span,
    )


def _deprecated(entry: dict[str, Any]) -> bool:
    return entry.get("deprecated") is True or entry.get("preferred_life_time") == 0


def _addresses(item: dict[str, Any]) -> Iterator[tuple[InterfaceAddress, dict[str, Any]]]:
    for entry in _dicts(item, "addr_info"):
        if entry.get("family") in ("inet", "inet6") and "local" in entry:
            # With a peer, `local` is a host address and the prefix belongs to the peer.
            length = _whole(entry, "prefixlen", 32)
            host = ip_address(_text(entry, "local"))
            yield ip_interface(f"{host}/{host.max_prefixlen if 'address' in entry else length}"), entry


def _routes(item: dict[str, Any], family: int, span: Span) -> Iterator[Route]:
    destination = _text(item, "dst")
    gateway = item.get("gateway")
    via = item.get("via")  # a gateway of the other family, with its family
    words = [*item, *([str(via.get("family"))] if isinstance(via, dict) else [])]
    if family_of_route(destination, None if gateway is None else str(gateway), words, family) != family:
        return
    hops = _dicts(item, "nexthops") or [item]
    source = item.get("prefsrc")
    for hop in hops:
        gateway = hop.get("gateway")
        if gateway is None and isinstance(hop.get("via"), dict):
            gateway = hop["via"].get("host")
        yield Route(
            destination=network(destination, family),
            table=str(item.get("table", "main")),
            kind=str(item.get("type", "unicast")),
            device=hop.get("dev", item.get("dev")),
            gateway=None if gateway is None else ip_address(gateway),
            source=None if source is None else ip_address(source),
            metric=_whole(item, "metric", 0),
            realm=json.dumps(item["flow"]) if "flow" in item else None,
            onlink="onlink" in (hop.get("flags") or ()),
            span=span,
        )


_RULE_KEYS = frozenset(
    {"priority", "src", "srclen", "dst", "dstlen", "table", "fwmark", "fwmask", "iif", "oif", "not", "action",
     "iif_detached", "oif_detached", "protocol"}
)  # fmt: skip


def _selectors(source: Source) -> Iterator[tuple[str, Span]]:
    for element in _elements(source):
        if not isinstance(element, Problem) and isinstance(element[0], dict):
            for key in sorted(set(element[0]) - _RULE_KEYS):
                yield key, element[1]


def _rule(item: dict[str, Any], family: int, span: Span) -> RoutingRule:
    mark = None
    if "fwmark" in item:
        value = int(str(item["fwmark"]), 0)
        mark = (value, int(str(item.get("fwmask", "0xffffffff")), 0))
    return RoutingRule(
        priority=_whole(item, "priority", 0),
        table=str(item.get("table", "main")),
        source=_selector(item, "src", "srclen", family),
        destination=_selector(item, "dst", "dstlen", family),
        mark=mark,
        iif=item.get("iif"),
        oif=item.get("oif"),
        inverted="not" in item,
        action=str(item.get("action", "lookup")),
        span=span,
    )


def _selector(item: dict[str, Any], key: str, length: str, family: int) -> Network | None:
    if item.get(key, "all") == "all":
        return None
    return network(f"{_text(item, key)}/{_whole(item, length, 0)}" if length in item else _text(item, key), family)
