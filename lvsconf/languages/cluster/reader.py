"""From the tree of a cluster file to the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeVar

from lark import Token, Tree

from lvsconf.findings import Problem
from lvsconf.languages.cluster import words
from lvsconf.languages.cluster.grammar import UnexpectedWordError, parse
from lvsconf.model.cluster import (
    Allow,
    Cluster,
    Destination,
    Director,
    Interface,
    InterfaceRole,
    Persistence,
    Placed,
    Policies,
    RealServer,
    Route,
    Service,
)
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.source import Source, Span

T = TypeVar("T")
Part = TypeVar("Part")

UNREADABLE = "LVS501"
"""The code of everything that is refused here."""

_PROTOCOLS = {"tcp": 6, "udp": 17}
_METHODS = {"dr": ForwardingMethod.DR, "nat": ForwardingMethod.NAT, "tun": ForwardingMethod.TUN}

_CALLED = {
    "address": "address",
    "conntrack": "`conntrack`",
    "gateway": "gateway",
    "host_address": "address",
    "interface": "interface",
    "listen": "protocol and port",
    "method": "method",
    "one_packet": "`one-packet`",
    "persistent": "persistence",
    "role": "role",
    "scheduler": "scheduler",
    "to": "real servers",
    "vip": "virtual address",
}
"""What a message calls the statements that a block may lack or have twice."""

_EXAMPLES = {
    "address": "address 192.0.2.2/24",
    "director": "director lb1 { … }",
    "host_address": "address 10.0.0.2",
    "interface": "interface eth0 { address 192.0.2.2/24; role outside }",
    "listen": "tcp 80",
    "method": "method dr",
    "role": "role outside",
    "to": "to web1, web2",
    "vip": "vip 192.0.2.100",
}
"""What a statement that is missing could look like."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cluster file says; `cluster` is None when there are problems."""

    cluster: Cluster | None
    problems: tuple[Problem, ...]


def read(source: Source) -> Reading:
    """The cluster that a file describes. What can't be read and what is missing refuse it."""
    try:
        tree = parse(source)
    except UnexpectedWordError as error:
        return Reading(None, (Problem(UNREADABLE, str(error), error.span, help=error.suggestion),))
    reader = _Reader(source)
    cluster = reader.cluster(_trees(tree)[0])
    return Reading(cluster, tuple(reader.problems))


class _RefusedError(Exception):
    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.problem = Problem(UNREADABLE, message, span)


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _plain(token: Token) -> str:
    return token[1:-1] if token.startswith('"') else str(token)


class _Block:
    """The statements of one block, by name."""

    def __init__(self, tree: Tree[Token], span: Callable[[Token], Span]) -> None:
        self.header = _tokens(tree)[0]
        self._title = f"{tree.data} {_plain(self.header)}"
        self._statements = _trees(tree)
        self._span = span

    def all(self, name: str) -> list[Tree[Token]]:
        """Every statement of that name, in order."""
        return [statement for statement in self._statements if statement.data == name]

    def one(self, name: str) -> Tree[Token] | None:
        """The statement of that name, of which the block may have one."""
        found = self.all(name)
        if len(found) > 1:
            first, again = (
                self._span(next(tree.scan_values(lambda child: isinstance(child, Token)))) for tree in found[:2]
            )
            raise _RefusedError(
                f"{self._title} has its {_CALLED[name]} twice; the first is in line {first.line}", again
            )
        return found[0] if found else None

    def need(self, name: str) -> Tree[Token]:
        """The statement of that name, which the block can't do without."""
        found = self.one(name)
        if found is None:
            raise self._lacks(name)
        return found

    def some(self, name: str) -> list[Tree[Token]]:
        """Every statement of that name; there must be one at least."""
        found = self.all(name)
        if not found:
            raise self._lacks(name)
        return found

    def _lacks(self, name: str) -> _RefusedError:
        return _RefusedError(
            f"{self._title} has no {_CALLED[name]}: expected a line such as `{_EXAMPLES[name]}`",
            self._span(self.header),
        )


