"""`ipset restore` takes what lvsconf takes, refuses what it refuses, and `ipset save` prints what `fmt` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.languages.ipset.types import TYPES
from tests.languages.ipset_kernel import Namespace, differences, opened, plan
from tests.languages.ipset_texts import files

RECORDED = Path(__file__).with_name("ipset_recorded.jsonl")
"""What real kernels said to files of all types (see ipset_record.py); the kernel at hand may lack some."""


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    yield from opened()


@pytest.fixture(scope="module")
def types(namespace: Namespace) -> tuple[str, ...]:
    found = namespace.types(tuple(TYPES))
    if not found:
        pytest.skip("the kernel at hand has no sets")
    return found


@pytest.mark.oracle
@given(data=st.data())
@settings(max_examples=200)
def test_restore(namespace: Namespace, types: tuple[str, ...], data: st.DataObject):
    made = plan(data.draw(files(types)))
    assert not list(differences(made, namespace.run(made.steps)))


def test_restore_recorded():
    for line in RECORDED.read_text("utf-8").splitlines()[1:]:
        record = json.loads(line)
        made = plan(record["text"])
        taken = {number: verdict for number, verdict in enumerate(record["taken"], 1) if verdict is not None}
        assert {number: made.verdicts.get(number) for number in taken} == taken, record["text"]
        answers = [(0 if verdict else 1, "", "") for verdict, _ in made.wanted]
        assert not list(differences(made, [*answers, (0, record["saved"], "")])), record["text"]
