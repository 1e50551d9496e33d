"""`ipset restore` takes what lvsconf takes, refuses what it refuses, and `ipset save` prints what `fmt` prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.languages.ipset.create import show_header
from lvsconf.languages.ipset.elements import show_key
from lvsconf.languages.ipset.format import element_options, format_source
from lvsconf.languages.ipset.reader import Line, Reader
from lvsconf.languages.ipset.types import TYPES
from lvsconf.source import Source
from tests.languages.ipset_kernel import Namespace
from tests.languages.ipset_texts import files

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    import shutil

    if shutil.which("ipset", path="/usr/sbin:/sbin:/usr/bin:/bin") is None or shutil.which("unshare") is None:
        pytest.skip("ipset or unshare is not installed")
    made = Namespace()
    try:
        made.run([])
    except OSError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture(scope="module")
def types(namespace: Namespace) -> tuple[str, ...]:
    found = namespace.types(tuple(TYPES))
    if not found:
        pytest.skip("the kernel at hand has no sets")
    return found


@given(data=st.data())
@settings(max_examples=200)
def test_restore(namespace: Namespace, types: tuple[str, ...], data: st.DataObject):
    text = data.draw(files(types))
    assert not list(differences(namespace, text))


def differences(namespace: Namespace, text: str) -> Iterator[str]:
    """What ipset does otherwise than lvsconf says."""
    source = Source("ipset.rules", text)
    reader = Reader(source)
    verdicts = []
    done: dict[int, Line] = {}
    exist, whole = False, True
    lost: set[str] = set()
    for number, line in enumerate(source.lines, 1):
        # What a set holds is not known after a line on it that could not be read: then nothing can be compared.
        lost |= {name for name, opened in reader.sets.sets.items() if not opened.whole}
        read, problem = reader.line(number)
        if read is not None:
            done[number] = read
        lost |= {
            name for name, opened in reader.sets.sets.items() if not opened.whole and opened.header and problem is None
        }
        known = lost.isdisjoint(re.split(r"[ ,]", line))
        whole = whole and (known or problem is not None)
        if known:
            verdicts.append((problem is None, exist, line))
        exist = reader.sets.exist
    # Lines that are taken go in one load, each that is refused in one of its own.
    steps: list[tuple[list[str], str]] = [(["flush"], ""), (["destroy"], "")]
    wanted: list[tuple[bool, str]] = [(True, ""), (True, "")]
    for (taken, already), group in groupby(verdicts, lambda each: (each[0], each[1])):
        options = ["-exist", "restore"] if already else ["restore"]
        chunk = [line for *_, line in group]
        for lines in [chunk] if taken else [[line] for line in chunk]:
            steps.append((options, "\n".join(lines) + "\n"))
            wanted.append((taken, "\n".join(lines)))
    *loaded, (_, saved, _) = namespace.run([*steps, (["save"], "")])
    for (code, _, error), (taken, lines) in zip(loaded, wanted, strict=True):
        if (code == 0) is not taken:
            yield f"{'refused' if taken else 'taken'}: {lines}\n{error}"
    if tidy(saved) != tidy(format_source(Source("f", saved))):
        yield f"fmt changes what is saved: {saved}"
    whole = whole and all(opened.whole for opened in reader.sets.sets.values())
    if whole and tidy(saved) != tidy(state(reader, done)):
        yield f"saved: {tidy(saved)}\nsaid: {tidy(state(reader, done))}"


def state(reader: Reader, done: dict[int, Line]) -> str:
    """The sets as `ipset save` would print them."""
    lines = []
    for name, opened in reader.sets.sets.items():
        assert opened.header is not None
        lines.append(" ".join(["create", name, *show_header(opened.header)]))
        for each in opened.elements.values():
            options = element_options(done[each.line])
            lines.append(" ".join(["add", name, show_key(opened.header, each.parts), *options]))
    return "\n".join(lines)


def tidy(saved: str) -> list[str]:
    """Lines in order, without what the kernel draws, counts and forgets."""
    lines = []
    for line in saved.splitlines():
        known = re.sub(r" initval \S+| forceadd| (?:before|after) \w+", "", line)
        lines.append(re.sub(r"(?<= timeout )(999\d{3}|21474[78]\d)(?= |$)", lambda found: RUNNING[found[1][0]], known))
    return sorted(lines)


RUNNING = {"9": "1000000", "2": "2147483"}
"""A second may have gone by since the element was added."""
