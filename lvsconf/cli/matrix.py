"""`lvsconf matrix`: which addresses may open a connection to which through a chain."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lvsconf.cli.support.errors import CommandError, unknown
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.options import HostRole, Kernel, Language, Paths, Services, StdinFilename

TROUBLE = 2


def command(
    paths: Paths,
    port: Annotated[str, typer.Option("--port", metavar="PROTO/PORT", help="The service, as in tcp/22.")],
    chain: Annotated[str, typer.Option("--chain", help="A built-in chain of the filter table.")] = "FORWARD",
    upper: Annotated[
        bool, typer.Option("--upper", help="Let every rule decide anew what is not known, whichever way lets pass.")
    ] = False,
    family: Annotated[
        int | None, typer.Option("--family", metavar="4|6", help="IPv4 or IPv6, if there is both.")
    ] = None,
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json, dot or svg.")] = "text",
) -> int:
    """Show classes of addresses that behave alike, and which may open a connection to which.

    The packet is the first of a connection, from port 10000; its interfaces are not known.
    """
    from lvsconf.extensions.ports import port as port_number
    from lvsconf.kernel.families import FAMILIES
    from lvsconf.kernel.host import Kernel as HostKernel
    from lvsconf.questions.matrix import PORTED, matrix
    from lvsconf.report.matrix import FORMATS, Question, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    name, slash, number = port.partition("/")
    if not slash or name not in PORTED:
        raise CommandError(f"--port {port}: a protocol and a port are needed, as in tcp/22 ({', '.join(PORTED)})")
    try:
        asked = Question(chain, PORTED[name], name, port_number(number), upper)
    except ValueError as error:
        raise CommandError(f"--port {port}: {error}") from error
    hosts = read(paths, services=service, role=role, kernel=kernel, language=language, stdin_filename=stdin_filename)
    given = hosts.only("matrix")
    host = given.host
    unreadable = [*hosts.unreadable, *given.unreadable]
    tell_unreadable(unreadable)
    there = [version for version in (4, 6) if version in host.rules and "filter" in host.rules[version].tables]
    chosen = family if family is not None else there[0] if there else 4
    if chosen not in there:
        raise CommandError("there are no rules of the filter table" + (f" for IPv{family}" if family else ""))
    table = HostKernel(host).net(FAMILIES[chosen]).tables["filter"]
    builtin = [item.name for item in table.chains.values() if item.policy is not None]
    if chain not in builtin:
        raise unknown("chain", chain, builtin)
    try:
        found = matrix(table, chosen, chain, asked.proto, asked.port, upper=upper)
    except MemoryError:
        raise CommandError("the sets of addresses of these rules grow too large") from None
    write(layout, asked, found, sys.stdout)
    return TROUBLE if unreadable else 0
