"""Findings for people: the place, the proof and the way out of each, and what could not be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TextIO

from lvsconf.findings import KERNEL_DEFAULT, Applicability, Certainty, Finding, Result, Witness
from lvsconf.report.drawing.excerpt import Mark, excerpt
from lvsconf.report.drawing.packet import describe
from lvsconf.report.drawing.screen import Look, safe, width, wrap
from lvsconf.report.drawing.tally import summary_line
from lvsconf.source import Source

UNKNOWN = "unknown:"
"""How an assumption begins that is none: nothing is known, so every way was tried or none could be."""

_NOTE_COLUMN = 8  # as wide as `packet: `, so that what follows stands in one column


def write_findings(result: Result, out: TextIO, look: Look) -> None:
    """The report of `lvsconf lint`."""
    for finding in result.findings:
        out.write("\n".join(finding_lines(finding, result.sources, look)) + "\n\n")
    if look.quiet:
        return
    for line in remarks(result, look):
        out.write(line + "\n")
    out.write(summary_line(result) + "\n")


def finding_lines(finding: Finding, sources: Mapping[str, Source], look: Look) -> list[str]:
    """One finding: headline, excerpt, notes."""
    colour = finding.severity.value
    head = look.paint(f"{finding.severity.value}[{finding.code}]", colour)
    lines = [head + look.paint(f": {safe(finding.message)}", "bold")]
    marks = [Mark(finding.span, finding.label, primary=True)]
    marks += [Mark(label.span, label.text) for label in finding.labels]
    shown, digits = excerpt(marks, sources, look, colour)
    frame = " " * (digits + 1)
    lines += [*shown, look.paint(f"{frame}|", "frame")]
    for name, words in _notes(finding, look.width - digits - 3 - _NOTE_COLUMN):
        first, *rest = words
        sign, title = look.paint("=", "frame"), look.paint(f"{name}:", "bold")
        lines.append(f"{frame}{sign} {title}{' ' * max(_NOTE_COLUMN - len(name) - 1, 1)}{first}")
        lines += [f"{frame}  {' ' * _NOTE_COLUMN}{line}" for line in rest]
    return lines


def _notes(finding: Finding, columns: int) -> Iterator[tuple[str, list[str]]]:
    """What stands below the excerpt: a name and its lines each."""
    if finding.witness is not None:
        yield from _proof(finding.witness, columns)
    if finding.certainty is Certainty.POSSIBLE:
        assumes = f": assumes {', '.join(finding.assumes)}" if finding.assumes else ""
        yield "note", wrap(safe(f"possible{assumes}"), columns)
    if finding.help:
        yield "help", wrap(safe(finding.help), columns)
    if finding.fix is not None:
        option = "--fix" if finding.fix.applicability is Applicability.SAFE else "--fix --unsafe-fixes"
        yield "fix", wrap(safe(f"{finding.fix.title} ({option})"), columns)
    yield "help", [f"lvsconf explain {finding.code}"]


def _proof(witness: Witness, columns: int) -> Iterator[tuple[str, list[str]]]:
    packets = [describe(packet) for packet in witness.packets]
    if len(packets) == 1:
        yield "packet", wrap(safe(packets[0]), columns)
    elif packets:
        marked = [
            f"{number}. {text}{' (this one)' if number == witness.at + 1 else ''}"
            for number, text in enumerate(packets, 1)
        ]
        yield "packet", [line for text in marked for line in wrap(safe(text), columns)]
    steps = [safe(step) for step in witness.path]
    if steps:
        together = ", ".join(steps)
        fits = width(together) <= columns
        yield "path", [together] if fits else [line for step in steps for line in wrap(step, columns)]
    if witness.trace:
        # Never wrapped: these are compared with the log of a live director.
        yield "trace", [safe(line) for line in witness.trace]


def _remark(words: str, look: Look) -> Iterator[str]:
    """An assumption, or what is unknown; its further lines stand below its words."""
    title = UNKNOWN if words.startswith(UNKNOWN) else "assumed:"
    first, *rest = wrap(safe(words.removeprefix(UNKNOWN)).lstrip(), look.width - len(title) - 1)
    yield f"{look.paint(title, 'bold')} {first}"
    yield from (f"{' ' * len(title)} {line}" for line in rest)


def remarks(result: Result, look: Look) -> Iterator[str]:
    """What the findings rest on and what they leave out: assumptions, ignored files, rules that were not asked."""
    told = [words for words in result.assumed if words not in result.minor]
    defaults = [words.removesuffix(KERNEL_DEFAULT).replace(" ", "") for words in told if words.endswith(KERNEL_DEFAULT)]
    if len(defaults) > 1:
        # Those of a short sysctl file would fill the screen, one on each line.
        told = [words for words in told if not words.endswith(KERNEL_DEFAULT)]
        yield from _remark(f"the kernel's defaults {', '.join(defaults)}", look)
    for words in told:
        yield from _remark(words, look)
    for file in result.ignored:
        yield f"{look.paint('ignored:', 'bold')} {safe(file)}"
    by_needs = sorted(result.skipped, key=lambda each: (each.needs, each.code))
    for needs, group in groupby(by_needs, key=lambda each: each.needs):
        codes = ", ".join(dict.fromkeys(each.code for each in group))
        yield f"{look.paint('skipped:', 'bold')} {codes} (need {safe(', '.join(needs))})"
