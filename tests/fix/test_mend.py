from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from lvsconf.findings import Finding, Result
from lvsconf.fix.mend import differing, mend
from lvsconf.fix.prove import Rerun, prove
from lvsconf.fix.session import Console, Tally, session
from lvsconf.source import Source
from tests.fix import toy


def rerun_of(sources: Mapping[str, Source]) -> Rerun:
    return lambda fresh: toy.lint({**sources, **fresh})


def texts_after(unsafe: bool = False, **texts: str) -> tuple[dict[str, str], int, list[str]]:
    sources = toy.sources(**texts)
    work = mend(toy.lint(sources), rerun_of(sources), unsafe=unsafe)
    after = {**sources, **work.changed}
    reasons = [reason for each in work.refused for reason in each.objections]
    return {name: source.text for name, source in after.items()}, len(work.fixed), reasons


def test_all_at_once() -> None:
    assert texts_after(a="bad bad\nbad\n", b="x bad") == ({"a": "good good\ngood\n", "b": "x good"}, 4, [])


def test_only_safe_ones_unless_asked() -> None:
    assert texts_after(a="bad risky\n") == ({"a": "good risky\n"}, 1, [])
    assert texts_after(a="bad risky\n", unsafe=True) == ({"a": "good good\n"}, 2, [])


def test_a_fix_that_does_not_hold_spoils_no_other() -> None:
    texts, fixed, reasons = texts_after(a="idle bad\nbad\n", b="break\nbad\n")
    assert texts == {"a": "idle good\ngood\n", "b": "break\ngood\n"}
    assert fixed == 3
    assert any("would stay" in reason for reason in reasons)
    assert any("would be unreadable" in reason for reason in reasons)


def test_a_finding_that_changes_its_words_only_is_not_gone() -> None:
    texts, fixed, reasons = texts_after(a="sly\n")
    assert (texts, fixed) == ({"a": "sly\n"}, 0)
    assert reasons


def test_a_rule_that_sees_nothing_any_more_is_no_success() -> None:
    texts, _, reasons = texts_after(a="blind\n")
    assert texts == {"a": "blind\n"}
    assert reasons == ["LVS998 could not be asked any more"]


def test_what_is_gone_and_what_is_new_is_told() -> None:
    sources = toy.sources(a="bad\nhopeless\nbad\n")
    before = toy.lint(sources)
    proof = prove(before, before.findings[:1], rerun_of(sources))
    assert proof.holds
    assert proof.gone == before.findings[:1]
    assert proof.new == ()


def test_differing() -> None:
    sources = toy.sources(a="x", b="y")
    assert list(differing(sources, toy.sources(a="x", b="z"))) == ["b"]


@given(st.lists(st.sampled_from([*toy.FIXES, "fine"]), max_size=12), st.booleans())
def test_mending_ends_brings_nothing_new_and_is_idempotent(words: list[str], unsafe: bool) -> None:
    text = "\n".join(" ".join(words[at : at + 3]) for at in range(0, len(words), 3))
    sources = toy.sources(a=text)
    before = toy.lint(sources)
    work = mend(before, rerun_of(sources), unsafe=unsafe)
    assert len(work.result.findings) == len(before.findings) - len(work.fixed)
    assert not work.result.unreadable
    after = {**sources, **work.changed}
    again = mend(toy.lint(after), rerun_of(after), unsafe=unsafe)
    assert not again.fixed
    assert not differing(after, again.changed)


def play(answers: list[str], **texts: str) -> tuple[Tally, dict[str, str], str]:
    sources = toy.sources(**texts)
    written = {name: source.text for name, source in sources.items()}
    script: Iterator[str] = iter(answers)
    out = io.StringIO()

    def ask(question: str) -> str | None:
        out.write(question)
        return next(script, None)

    def show(finding: Finding, result: Result) -> str:
        return f"{finding.message} of {len(result.findings)}\n"

    def write(changes: Sequence[tuple[Source, Source]]) -> None:
        for before, after in changes:
            assert written[before.name] == before.text
            written[before.name] = after.text

    console = Console(out, ask, show, lambda line: line)
    tally = session(toy.lint(sources), rerun_of(sources), write, console)
    return tally, written, out.getvalue()


def test_session_yes_and_no() -> None:
    tally, written, shown = play(["y", "maybe", "n", "YES"], a="bad\nrisky\nbad\n")
    assert tally == Tally(fixed=2, declined=1, refused=0)
    assert written == {"a": "good\nrisky\ngood\n"}
    assert "-bad\n+good\n" in shown
    assert "unsafe: look at it" in shown
    assert shown.count("Make this change?") == 4


def test_session_quit_keeps_what_was_agreed() -> None:
    assert play(["y", "q"], a="bad\nbad\n")[:2] == (Tally(1, 0, 0), {"a": "good\nbad\n"})


def test_session_without_answers_ends() -> None:
    assert play([], a="bad\n")[:2] == (Tally(0, 0, 0), {"a": "bad\n"})


def test_session_offers_only_what_holds() -> None:
    tally, written, shown = play(["y"], a="idle\n")
    assert tally == Tally(0, 0, 1)
    assert written == {"a": "idle\n"}
    assert "does not hold" in shown
    assert "Make this change?" not in shown
