"""What `lint --fix` and `lint --diff` do with the findings."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from lvsconf.cli.support.errors import CommandError, complain
from lvsconf.cli.support.hosts import Hosts
from lvsconf.findings import Result
from lvsconf.fix.diff import diff
from lvsconf.fix.files import WriteError, write
from lvsconf.fix.mend import Mending, differing, mend
from lvsconf.report.drawing.screen import Look, safe
from lvsconf.source import Source


def make_fixes(hosts: Hosts, chosen: Result, *, unsafe: bool) -> dict[str, Source]:
    """Write what can be mended of the chosen findings; what the files are now."""
    everything, work = _mend(hosts, chosen, unsafe=unsafe)
    changed = differing(everything.sources, work.changed)
    fixed = sorted(changed)
    save([(everything.sources[file], changed[file]) for file in fixed], hosts)
    if work.fixed:
        complain(f"fixed {len(work.fixed)} in {', '.join(fixed)}")
    return changed


def save(changes: Iterable[tuple[Source, Source]], hosts: Hosts) -> None:
    """Write changed files; none if one of them is no file, such as standard input or a part of an archive."""
    changes = tuple(changes)
    for before, _ in changes:
        if before.name not in hosts.writable():
            raise CommandError(f"{before.name} cannot be written; lint --diff shows the change")
    for before, after in changes:
        try:
            write(before, after)
        except WriteError as error:
            raise CommandError(str(error)) from error


def show_fixes(hosts: Hosts, chosen: Result, look: Look, *, unsafe: bool) -> bool:
    """Print what would be written; whether there is anything."""
    everything, work = _mend(hosts, chosen, unsafe=unsafe)
    changed = differing(everything.sources, work.changed)
    for line in diff(everything.sources, changed):
        sys.stdout.write(paint_diff(line, look))
    return bool(changed)


def paint_diff(line: str, look: Look) -> str:
    """A line of a diff in its colour. Only what people look at is made safe: a diff that is piped must stay exact."""
    if not look.colour:
        return line
    shown = safe(line.removesuffix("\n")) + "\n"
    colour = {"+": "added", "-": "removed", "@": "dim"}.get(line[:1])
    return look.paint(shown[:-1], colour) + "\n" if colour else shown


def _mend(hosts: Hosts, chosen: Result, *, unsafe: bool) -> tuple[Result, Mending]:
    codes = {finding.code for finding in chosen.findings}
    everything = hosts.lint()
    work = mend(everything, hosts.rerun(), unsafe=unsafe, wanted=lambda finding: finding.code in codes)
    for refused in work.refused:
        span = refused.finding.span
        complain(
            f"{span.file}:{span.line}: {refused.finding.code} is not fixed, the fix does not hold: "
            f"{'; '.join(refused.objections)}"
        )
    return everything, work
