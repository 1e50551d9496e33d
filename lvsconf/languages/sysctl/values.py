"""What /proc/sys takes for a value (kernel/sysctl.c); ValueError for what a write would be refused for."""

from __future__ import annotations

import re

INT_MAX = 0x7FFFFFFF
ULONG_MAX = 0xFFFFFFFFFFFFFFFF
SYNC_PERIOD = 50
"""The second number of sync_threshold (ip_vs.h, DEFAULT_SYNC_PERIOD)."""
MOST_SECONDS = INT_MAX // 100
"""Of a time that is kept in jiffies, on the kernel that counts slowest."""

_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_CPUS = re.compile(r"[0-9]+(?:-[0-9]+(?::[0-9]+/[0-9]+)?)?(?:,[0-9]+(?:-[0-9]+(?::[0-9]+/[0-9]+)?)?)*|all|")
_LONGEST = 21
"""Characters of a number that are looked at (TMPBUFLEN)."""


def parse(text: str, values: str, low: int | None = None, high: int | None = None) -> tuple[int, ...]:
    """The numbers that a key with `values` (see keys.yaml) takes from a text; what follows them is passed over."""
    if values == "cpus":
        if not _CPUS.fullmatch(text.strip()):
            raise ValueError("a list of processors such as 0-3,5")
        return ()
    if values == "threshold":
        return _threshold(text)
    words = text.split()
    expected = "a number, 0 for off" if values == "flag" else f"a number{_between(low, high)}"
    number = _number(words[0] if words else "", expected)
    if values == "power" and (number < 1 or number & (number - 1)):
        raise ValueError("a power of two: 1, 2, 4, …")
    if values == "unsigned":
        if not 0 <= number <= ULONG_MAX:
            raise ValueError("a number without a sign")
    elif values == "seconds":
        if not -MOST_SECONDS <= number <= MOST_SECONDS:
            raise ValueError("a number of seconds that fits")
    elif not -INT_MAX - 1 <= number <= INT_MAX:
        raise ValueError(f"a number from {-INT_MAX - 1} to {INT_MAX}")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"a number{_between(low, high)}")
    return (number,)


def _between(low: int | None, high: int | None) -> str:
    return "" if low is None or high is None else f" from {low} to {high}"


def _threshold(text: str) -> tuple[int, ...]:
    """A second number that is left out stays as it is; that of a fresh kernel is taken for it."""
    expected = "two numbers, the first below the second, or a second of 0"
    numbers = tuple(_number(word, expected) for word in text.split()[:2])
    if not numbers:
        raise ValueError(expected)
    first, second = (*numbers, SYNC_PERIOD)[:2]
    if not 0 <= first <= INT_MAX or not 0 <= second <= INT_MAX or (second and first >= second):
        raise ValueError(expected)
    return first, second


def _number(word: str, expected: str) -> int:
    """A number as the kernel reads it: 0x is hexadecimal, a leading 0 octal."""
    if not _NUMBER.fullmatch(word) or len(word) > _LONGEST:
        raise ValueError(expected)
    digits = word.removeprefix("-")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") and digits.strip("0") else 10
    try:
        found = int(digits, base)
    except ValueError:
        raise ValueError(expected) from None
    return -found if word.startswith("-") else found
