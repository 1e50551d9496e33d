"""`-m u32`: numbers that are picked out of the packet by a small calculation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lvsconf.extensions.codecs import Text, number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_TOP = 0xFFFFFFFF
_LIMIT = 10
"""Tests in a match, steps of a location, ranges of a test: at most so many of each."""

_NUMBER = r"\s*([0-9][0-9A-Za-z]*)\s*"
_START = re.compile(_NUMBER, re.ASCII)
_STEP = re.compile(r"(&|<<|>>|@)" + _NUMBER, re.ASCII)
_RANGE = re.compile(_NUMBER + r"(?::" + _NUMBER + r")?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Test:
    """Where the number comes from, and the ranges it may lie in."""

    start: int
    steps: tuple[tuple[str, int], ...]
    ranges: tuple[tuple[int, int], ...]


def _limited(count: int, what: str) -> None:
    if count > _LIMIT:
        raise OptionError(f"u32 takes at most {_LIMIT} {what}")


def _location(text: str) -> tuple[int, tuple[tuple[str, int], ...]]:
    start = _START.match(text)
    if start is None:
        raise OptionError(f"{text!r} does not begin with a number")
    steps = []
    place = start.end()
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None:
            raise OptionError(f"{text[place:]!r} is not an operator & << >> @ and a number")
        steps.append((step[1], number(step[2], 0, _TOP)))
        place = step.end()
    _limited(len(steps) + 1, "steps in a location")
    return number(start[1], 0, _TOP), tuple(steps)


def _range(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise OptionError(f"{text!r} is not a number or a range a:b")
    low = number(found[1], 0, _TOP)
    return low, number(found[2], 0, _TOP) if found[2] else low


def _test(text: str) -> Test:
    location, equals, values = text.partition("=")
    if not equals:
        raise OptionError(f"{text!r} lacks a `=`")
    ranges = tuple(_range(part) for part in values.split(","))
    _limited(len(ranges), "ranges in a test")
    return Test(*_location(location), ranges)


def _parse(words: tuple[str, ...], family: int) -> tuple[Test, ...]:
    tests = tuple(_test(part) for part in words[0].split("&&"))
    _limited(len(tests), "tests")
    return tests


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
