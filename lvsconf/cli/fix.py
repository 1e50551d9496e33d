"""`lvsconf fix`: mend one finding at a time."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lvsconf.cli.support.config import with_statements
from lvsconf.cli.support.errors import CommandError
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.mending import paint_diff, save
from lvsconf.cli.support.options import Colour, Config, HostRole, Kernel, Language, NoConfig, Services, When
from lvsconf.cli.support.selection import selection
from lvsconf.cli.support.terminal import look_for
from lvsconf.findings import Finding, Result
from lvsconf.fix.session import Console, session
from lvsconf.report.text import finding_lines


def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files or directories, as for lint.")],
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    config: Config = None,
    no_config: NoConfig = False,
    select: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these rules.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="All but these rules.")] = None,
    color: Colour = When.AUTO,
) -> int:
    """Go through the findings that can be fixed, and ask for each."""
    if "-" in paths:
        raise CommandError("the answers come from standard input, so the files cannot")
    hosts = read(paths, services=service, role=role, kernel=kernel, language=language)
    hosts = with_statements(hosts, config, no_config=no_config)
    chosen = hosts.lint(selection(select), selection(ignore))
    tell_unreadable(chosen.unreadable)
    codes = {finding.code for finding in chosen.findings}
    look = look_for(sys.stdout, color)

    def show(finding: Finding, result: Result) -> str:
        return "\n".join(finding_lines(finding, result.sources, look)) + "\n\n"

    console = Console(sys.stdout, _ask, show, lambda line: paint_diff(line, look))
    tally = session(
        hosts.lint(),
        hosts.rerun(),
        lambda changes: save(changes, hosts),
        console,
        lambda finding: finding.code in codes,
    )
    sys.stdout.write(f"{tally.fixed} fixed, {tally.declined} declined, {tally.refused} without a fix that holds.\n")
    return 2 if chosen.unreadable else 0


def _ask(question: str) -> str | None:
    sys.stdout.write(question)
    sys.stdout.flush()
    answer = sys.stdin.readline()
    return answer or None
