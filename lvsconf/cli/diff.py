"""`lvsconf diff`: whose packets fare otherwise under a new configuration than under the old one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lvsconf.cli.support.errors import CommandError, unknown
from lvsconf.cli.support.hosts import read, tell_unreadable
from lvsconf.cli.support.options import HostRole, Kernel, Language, Services

DIFFERENT, TROUBLE = 1, 2

Old = Annotated[str, typer.Argument(metavar="OLD", help="The configuration as it was: a file, or a directory.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The configuration as it is to be.")]


def command(
    old: Old,
    new: New,
    service: Services = None,
    role: HostRole = None,
    kernel: Kernel = None,
    language: Language = None,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")] = "text",
) -> int:
    """Show whose packets fare otherwise under NEW than under OLD, for all packets there are."""
    from lvsconf.kernel.host import Kernel as HostKernel
    from lvsconf.questions.differences import differences
    from lvsconf.report.diff import FORMATS, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    kernels: list[HostKernel] = []
    unreadable = []
    for path in (old, new):
        hosts = read([path], services=service, role=role, kernel=kernel, language=language)
        given = hosts.only("diff")
        unreadable += [*hosts.unreadable, *given.unreadable]
        kernels.append(HostKernel(given.host, merges=True))
    tell_unreadable(unreadable)
    try:
        notes: list[str] = []
        found = list(differences(kernels[0], kernels[1], notes))
    except MemoryError:
        raise CommandError("the sets of packets of these rules grow too large") from None
    write(layout, found, notes, sys.stdout)
    return TROUBLE if unreadable else DIFFERENT if found else 0
