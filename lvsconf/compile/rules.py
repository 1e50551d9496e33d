"""iptables rules as the compiler writes them, in the words and the order of `iptables-save`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lvsconf.compile.quoting import Word, plain
from lvsconf.compile.templates import render
from lvsconf.model.netfilter import BUILT_IN

ICMP, IPENCAP, TCP, UDP = 1, 4, 6, 17

_PROTOCOLS = {ICMP: "icmp", IPENCAP: "ipencap", TCP: "tcp", UDP: "udp"}
"""As iptables-save prints them, by /etc/protocols."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; what is None is not asked. `flags` and `no_flags` are tcp's mask and the flags set in it."""

    chain: str
    verdict: str = "ACCEPT"
    source: IPv4Address | IPv4Network | None = None
    destination: IPv4Address | IPv4Network | None = None
    iif: str | None = None
    oif: str | None = None
    proto: int | None = None
    sport: int | None = None
    dport: int | None = None
    flags: str | None = None
    no_flags: str | None = None
    icmp_type: int | None = None
    states: str | None = None
    mss: int | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """The rule after `-A`."""
        return tuple(plain(word) for word in self._text().split())

    def _text(self) -> str:
        head = [self.chain, *(f"{option} {value}" for option, value in self._head() if value is not None)]
        own = [f"{option} {value}" for option, value in self._own() if value is not None]
        if own:
            # a protocol's own options come in its module, which iptables-save names
            head.append(f"-m {_PROTOCOLS[self.proto or 0]}")
        states = [f"-m conntrack --ctstate {self.states}"] if self.states else []
        target = [f"-j {self.verdict}", *([f"--set-mss {self.mss}"] if self.mss else [])]
        return " ".join([*head, *own, *states, *target])

    def _head(self) -> tuple[tuple[str, str | None], ...]:
        return (
            ("-s", _network(self.source)),
            ("-d", _network(self.destination)),
            ("-i", self.iif),
            ("-o", self.oif),
            ("-p", None if self.proto is None else _PROTOCOLS[self.proto]),
        )

    def _own(self) -> tuple[tuple[str, object], ...]:
        return (
            ("--sport", self.sport),
            ("--dport", self.dport),
            ("--tcp-flags", self.flags),
            ("! --tcp-flags", self.no_flags),
            ("--icmp-type", self.icmp_type),
        )


def _network(address: IPv4Address | IPv4Network | None) -> str | None:
    """As iptables-save prints it: always with a length, and not at all when it takes every address."""
    if address is None:
        return None
    network = IPv4Network(address)
    return str(network) if network.prefixlen else None


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the policies of its built-in chains and its rules."""

    name: str
    policies: dict[str, str]
    rules: tuple[Rule, ...]

    @property
    def word(self) -> Word:
        """Its name."""
        return plain(self.name)

    @property
    def chains(self) -> tuple[tuple[Word, Word], ...]:
        """The built-in chains and their policies, in the kernel's order."""
        return tuple((plain(chain), plain(self.policies.get(chain, "ACCEPT"))) for chain in BUILT_IN[self.name])


def restore_file(tables: Iterable[Table]) -> str:
    """The text that `iptables-restore` reads."""
    return render("iptables.rules.j2", tables=tuple(tables))