class _Reader:
    """Walks the tree. A problem ends the host or service that it is in; the others are still read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.problems: list[Problem] = []

    def cluster(self, tree: Tree[Token]) -> Cluster | None:
        """The whole file; None when any part of it was refused."""
        block = self._block(tree)
        name = self._try(self._name, block)
        found = block.all("director")
        director = self._try(self._director, found[0]) if found else None
        servers = [self._try(self._realserver, part) for part in block.all("realserver")]
        services = [self._try(self._service, part) for part in block.all("service")]
        if not found:
            self._refuse(f"the cluster has no director: expected `{_EXAMPLES['director']}`", block.header)
        for other in found[1:]:
            self._refuse("a second director: expected one in a cluster", _tokens(other)[0])
        if self.problems or name is None or director is None:
            return None
        return Cluster(name, director, tuple(filter(None, servers)), tuple(filter(None, services)))

    # ---- hosts --------------------------------------------------------------------------------------------------

    def _director(self, tree: Tree[Token]) -> Director:
        block = self._block(tree)
        conntrack = block.one("conntrack")
        return Director(
            self._name(block),
            tuple(self._interface(part) for part in block.some("interface")),
            self._gateway(block),
            tuple(self._route(part) for part in block.all("route")),
            self._allows(block),
            self._policies(block),
            self._choice(conntrack, {"on": True, "off": False}) if conntrack else None,
        )

    def _interface(self, tree: Tree[Token]) -> Interface:
        block = self._block(tree)
        return Interface(
            self._placed(block.header, words.interface),
            tuple(self._placed(_tokens(part)[0], words.interface_address) for part in block.some("address")),
            self._choice(block.need("role"), {role.value: role for role in InterfaceRole}).value,
        )

    def _realserver(self, tree: Tree[Token]) -> RealServer:
        block = self._block(tree)
        address, *device = _tokens(block.need("host_address"))
        placed = self._placed(address, words.host_address)
        return RealServer(
            self._name(block),
            Placed(placed.value[0], placed.span),
            placed.value[1],
            self._placed(device[0], words.interface).value if device else "eth0",
            self._gateway(block),
            self._allows(block),
            self._policies(block),
        )

    def _gateway(self, block: _Block) -> Placed[IPv4Address] | None:
        found = block.one("gateway")
        return self._placed(_tokens(found)[0], words.address) if found else None

    def _route(self, tree: Tree[Token]) -> Route:
        destination, gateway = _tokens(tree)
        return Route(self._placed(destination, words.network), self._placed(gateway, words.address))

    def _allows(self, block: _Block) -> tuple[Allow, ...]:
        return tuple(self._allow(part) for part in block.all("allow"))

    def _allow(self, tree: Tree[Token]) -> Allow:
        proto, port, *sources = _tokens(tree)
        return Allow(
            _PROTOCOLS[proto],
            self._placed(port, words.port).value,
            tuple(self._placed(source, words.network).value for source in sources),
        )

    def _policies(self, block: _Block) -> Policies:
        given: dict[str, str] = {}
        for part in block.all("policy"):
            *chain, verdict = _tokens(part)
            key = str(chain[0]) if chain else ""
            if key in given:
                raise _RefusedError(f"a second policy for {key or 'all chains'}", self._span(verdict))
            given[key] = verdict.upper()
        rest = given.get("", "DROP")
        return Policies(*(given.get(chain, rest) for chain in ("input", "forward", "output")))

    # ---- services -------------------------------------------------------------------------------------------------

    def _service(self, tree: Tree[Token]) -> Service:
        block = self._block(tree)
        proto, port = _tokens(block.need("listen"))
        scheduler = block.one("scheduler")
        persistent = block.one("persistent")
        one_packet = block.one("one_packet")
        return Service(
            self._name(block),
            self._placed(_tokens(block.need("vip"))[0], words.address),
            _PROTOCOLS[proto],
            self._placed(port, words.port),
            self._choice(block.need("method"), _METHODS),
            tuple(self._destination(part) for statement in block.some("to") for part in _trees(statement)),
            str(_tokens(scheduler)[0]) if scheduler else "wlc",
            self._persistence(persistent) if persistent else None,
            Placed(True, self._span(_tokens(one_packet)[0])) if one_packet else None,
        )

    def _persistence(self, tree: Tree[Token]) -> Persistence:
        timeout, *netmask = _tokens(tree)
        seconds = self._placed(timeout, words.duration).value
        return Persistence(seconds, self._placed(netmask[0], words.netmask).value) if netmask else Persistence(seconds)

    def _destination(self, tree: Tree[Token]) -> Destination:
        target, *weight = _tokens(tree)
        placed = self._placed(target, words.destination)
        name, port = placed.value
        return Destination(
            Placed(name, placed.span),
            None if port is None else Placed(port, placed.span),
            self._placed(weight[0], words.weight).value if weight else 1,
        )

    # ---- values -------------------------------------------------------------------------------------------------

    def _block(self, tree: Tree[Token]) -> _Block:
        return _Block(tree, self._span)

    def _name(self, block: _Block) -> Placed[str]:
        return self._placed(block.header, words.name)

    def _choice(self, tree: Tree[Token], choices: Mapping[str, T]) -> Placed[T]:
        (token,) = _tokens(tree)
        return Placed(choices[token], self._span(token))

    def _placed(self, token: Token, convert: Callable[[str], T]) -> Placed[T]:
        span = self._span(token)
        try:
            return Placed(convert(_plain(token)), span)
        except ValueError as error:
            raise _RefusedError(str(error), span) from error

    def _span(self, token: Token) -> Span:
        line, column = token.line or 1, token.column or 1
        return self._source.span(line, column, column + len(token))

    def _refuse(self, message: str, token: Token) -> None:
        self.problems.append(Problem(UNREADABLE, message, self._span(token)))

    def _try(self, part: Callable[[Part], T], given: Part) -> T | None:
        try:
            return part(given)
        except _RefusedError as refused:
            self.problems.append(refused.problem)
            return None
