"""`-m u32`: numbers that are picked out of the packet by a small calculation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lvsconf.extensions.codecs import Text, number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import BytesQuestion, Octets

_TOP = 0xFFFFFFFF
_BITS = 32
_LIMIT = 10
"""Tests in a match, steps of a location, ranges of a test: at most so many of each."""

_NUMBER = r"\s*(\+?(?:0[xX][0-9A-Fa-f]+|0[0-7]*(?![0-9])|[1-9][0-9]*))"
_START = re.compile(_NUMBER, re.ASCII)
_STEP = re.compile(r"\s*(&|<<|>>|@)" + _NUMBER, re.ASCII)
_EQUALS = re.compile(r"\s*=", re.ASCII)
_RANGE = re.compile(_NUMBER + r"(?:\s*:" + _NUMBER + r")?", re.ASCII)
_COMMA = re.compile(r"\s*,", re.ASCII)
_AND = re.compile(r"\s*&&", re.ASCII)
_END = re.compile(r"\s*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Test:
    """Where the number comes from, and the ranges it may lie in."""

    start: int
    steps: tuple[tuple[str, int], ...]
    ranges: tuple[tuple[int, int], ...]


class _Reader:
    """A place in the text of the tests."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it is that."""
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
        return found

    def want(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """What has to stand here."""
        found = self.take(pattern)
        if found is None:
            raise OptionError(f"{what} should stand at {self.text[self.place :][:20]!r}")
        return found


def _limited(count: int, what: str) -> None:
    if count > _LIMIT:
        raise OptionError(f"u32 takes at most {_LIMIT} {what}")


def _test(reader: _Reader) -> Test:
    start = number(reader.want(_START, "a number")[1], 0, _TOP)
    steps = []
    while step := reader.take(_STEP):
        value = number(step[2], 0, _TOP)
        if step[1] in ("<<", ">>") and value >= _BITS:
            raise OptionError(f"a shift by {value} bits leaves nothing")
        steps.append((step[1], value))
    _limited(len(steps) + 1, "steps in a location")
    reader.want(_EQUALS, "`=`, or an operator & << >> @ and a number,")
    ranges = [_range(reader)]
    while reader.take(_COMMA):
        ranges.append(_range(reader))
    _limited(len(ranges), "ranges in a test")
    return Test(start, tuple(steps), tuple(ranges))


def _range(reader: _Reader) -> tuple[int, int]:
    found = reader.want(_RANGE, "a number or a range a:b")
    low = number(found[1], 0, _TOP)
    return low, number(found[2], 0, _TOP) if found[2] else low


def _parse(words: tuple[str, ...], family: int) -> tuple[Test, ...]:
    reader = _Reader(words[0])
    tests = [_test(reader)]
    while reader.take(_AND):
        tests.append(_test(reader))
    reader.want(_END, "`,` or `&&`")
    _limited(len(tests), "tests")
    return tuple(tests)


def _show_test(test: Test) -> str:
    steps = "".join(f"{operator}{value:#x}" for operator, value in test.steps)
    ranges = ",".join(f"{low:#x}" if low == high else f"{low:#x}:{high:#x}" for low, high in test.ranges)
    return f"{test.start:#x}{steps}={ranges}"


_CODEC = Codec(
    1,
    _parse,
    lambda value, family: (Text("&&".join(_show_test(test) for test in value)),),
    "tests such as 6&0xff=1, joined by &&",
)


def _number_at(octets: Octets, place: int) -> tuple[int, int] | None:
    """Four bytes as a number, and the bits of it that are known; None where they do not all lie in the packet."""
    if place + 4 > len(octets):
        return None
    value = known = 0
    for octet in octets[place : place + 4]:
        value, known = value << 8 | (octet or 0), known << 8 | (0 if octet is None else 0xFF)
    return value, known


def _located(test: Test, octets: Octets) -> tuple[int, int] | bool | None:
    """The number and its known bits; False where it would lie outside, None where an unknown byte says where it is."""
    found = _number_at(octets, test.start)
    base = 0
    for operator, operand in test.steps:
        if found is None:
            return False
        value, known = found
        if operator == "&":
            found = value & operand, (known | ~operand) & _TOP
        elif operator == "<<":
            found = value << operand & _TOP, (known << operand | (1 << operand) - 1) & _TOP
        elif operator == ">>":
            found = value >> operand, known >> operand | _TOP & ~(_TOP >> operand)
        else:
            if known != _TOP:
                return None
            base += value
            found = _number_at(octets, base + operand) if base <= _TOP else None
    return False if found is None else found


def holds(tests: tuple[Test, ...], octets: Octets) -> bool | None:
    """Whether all tests hold (net/netfilter/xt_u32.c, u32_match_it); the first that fails ends it."""
    unsure = False
    for test in tests:
        found = _located(test, octets)
        if found is False:
            return None if unsure else False
        if not isinstance(found, tuple):
            return None
        value, known = found
        spare = _TOP & ~known
        if any(low <= value and value | spare <= high for low, high in test.ranges):
            continue
        if not spare or not any(low <= value | spare and value <= high for low, high in test.ranges):
            return False
        unsure = True
    return None if unsure else True


def meaning(arguments: Arguments, family: int) -> Pred:
    """A question to the packet's bytes."""
    given = arguments["u32"]
    tests = given.value
    text = " && ".join(_show_test(test) for test in tests)
    return negate(Query(BytesQuestion(f"u32 {text}", lambda octets: holds(tests, octets))), given.inverted)


MODULE = MatchModule(name="u32", meaning=meaning, options=(Option("u32", "u32", _CODEC, invert=True, required=True),))
