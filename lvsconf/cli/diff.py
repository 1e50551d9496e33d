"""`lvsconf diff`: whose packets fare otherwise under a new configuration than under the old one."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from lvsconf.cli.support.errors import unknown
from lvsconf.cli.support.hosts import tell_unreadable
from lvsconf.cli.support.options import HostRole, Kernel, Language, Services

DIFFERENT, TROUBLE = 1, 2

Old = Annotated[
    str, typer.Argument(metavar="OLD", help="The configuration as it was: a file, a directory, a cluster file.")
]
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
    from lvsconf.cli.support.sides import pairs, side
    from lvsconf.kernel.host import Kernel as HostKernel
    from lvsconf.questions.differences import Difference, differences
    from lvsconf.report.diff import FORMATS, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    before, after = (side(path, service, role, kernel, language) for path in (old, new))
    unreadable = [*before.unreadable, *after.unreadable]
    tell_unreadable(unreadable)
    both, lonely = pairs(before, after)
    found: list[Difference] = []
    notes: list[str] = []
    for name, one, other in both:
        lead = f"{name}: " if name else ""
        mine: list[str] = []
        kernels = [HostKernel(host, merges=True) for host in (one, other)]
        found += [replace(each, place=lead + each.place) for each in differences(kernels[0], kernels[1], mine)]
        notes += [lead + note for note in mine]
    write(layout, found, lonely, notes, sys.stdout)
    return TROUBLE if unreadable else DIFFERENT if found or lonely else 0
