"""`lvsconf fmt`: each line as its own tool would print it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lvsconf import snapshot
from lvsconf.cli.support.errors import CommandError, complain, unknown
from lvsconf.cli.support.options import Colour, Language, StdinFilename, When
from lvsconf.cli.support.terminal import look_for
from lvsconf.gathering import STDIN, STDIN_NAME
from lvsconf.languages import recognise
from lvsconf.languages.formatting import can_format, format_source
from lvsconf.report.drawing.screen import safe
from lvsconf.source import Source

CLEAN, DIFFERENT, TROUBLE = 0, 1, 2


def command(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, or - for standard input.")],
    language: Language = None,
    stdin_filename: StdinFilename = None,
    check: Annotated[bool, typer.Option("--check", help="Only name the files that would change; 1 if any.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what would change; 1 if anything.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", "-i", help="Write the files.")] = False,
    color: Colour = When.AUTO,
) -> int:
    """Print files with each line as its own tool prints it. Nothing is reordered, added or removed.

    A line that cannot be read stays as it is.
    """
    if in_place and (check or diff):
        raise CommandError("--in-place does not go with --check or --diff")
    if in_place and STDIN in files:
        raise CommandError("standard input cannot be written in place")
    sources, readable = _read(files, language, stdin_filename)
    formatted = [Source(source.name, format_source(source, kind)) for source, kind in sources]
    changed = [
        (before, after) for (before, _), after in zip(sources, formatted, strict=True) if before.text != after.text
    ]
    if in_place:
        _write(changed)
    elif diff:
        _show_diff(changed, color)
    elif check:
        for before, _ in changed:
            sys.stdout.write(f"{safe(before.name)} would change\n")
    else:
        for after in formatted:
            sys.stdout.write(after.text)
    if not readable:
        return TROUBLE
    return DIFFERENT if changed and (check or diff) else CLEAN


def _read(
    files: Sequence[str], language: str | None, stdin_filename: str | None
) -> tuple[list[tuple[Source, recognise.Kind]], bool]:
    """The files with what they are, and whether all of them could be read."""
    stated = recognise.LANGUAGES.get(language) if language else None
    if language and stated is None:
        raise unknown("language", language, recognise.LANGUAGES)
    sources: list[tuple[Source, recognise.Kind]] = []
    readable = True
    for file in files:
        groups, unreadable = snapshot.gather([file], stdin=sys.stdin.buffer, stdin_filename=stdin_filename)
        name = (stdin_filename or STDIN_NAME) if file == STDIN else file
        for group in groups:
            if group.named != {name}:
                raise CommandError(f"{file} is not a file")
            kind = stated or recognise.kind_of(name, group.sources[0].text)
            if not _plainly(kind, name, group.sources[0].text):
                unreadable += snapshot.assemble(group, language=language).unreadable
            if kind is None or unreadable:
                continue
            if not can_format(kind):
                raise CommandError(f"{name}: fmt is for lines of rules and settings, not for {kind.expects}")
            sources.append((group.sources[0], kind))
        for each in unreadable:
            complain(f"{each.file}:{each.line}:{each.column}: {each.message}")
        readable = readable and not unreadable
    return sources, readable


def _plainly(kind: recognise.Kind | None, name: str, text: str) -> bool:
    """Whether the content says what the name or the user says; otherwise it takes a reader to see what is there."""
    found = recognise.kind_by_content(name, text)
    return kind is not None and found is not None and found.expects == kind.expects


def _write(changed: Sequence[tuple[Source, Source]]) -> None:
    from lvsconf.fix.files import WriteError, write

    for before, after in changed:
        try:
            write(before, after)
        except WriteError as error:
            raise CommandError(str(error)) from error


def _show_diff(changed: Sequence[tuple[Source, Source]], color: When) -> None:
    from lvsconf.cli.support.mending import paint_diff
    from lvsconf.fix.diff import diff

    look = look_for(sys.stdout, color)
    old, new = {before.name: before for before, _ in changed}, {after.name: after for _, after in changed}
    for line in diff(old, new):
        sys.stdout.write(paint_diff(line, look))
