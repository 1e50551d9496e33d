"""What holds for every reader, whatever the text."""

from __future__ import annotations

from lvsconf.languages import formatting, recognise
from lvsconf.snapshot import Group, assemble
from lvsconf.source import Source


def check_reading(language: str, text: str) -> None:
    """No exception, places inside the file, and `fmt` that keeps the lines and changes nothing the second time."""
    source = Source("f", text)
    found = assemble(Group("h", (source,), named=frozenset({"f"})), language=language)
    for problem in found.problems:
        assert 1 <= problem.span.line <= max(len(source.lines), 1), problem
        assert problem.span.column >= 1, problem
        assert (problem.span.end_line, problem.span.end_column) >= (problem.span.line, problem.span.column), problem
    kind = recognise.LANGUAGES[language]
    if formatting.can_format(kind):
        printed = formatting.format_source(source, kind)
        # iptables-restore knows no COMMIT at the end of a file without a newline: fmt adds that, and no line.
        ended = printed.endswith("COMMIT\n") and not text.endswith("\n")
        assert printed.count("\n") == text.count("\n") + ended
        assert formatting.format_source(Source("f", printed), kind) == printed
