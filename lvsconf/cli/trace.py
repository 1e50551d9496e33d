"""`lvsconf trace`: what the kernel does with packets, hook by hook."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lvsconf.cli.support.errors import complain, unknown
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.options import HostRole, Kernel, Language, Paths, Services, StdinFilename

TROUBLE = 2


def command(
    paths: Paths,
    packets: Annotated[Path, typer.Option("--packets", metavar="FILE", help="A JSON list of packets.")],
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json, trace or mermaid.")] = "text",
) -> int:
    """Replay packets in order from empty connection tables, and show each one's path."""
    from lvsconf.cli.support.packets import read_packets
    from lvsconf.kernel.host import Kernel as HostKernel
    from lvsconf.kernel.replay import outcomes, replay
    from lvsconf.report.trace import FORMATS, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    _, listed = read_packets(packets)
    hosts = read(paths, services=service, role=role, kernel=kernel, language=language, stdin_filename=stdin_filename)
    given = hosts.only("trace")
    unreadable = [*hosts.unreadable, *given.unreadable]
    tell_unreadable(unreadable)
    for problem in given.problems:
        span = problem.span
        complain(f"{span.file}:{span.line}:{span.column}: {problem.message}")
    engine = HostKernel(given.host)
    worlds = replay(engine, listed)
    write(layout, listed, outcomes(worlds, len(listed)), [*given.assumed, *engine.assumed], sys.stdout)
    return TROUBLE if unreadable else 0
