"""virtual_server_group: addresses, ranges of them and firewall marks (check_data.c, alloc_vsg_entry)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from lvsconf.findings import Problem
from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.tree import Statement
from lvsconf.model.ipvs import Address
from lvsconf.source import Span

MOST_ADDRESSES = 1024
"""Addresses of one range that become services; a longer one is not looked at."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A firewall mark; the family is None when the real servers decide it."""

    mark: int
    family: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Place:
    """An address and a port, 0 for every port."""

    address: Address
    port: int
    span: Span


@dataclass(slots=True)
class Group:
    """The entries of a group. `complete` is False when something of it is not known."""

    name: str
    marks: list[Mark] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    complete: bool = True


class EntryError(ValueError):
    """An entry that keepalived skips; `index` is the word that is wrong, `code` the finding."""

    def __init__(self, message: str, index: int = 0, code: str = "LVS052") -> None:
        super().__init__(message)
        self.index = index
        self.code = code


def read_group(statement: Statement) -> tuple[Group, list[Problem]]:
    """The group, and what is wrong with its entries."""
    group = Group(statement.value() or "", complete=statement.known)
    problems: list[Problem] = []
    for entry in statement.body:
        if not entry.known:
            group.complete = False
            if entry.condition is None:
                word = next(each for each in entry.words if not each.known)
                problems.append(Problem("LVS054", f"what `{word.text[:80]}` stands for is not known", word.span))
            continue
        try:
            if entry.name == "fwmark":
                group.marks.append(_mark(entry))
            else:
                group.places += _places(entry)
        except EntryError as error:
            span = entry.words[min(error.index, len(entry.words) - 1)].span
            problems.append(Problem(error.code, str(error), span))
            group.complete = group.complete and error.code != "LVS054"
    problems += _whole(statement, group)
    return group, problems


def _whole(statement: Statement, group: Group) -> Iterator[Problem]:
    families = {place.address.version for place in group.places} | {mark.family for mark in group.marks}
    if group.complete and not group.marks and not group.places:
        yield Problem("LVS053", f"the group `{group.name[:80]}` has no entries: keepalived drops it", statement.span)
    elif families >= {4, 6, None}:
        message = "a group with both address families needs a family for each mark: keepalived drops it"
        yield Problem("LVS053", message, statement.span, help="write `fwmark NUMBER inet` or `inet6`")
        group.marks, group.places = [], []


def _mark(entry: Statement) -> Mark:
    text = entry.value(1)
    if text is None:
        raise EntryError("`fwmark` needs a number")
    try:
        mark = values.integer(text, 0, values.LARGEST)
    except ValueError as error:
        raise EntryError(f"`{text[:80]}` is no firewall mark: {error}", 1) from None
    word = entry.value(2)
    family = {None: None, "inet": 4, "inet6": 6}.get(word, 0)
    if family == 0:
        raise EntryError(f"`{(word or '')[:80]}` is neither `inet` nor `inet6`", 2)
    return Mark(mark, family, entry.span)


def _places(entry: Statement) -> list[Place]:
    port = port_of(entry.value(1))
    if port is None:
        raise EntryError(f"`{(entry.value(1) or '')[:80]}` is no port", 1)
    first, last = _range(entry.name)
    if int(last) - int(first) >= MOST_ADDRESSES:
        message = f"a range of more than {MOST_ADDRESSES:,} addresses is not looked at"
        raise EntryError(message, 0, "LVS054")
    kind = type(first)
    return [Place(kind(number), port, entry.span) for number in range(int(first), int(last) + 1)]


def port_of(text: str | None) -> int | None:
    """A port as keepalived reads it: nothing and zeros are 0; None when it is none."""
    if text is None or not text.strip("0"):
        return 0
    try:
        return values.integer(text, 1, 65535)
    except ValueError:
        return None


def _range(text: str) -> tuple[Address, Address]:
    """`10.0.0.1`, `10.0.0.0/28`, `10.0.0.1-10.0.1.7`, `10.0.0.1-12` (the last part; hexadecimal for IPv6)."""
    if "/" in text:
        try:
            network = ip_network(text)
        except ValueError:
            raise EntryError(f"`{text[:80]}` is no network: its bits beyond the mask have to be 0") from None
        if network.prefixlen == 0:
            raise EntryError("a mask of 0 bits is no range")
        return network[0], network[-1]
    start, dash, end = text.partition("-")
    try:
        first = values.address(start)
    except ValueError:
        raise EntryError(f"`{text[:80]}` is neither an address nor `fwmark`") from None
    if not dash:
        return first, first
    last = _end(first, end)
    if last is None:
        raise EntryError(f"`{end[:80]}` is no end for a range that begins with {first}")
    short = "." not in end and ":" not in end
    if int(last) < int(first) or (short and last == first):
        raise EntryError(f"the range ends with {last}, before it begins")
    return first, last


def _end(first: Address, text: str) -> Address | None:
    if (":" if first.version == 6 else ".") in text:
        try:
            last = values.address(text)
        except ValueError:
            return None
        return last if last.version == first.version else None
    bits, base = (16, 16) if first.version == 6 else (8, 10)
    if not re.fullmatch(r"[0-9]{1,5}" if base == 10 else r"[0-9a-fA-F]{1,5}", text):
        return None
    number = int(text, base)
    if number >> bits:
        return None
    return type(first)(int(first) >> bits << bits | number)
