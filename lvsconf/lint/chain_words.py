"""From what is known of a chain's rules to a finding: places, words, the fix."""

from __future__ import annotations

from collections.abc import Sequence

from lvsconf.findings import Applicability, Edit, Finding, Fix, Label, Severity, Witness
from lvsconf.lint import registry
from lvsconf.lint.context import Context
from lvsconf.questions.chain_sets import Link
from lvsconf.source import Span

LABELS = 6
"""So many other places are shown with a finding."""


def place(link: Link) -> Span | None:
    """Where a rule stands."""
    return link.rule.rule.span if link.rule.rule is not None else None


def lines(links: Sequence[Link]) -> str:
    """`line 3`, `lines 3 and 5`, `lines 3, 5, 7 and 4 more`."""
    numbers = [str(span.line) for span in map(place, links) if span is not None]
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) > LABELS:
        numbers[LABELS:] = [f"{len(numbers) - LABELS} more"]
    return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"


def labels(links: Sequence[Link], text: str) -> tuple[Label, ...]:
    """The same words at each of the first few rules; `{verdict}` stands for what the rule does."""
    spans = [(link, place(link)) for link in links[:LABELS]]
    return tuple(Label(span, text.format(verdict=verdict(link))) for link, span in spans if span is not None)


def verdict(link: Link) -> str:
    """What a rule does with the packets it takes, in a word or two."""
    if link.deed.end:
        rule = link.rule.rule
        return rule.target.module if rule is not None and rule.target is not None else link.deed.end
    if link.deed.called is not None:
        return f"goes to {link.deed.called}"
    return "RETURN" if link.deed.returns else "goes on"


def finding(
    code: str,
    span: Span,
    *,
    words: dict[str, object],
    label: str = "",
    labels: tuple[Label, ...] = (),
    severity: Severity | None = None,
    witness: Witness | None = None,
    fix: Fix | None = None,
    help: str = "",  # noqa: A002 - the field's name
) -> Finding:
    """A finding about a chain: proven, whatever is unknown of the host."""
    rule = registry.rule(code)
    return Finding(
        code=code,
        slug=rule.slug,
        severity=severity or rule.severity,
        certainty=rule.certainty,
        message=rule.message(**words),
        span=span,
        label=label,
        labels=labels,
        witness=witness,
        fix=fix,
        help=help,
    )


def deleted(ctx: Context, link: Link) -> Fix | None:
    """Delete the line of a rule, where it has one to itself."""
    span = place(link)
    source = ctx.sources.get(span.file) if span is not None else None
    if span is None or source is None or span.line != span.end_line:
        return None
    text = source.lines[span.line - 1].lstrip()
    if not text.startswith(("-A ", "[")):
        return None
    whole = Span(span.file, span.line, 1, span.line + 1, 1)
    return Fix("delete the rule", Applicability.UNSAFE, (Edit(whole, ""),))
