"""`lvsconf lint`: what is wrong, why, and how to mend it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from lvsconf.cli.support.config import with_statements
from lvsconf.cli.support.errors import CommandError, unknown
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.options import (
    Colour,
    Config,
    HostRole,
    Kernel,
    Language,
    NoConfig,
    Paths,
    Services,
    StdinFilename,
    When,
)
from lvsconf.cli.support.selection import selection
from lvsconf.cli.support.terminal import look_for
from lvsconf.findings import Result, Severity
from lvsconf.report import formats, writer
from lvsconf.report.drawing.screen import Look
from lvsconf.report.drawing.statistics import write_json, write_table

CLEAN, FOUND, TROUBLE = 0, 1, 2


def command(
    paths: Paths,
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
    config: Config = None,
    no_config: NoConfig = False,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, concise or json.")] = "text",
    output_file: Annotated[
        str | None, typer.Option("--output-file", metavar="FILE", help="Write the report there.")
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Only these rules: codes or their beginnings, as in LVS3.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="All but these rules.")] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="The mildest severity that makes the exit code 1.")
    ] = Severity.WARNING,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe fixes, as far as they can be proven.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: also those that change what the rules do.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what --fix would change; 1 when there is something.")] = (
        False
    ),
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Findings do not make the exit code 1.")] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings of each rule instead.")] = False,
    color: Colour = When.AUTO,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Findings only.")] = False,
) -> int:
    """Find faults in directors, real servers and the rules around them."""
    write = writer(layout)
    if write is None:
        raise unknown("format", layout, formats())
    if unsafe_fixes and not (fix or diff):
        raise CommandError("--unsafe-fixes goes with --fix or --diff")
    chosen, left_out = selection(select), selection(ignore)
    hosts = read(paths, services=service, role=role, kernel=kernel, language=language, stdin_filename=stdin_filename)
    hosts = with_statements(hosts, config, no_config=no_config)
    result = hosts.lint(chosen, left_out)
    tell_unreadable(result.unreadable)
    look = look_for(sys.stdout, color, quiet=quiet)
    if diff:
        from lvsconf.cli.support.mending import show_fixes

        changes = show_fixes(hosts, result, look, unsafe=unsafe_fixes)
        return TROUBLE if result.unreadable else FOUND if changes else CLEAN
    if fix:
        from lvsconf.cli.support.mending import make_fixes

        made = make_fixes(hosts, result, unsafe=unsafe_fixes)
        result = hosts.lint(chosen, left_out, made)
    if statistics:
        write = write_json if layout == "json" else write_table
    if output_file is None:
        write(result, sys.stdout, look)
    else:
        text = io.StringIO()
        write(result, text, Look(quiet=quiet))
        Path(output_file).write_text(text.getvalue(), encoding="utf-8", errors="backslashreplace")
    return exit_code(result, fail_on, exit_zero=exit_zero)


def exit_code(result: Result, fail_on: Severity, *, exit_zero: bool) -> int:
    """2 when something gave nothing at all, whatever else was found; 1 for findings that are severe enough."""
    if result.unreadable:
        return TROUBLE
    severe = any(finding.severity.rank >= fail_on.rank for finding in result.findings)
    return FOUND if severe and not exit_zero else CLEAN
