"""Each line as `ipset save` prints it, in the order read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lvsconf.languages.ipset import numbers
from lvsconf.languages.ipset.create import show_header
from lvsconf.languages.ipset.elements import show_key
from lvsconf.languages.ipset.reader import Line, Reader
from lvsconf.source import Source


def format_source(source: Source) -> str:
    """The text with each line as the tool prints it; a line that can't be read, or is refused, stays."""
    pieces = source.text.split("\n")
    reader = Reader(source)
    for index in range(len(source.lines)):
        line, _ = reader.line(index + 1)
        printed = None if line is None else " ".join(_words(line))
        if printed:
            pieces[index] = printed
    return "\n".join(pieces)


def _words(line: Line) -> Iterator[str]:
    command = line.command
    if command.name in ("list", "save") or (line.header is None and command.name in ("create", "add", "del")):
        return
    # A range becomes several elements, one line each: no single line is what `ipset save` prints.
    if line.written is not None and line.written.total != 1:
        return
    # `ipset save` has no use for it, but without it the line would be refused, or those below.
    if command.exist:
        yield "-exist"
    yield command.name
    if line.header is not None and line.written is None:
        yield _quoted(command.words[0].text)
        yield from show_header(line.header)
    elif line.header is not None and line.written is not None:
        yield _quoted(command.words[0].text)
        yield _quoted(show_key(line.header, next(line.written.elements())))
        yield from element_options(line)
    else:
        yield from (_quoted(word.text) for word in command.words)


def element_options(line: Line) -> Iterator[str]:
    """In the order of the set's type; what the kernel fills in by itself is printed as well."""
    if line.header is None:
        return
    values = dict(line.given or {})
    if line.command.name == "add":
        if "timeout" in line.header.values:
            values.setdefault("timeout", line.header.values["timeout"])
        if "counters" in line.header.values:
            values.setdefault("packets", 0)
            values.setdefault("bytes", 0)
    for name in line.header.type.add:
        option = numbers.ADD[name]
        if name in values and (option.flag or option.shown(values[name])):
            yield name
            if not option.flag:
                yield option.show(values[name])


def _quoted(text: str) -> str:
    """A word with blanks keeps its quotes, which `ipset save` would forget."""
    return f'"{text}"' if re.search(r"[ \t\r]", text) else text
