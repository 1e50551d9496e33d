"""`lvsconf ask`: who reaches a service, and what happens to the rest."""

from __future__ import annotations

import sys
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated

import typer

from lvsconf.cli.support.errors import CommandError, unknown
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.options import HostRole, Kernel, Language, Paths, Services, StdinFilename

if TYPE_CHECKING:
    from lvsconf.model.fields import CtState
    from lvsconf.packets.packet_set import Interval
    from lvsconf.questions.asking import Asked

TROUBLE = 2


def command(
    paths: Paths,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="PROTO:ADDRESS:PORT", help="What they ask for, as in tcp:192.0.2.100:80."),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="NET", help="Only these clients. Can be given several times."),
    ] = None,
    devices: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="DEV", help="Only by this interface. Can be given several times."),
    ] = None,
    through: Annotated[
        str | None,
        typer.Option("--through", metavar="[TABLE:]CHAIN", help="Ask a built-in chain alone, as in FORWARD."),
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="With --through: packets of this ctstate.")
    ] = None,
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """Tell who reaches a service, for all clients there are, and what happens to the rest."""
    from lvsconf.kernel.families import FAMILIES
    from lvsconf.kernel.host import Kernel as HostKernel
    from lvsconf.model.fields import CtState
    from lvsconf.questions.asking import through_chain, who_reaches
    from lvsconf.report.ask import FORMATS, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    if to is None and through is None:
        raise CommandError("--to says whom to ask about, or --through which chain")
    if state and through is None:
        raise CommandError("--state goes with --through: else conntrack gives packets their state")
    asked = _asked(to, sources or [], devices or [])
    states = [_state(word) for word in state or []]
    hosts = read(paths, services=service, role=role, kernel=kernel, language=language, stdin_filename=stdin_filename)
    given = hosts.only("ask")
    unreadable = [*hosts.unreadable, *given.unreadable]
    tell_unreadable(unreadable)
    engine = HostKernel(given.host, merges=True)
    words = _question(to, sources, devices, through, [CtState(each).name for each in states])
    try:
        if through is None:
            answer = who_reaches(engine, asked)
            # Every real server is tried, whichever is picked.
            assumed = (*given.assumed, *(said for said in engine.assumed if said not in engine.about_picks))
        else:
            table, _, chain = through.rpartition(":")
            table = table or "filter"
            tables = engine.net(FAMILIES[asked.family]).tables
            if table not in tables:
                raise CommandError(f"--through {through}: there are no rules of table {table}")
            builtin = [item.name for item in tables[table].chains.values() if item.policy is not None]
            if chain not in builtin:
                raise unknown("chain", chain, builtin)
            answer, assumed = through_chain(engine, asked, table, chain, states), given.assumed
    except MemoryError:
        raise CommandError("the sets of packets of these rules grow too large") from None
    write(layout, words, answer, assumed, sys.stdout)
    return TROUBLE if unreadable else 0


def _question(
    to: str | None, sources: list[str] | None, devices: list[str] | None, through: str | None, states: list[str]
) -> str:
    words = [f"through {through}"] if through else []
    words += [f"to {to}"] if to else []
    for word, values in (("from", sources), ("by", devices), ("state", states)):
        words += [f"{word} {', '.join(values)}"] if values else []
    return ", ".join(words)


def _state(word: str) -> CtState:
    from lvsconf.model.fields import CtState

    if word.upper() not in CtState.__members__:
        raise unknown("state", word, tuple(CtState.__members__))
    return CtState[word.upper()]


def _asked(to: str | None, sources: list[str], devices: list[str]) -> Asked:
    """The options as a question. Raises CommandError."""
    from lvsconf.languages.endpoints import parse_endpoint
    from lvsconf.model.fields import ICMP, ICMPV6, SCTP, TCP, UDP
    from lvsconf.questions.asking import Asked

    protocols = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "icmp": ICMP, "icmpv6": ICMPV6}
    proto = address = port = None
    if to is not None:
        name, _, rest = to.partition(":")
        if name not in protocols:
            raise unknown("protocol", name, tuple(protocols))
        proto = protocols[name]
        try:
            address, port = parse_endpoint(rest, proto)
        except ValueError as error:
            raise CommandError(f"--to {to}: {error}") from error
        ported = proto not in (ICMP, ICMPV6)
        if ported is not (port is not None):
            raise CommandError(f"--to {to}: " + ("a port is needed" if ported else f"{name} has no ports"))
        if proto in (ICMP, ICMPV6):
            proto = ICMP if address.version == 4 else ICMPV6
    networks = [_network(text) for text in sources]
    versions = {version for version, _ in networks} | ({address.version} if address is not None else set())
    if len(versions) > 1:
        raise CommandError("--to and --from are of different families")
    return Asked(
        versions.pop() if versions else 4,
        proto,
        address,
        port,
        sources=tuple(each for _, each in networks),
        devices=tuple(devices),
    )


def _network(text: str) -> tuple[int, Interval]:
    """A network, an address, or a range: its family, first and last address. Raises CommandError."""
    first, dash, last = text.partition("-")
    try:
        if dash:
            low, high = ip_address(first), ip_address(last)
            if low.version != high.version or int(low) > int(high):
                raise ValueError(f"{text!r} is no range of addresses")
            return low.version, (int(low), int(high))
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise CommandError(f"--from {text}: {error}") from error
    return network.version, (int(network.network_address), int(network.broadcast_address))
