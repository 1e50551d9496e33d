"""`lvsconf.toml`: what users state must get through, and what must not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

from lvsconf.findings import Problem
from lvsconf.languages.endpoints import parse_endpoint, show_address, show_endpoint
from lvsconf.languages.suggest import suggestion
from lvsconf.languages.toml_tables import Broken, Entry, Table, tables
from lvsconf.model.ipvs import Address
from lvsconf.model.statements import Statement
from lvsconf.source import Source, Span

T = TypeVar("T")

EXPECTS = "statements in TOML: [[must-reach]] and [[must-not-reach]] with what follows"
FILES = ("lvsconf.toml", ".lvsconf.toml")
"""What a file of statements is called; of both in one directory, the first counts."""
CODE = "LVS002"

_TABLES = {"must-reach": True, "must-not-reach": False}
_KEYS = ("to", "from", "in", "host")
_EVERY = {"from": "everybody", "in": "any interface"}
_PORTED = {"tcp": 6, "udp": 17, "sctp": 132}
_ICMP = {4: 1, 6: 58}
_PROTOCOLS = {**_PORTED, "icmp": 1, "icmpv6": 58}
_NAMES = {number: name for name, number in _PROTOCOLS.items()}
_FORMS = "expected tcp:ADDRESS:PORT, also with udp or sctp, or icmp:ADDRESS"
_INTERFACE = re.compile(r"[^\s/:]{1,15}")
"""What the kernel lets an interface be called (net/core/dev.c, dev_valid_name): 15 characters at most."""
_SHOWN = 3
"""So many sources or interfaces are named in a few words."""

_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*must-(?:not-)?reach[ \t]*\]", re.MULTILINE)
_ANY_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


def recognise(text: str) -> bool:
    """Whether this has a statement."""
    return bool(_HEADER.search(text))


def has_tables(text: str) -> bool:
    """Whether this has tables at all, whatever is in them."""
    return bool(_ANY_HEADER.search(text))


def read(source: Source) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    """The statements of a file in order. One with a problem is left out: it would say something else."""
    found, problems = [], []
    for table in tables(source):
        if isinstance(table, Broken):
            problems.append(Problem(CODE, table.message, table.span, help=table.help))
        elif table.repeated and len(table.path) == 1 and table.path[0] in _TABLES:
            reading = _Statement(table)
            statement = reading.read()
            problems += reading.problems
            found += [statement] if statement is not None and not reading.problems else []
        else:
            problems += _foreign(table)
    return tuple(found), tuple(problems)


def _foreign(table: Table) -> Iterable[Problem]:
    """A table that is no statement."""
    name = ".".join(table.path)
    if not table.path:
        for key, entry in table.entries.items():
            if key in _TABLES:
                message, advice = f"`{key}` is no table of its own here", f"begin each statement with [[{key}]]"
            elif key in _KEYS:
                message, advice = f"`{key}` stands before the first statement", "begin each with [[must-reach]]"
            else:
                message = f"unknown key `{key[:80]}`"
                advice = suggestion(key, _TABLES) or "statements begin with [[must-reach]] or [[must-not-reach]]"
            yield Problem(CODE, message, entry.key, help=advice)
    elif name in _TABLES:
        yield Problem(CODE, "statements stand in double brackets", table.header, help=f"did you mean `[[{name}]]`?")
    elif table.path[0] in _TABLES:
        yield Problem(CODE, f"a statement has no table `{'.'.join(table.path[1:])[:80]}`", table.header)
    else:
        advice = suggestion(name.replace("_", "-").lower(), _TABLES)
        advice = advice or "there are [[must-reach]] and [[must-not-reach]]"
        yield Problem(CODE, f"unknown table `{name[:80]}`", table.header, help=advice)


class _RefusedError(ValueError):
    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.help = advice


@dataclass(frozen=True, slots=True)
class _Clients:
    """Addresses that packets come from, and how the user writes them."""

    low: Address
    high: Address
    text: str


@dataclass(slots=True)
class _Statement:
    """One statement, read key by key; `problems` are what is wrong with it."""

    table: Table
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> Statement | None:
        """What the statement says, as far as it can be read; None without an end that can be."""
        for key, entry in self.table.entries.items():
            if key not in _KEYS:
                advice = suggestion(key.lower(), _KEYS) or f"there are {', '.join(_KEYS[:-1])} and {_KEYS[-1]}"
                self._refuse(f"unknown key `{key[:80]}`", entry.key, advice)
        end = self._end()
        sources = self._sources(end[1] if end else None)
        devices = tuple(dict.fromkeys(name for name, _ in self._each("in", _device)))
        host = self._host()
        if end is None:
            return None
        proto, address, port = end
        said = [_NAMES[proto], show_address(address) if port is None else show_endpoint(address, port)]
        said += ["from", _few([each.text for each in sources])] if sources else []
        said += ["by", _few(devices)] if devices else []
        intervals = _merged((int(each.low), int(each.high)) for each in sources)
        reaches = _TABLES[self.table.path[0]]
        return Statement(reaches, proto, address, port, intervals, devices, host, self.table.header, " ".join(said))

    def _refuse(self, message: str, span: Span, advice: str = "") -> None:
        self.problems.append(Problem(CODE, message, span, help=advice))

    def _end(self) -> tuple[int, Address, int | None] | None:
        entry = self.table.entries.get("to")
        if entry is None:
            self._refuse("the statement does not say what it is about: `to` is missing", self.table.header, _FORMS)
            return None
        value = self.table.values["to"]
        if isinstance(value, list):
            self._refuse("`to` takes one end", entry.value, "make a statement of each")
        elif not isinstance(value, str):
            self._refuse(f"`to` takes a string, not {_called(value)}", entry.value, _FORMS)
        else:
            try:
                return _endpoint(value)
            except _RefusedError as refused:
                self._refuse(str(refused), entry.value, refused.help)
            except ValueError as error:
                self._refuse(str(error), entry.value, _FORMS)
        return None

    def _sources(self, address: Address | None) -> list[_Clients]:
        found = self._each("from", _clients)
        for each, span in found:
            other, whose = (found[0][0].low, found[0][0].text) if address is None else (address, "`to`")
            if each.low.version != other.version:
                self._refuse(f"`{each.text}` is IPv{each.low.version}, and {whose} is IPv{other.version}", span)
        return [each for each, _ in found]

    def _host(self) -> str | None:
        entry = self.table.entries.get("host")
        value = self.table.values.get("host")
        if entry is None:
            return None
        if not isinstance(value, str):
            self._refuse(f"`host` takes a string, not {_called(value)}", entry.value)
            return None
        name = value.strip("/")
        if not name or re.search(r"\s", name):
            self._refuse(f"{value[:80]!r} is not the name of a host", entry.value)
        return name

    def _each(self, key: str, convert: Callable[[str], T]) -> list[tuple[T, Span]]:
        """What is said by the strings of a key that takes one or a list, as far as they can be read."""
        entry = self.table.entries.get(key)
        if entry is None:
            return []
        value = self.table.values[key]
        if value == []:
            self._refuse(f"`{key}` is empty", entry.value, f"leave it out to mean {_EVERY[key]}")
        found = []
        for word, span in _members(value, entry):
            if not isinstance(word, str):
                self._refuse(f"`{key}` takes a string or a list of strings, not {_called(word)}", span)
                continue
            try:
                found.append((convert(word), span))
            except _RefusedError as refused:
                self._refuse(str(refused), span, refused.help)
        return found


def _members(value: object, entry: Entry) -> list[tuple[object, Span]]:
    """The members of a list, or the one value, with their places."""
    if not isinstance(value, list):
        return [(value, entry.value)]
    exact = len(entry.items) == len(value)
    return [(each, entry.items[number] if exact else entry.value) for number, each in enumerate(value)]


def _called(value: object) -> str:
    """What TOML calls a value of this type."""
    return next(
        name
        for kind, name in (
            (bool, "a boolean"), (int | float, "a number"), (str, "a string"), (list, "a list"), (dict, "a table"),
            (object, "a date or time"),
        )
        if isinstance(value, kind)
    )  # fmt: skip


def _endpoint(text: str) -> tuple[int, Address, int | None]:
    """Protocol, address and port; the port of ICMP is None."""
    name, colon, rest = text.partition(":")
    if not colon or name not in _PROTOCOLS:
        raise _RefusedError(f"{text[:80]!r} does not begin with a protocol", _with_protocol(text) or _FORMS)
    if rest.count(":") > 1 and not rest.startswith("["):
        raise _RefusedError("an IPv6 address stands in brackets here", _bracketed(name, rest) or _FORMS)
    try:
        address, port = parse_endpoint(rest, _PROTOCOLS[name])
    except ValueError as error:
        raise _RefusedError(str(error), _FORMS) from error
    if "%" in rest:
        raise _RefusedError(f"{rest[:80]!r} has a zone", "say `in` for the interface that packets come by")
    if name in _PORTED:
        if port is None:
            raise _RefusedError(f"the port of {name} is missing", f"expected {name}:ADDRESS:PORT")
        if port == 0:
            raise _RefusedError("0 is not a port that packets are sent to")
        return _PORTED[name], address, port
    if port is not None:
        raise _RefusedError(f"{name} has no ports", f"did you mean `{text.rpartition(':')[0]}`?")
    if name == "icmpv6" and address.version == 4:
        raise _RefusedError(f"{address} is an IPv4 address", f"did you mean `icmp:{rest}`?")
    return _ICMP[address.version], address, None


def _with_protocol(text: str) -> str:
    """What an end without a good protocol may mean."""
    name, _, rest = text.partition(":")
    near = suggestion(name.lower(), _PROTOCOLS).replace("`?", f":{rest[:80]}`?")
    try:
        return near or ("" if parse_endpoint(text)[1] is None else f"did you mean `tcp:{text}`?")
    except ValueError:
        return ""


def _bracketed(name: str, rest: str) -> str:
    """What an IPv6 address without brackets may mean: the last word is a port where the protocol has some."""
    address, _, port = rest.rpartition(":") if name in _PORTED else (rest, "", "")
    try:
        shown = f"[{IPv6Address(address)}]"
    except ValueError:
        return ""
    return f"did you mean `{name}:{shown}{':' if port else ''}{port}`?"


def _clients(text: str) -> _Clients:
    """An address, a network or a range."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = _address(first, text), _address(last, text)
        if low.version != high.version or int(low) > int(high):
            raise _RefusedError(f"the range {text[:100]!r} does not go up")
        return _Clients(low, high, f"{show_address(low)}-{show_address(high)}")
    if "/" not in text:
        address = _address(text, text)
        return _Clients(address, address, show_address(address))
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise _no_source(text) from None
    if int(ip_address(text.partition("/")[0])) != int(network.network_address):
        shown = f"{show_address(network.network_address)}/{network.prefixlen}"
        raise _RefusedError(f"{text} is a host in a network", f"did you mean `{shown}`?")
    return _Clients(network[0], network[-1], f"{show_address(network[0])}/{network.prefixlen}")


def _address(text: str, whole: str) -> Address:
    try:
        found = ip_address(text.strip())
    except ValueError:
        raise _no_source(whole) from None
    if "%" in text:
        raise _no_source(whole)
    return found


def _no_source(text: str) -> _RefusedError:
    return _RefusedError(
        f"{text[:80]!r} is no address, network or range", "expected one such as 203.0.113.0/24 or 10.0.0.1-10.0.0.9"
    )


def _device(text: str) -> str:
    if text.endswith("+"):
        raise _RefusedError(f"{text[:80]!r} is a pattern", "name each interface")
    if not _INTERFACE.fullmatch(text) or text in (".", ".."):
        raise _RefusedError(f"{text[:80]!r} is not the name of an interface")
    return text


def _merged(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same numbers in ascending intervals that do not touch."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def _few(words: Sequence[str]) -> str:
    """The first of many words."""
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
