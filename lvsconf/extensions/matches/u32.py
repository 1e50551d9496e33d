"""`-m u32`: numbers that are picked out of the packet by a small calculation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lvsconf.extensions.codecs import Text, number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

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

MODULE = MatchModule(name="u32", options=(Option("u32", "u32", _CODEC, invert=True, required=True),))
