"""The Call-ID of a SIP message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel.call_id import LONGEST, call_id

WORD = st.text("abcXYZ019-.!%*_+`'~()<>:\\/[]?{}\"", min_size=1, max_size=100)
HEADERS = st.lists(st.sampled_from(["Via: x", "To: y", "Invite: i", "a"]), max_size=4)


@given(
    WORD, st.none() | WORD, HEADERS, st.sampled_from(["Call-ID", "call-id", "i", "I"]), st.sampled_from([":", " : "])
)
def test_it_is_found_wherever_it_stands(
    word: str, domain: str | None, before: list[str], name: str, colon: str
) -> None:
    value = word if domain is None else f"{word}@{domain}"
    lines = ["INVITE sip:x SIP/2.0", *before, f"{name}{colon}{value}", "From: z", "", ""]
    for end in ("\r\n", "\n", "\r"):
        assert call_id(end.join(lines).encode()) == value.encode()


@pytest.mark.parametrize("size", [1, LONGEST, LONGEST + 1])
def test_it_must_not_be_too_long(size: int) -> None:
    assert call_id(b"x\r\ni:" + b"a" * size + b"\r\n") == (b"a" * size if size <= LONGEST else None)


@given(st.binary(max_size=60) | st.text("\r\n: icall-d@", max_size=40).map(str.encode))
def test_any_payload_can_be_read(said: bytes) -> None:
    found = call_id(said)
    assert found is None or found in said


def test_an_empty_line_of_one_octet_hides_the_line_after_it() -> None:
    assert call_id(b"x\n\ni: one\n") is None
    assert call_id(b"x\r\n\r\ni: one\r\n") == b"one"
