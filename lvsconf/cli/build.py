"""`lvsconf build`: the snapshots and scripts of a cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lvsconf.cli.support.errors import CommandError

if TYPE_CHECKING:
    from lvsconf.findings import Problem
    from lvsconf.source import Source

DIFFERENT, REFUSED = 1, 2


def command(
    cluster: Annotated[Path, typer.Argument(metavar="CLUSTER", help="The cluster file, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the hosts' directories go.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when the directory is out of date.")
    ] = False,
) -> int:
    """Build one snapshot for each host of a cluster, with the script that puts it in place.

    A refused cluster file writes nothing.
    """
    # jinja2 and lark take a while, and help doesn't need them
    from lvsconf.compile import build
    from lvsconf.compile.output import OutputError, compare, write

    source = _read(cluster)
    built = build(source)
    if built.problems:
        _tell(built.problems, source)
        return REFUSED
    try:
        if not check:
            write(output, built.files)
            return 0
        differences = compare(output, built.files)
    except OutputError as error:
        raise CommandError(str(error)) from error
    for difference in differences:
        sys.stdout.write(f"{difference.kind}: {output / difference.path}\n")
    return DIFFERENT if differences else 0


def _read(cluster: Path) -> Source:
    from lvsconf.source import Source

    standard = str(cluster) == "-"
    name = "<stdin>" if standard else str(cluster)
    data = sys.stdin.buffer.read() if standard else cluster.read_bytes()
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise CommandError(f"{name}:{line}:{column}: this is not UTF-8: expected text") from error


def _tell(problems: tuple[Problem, ...], source: Source) -> None:
    """Every problem with its place, on stderr: a refused build has no findings, it has no result at all."""
    from lvsconf.cli.support.terminal import look_for
    from lvsconf.report.drawing.excerpt import Mark, excerpt
    from lvsconf.report.drawing.screen import safe

    look = look_for(sys.stderr)
    for problem in problems:
        head = f"{look.paint('error', 'error')}{look.paint(f': {safe(problem.message)}', 'bold')}"
        mark = Mark(problem.span, problem.label, primary=True)
        lines, digits = excerpt([mark], {source.name: source}, look, "error")
        frame = " " * (digits + 1)
        notes = [f"{frame}{look.paint('=', 'frame')} {look.paint('help:', 'bold')} {safe(problem.help)}"]
        sys.stderr.write("\n".join([head, *lines, *(notes if problem.help else [])]) + "\n\n")
    count = len(problems)
    sys.stderr.write(f"{source.name}: refused, {count} problem{'s' if count > 1 else ''}; nothing was written\n")
