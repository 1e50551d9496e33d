"""`-m time`: a date, a time of day, days of the week or of the month."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given

_DAY_END = 23 * 3600 + 59 * 60 + 59
_LAST = 0x7FFFFFFF
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _parse_date(words: tuple[str, ...], family: int) -> int:
    """Seconds since 1970. A day that the month does not have counts on into the next month, as in mktime."""
    found = _DATE.fullmatch(words[0])
    year, month, day, hour, minute, second = (
        int(part) if part else default for part, default in zip(found.groups(), (0, 1, 1, 0, 0, 0), strict=True)
    ) if found else (0,) * 6  # fmt: skip
    if not (1970 <= year <= 2038 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        raise OptionError(f"{words[0]!r} is not a date from 1970 to 2038 such as 2030-01-31T12:00")
    first = datetime(year, month, 1, hour, minute, second, tzinfo=UTC)
    return min(int((first + timedelta(days=day - 1) - _EPOCH).total_seconds()), _LAST)


def _show_date(value: int, family: int) -> tuple[str, ...]:
    return (f"{_EPOCH + timedelta(seconds=value):%Y-%m-%dT%H:%M:%S}",)


def _parse_time(words: tuple[str, ...], family: int) -> int:
    found = _TIME.fullmatch(words[0])
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise OptionError(f"{words[0]!r} is not a time of day, hh:mm[:ss]")
    return hour * 3600 + minute * 60 + second


def _show_time(value: int, family: int) -> tuple[str, ...]:
    return (f"{value // 3600:02}:{value // 60 % 60:02}:{value % 60:02}",)


def _weekday(text: str) -> int:
    number = number_of(text)
    if number is not None and 1 <= number <= len(_DAYS):
        return number
    for place, name in enumerate(_DAYS, 1):
        if len(text) >= 2 and text[:2] == name[:2]:
            return place
    raise OptionError(f"{text!r} is not a day of the week: {', '.join(_DAYS)} or 1 to 7")


def _parse_weekdays(words: tuple[str, ...], family: int) -> frozenset[int]:
    return frozenset(_weekday(text) for text in words[0].removesuffix(",").split(","))


def _parse_monthdays(words: tuple[str, ...], family: int) -> frozenset[int]:
    found = frozenset(number_of(text) or 0 for text in words[0].removesuffix(",").split(","))
    if not found <= frozenset(range(1, 32)):
        raise OptionError(f"{words[0]!r} are not days of the month, 1 to 31")
    return found


_ON_DATE = Codec(1, _parse_date, _show_date, "a date YYYY[-MM[-DD[Thh[:mm[:ss]]]]]")
_AT_TIME = Codec(1, _parse_time, _show_time, "a time of day hh:mm[:ss]")
_MONTHDAYS = Codec(
    1, _parse_monthdays, lambda value, family: (",".join(str(day) for day in sorted(value)),), "days of the month"
)
_WEEKDAYS = Codec(
    1,
    _parse_weekdays,
    lambda value, family: (",".join(_DAYS[day - 1] for day in sorted(value)),),
    "days of the week",
)

OPTIONS = (
    Option("timestart", "timestart", _AT_TIME),
    Option("timestop", "timestop", _AT_TIME),
    Option("monthdays", "monthdays", _MONTHDAYS, invert=True),
    Option("weekdays", "weekdays", _WEEKDAYS, invert=True),
    Option("datestart", "datestart", _ON_DATE),
    Option("datestop", "datestop", _ON_DATE),
    Option("kerneltz", "kerneltz", flag(), ("localtz",)),
    Option("contiguous", "contiguous", flag()),
    Option("utc", "utc", flag()),
)
_DAY_COUNT = {"monthdays": 31, "weekdays": 7}


def _days(arguments: Arguments, key: str) -> frozenset[int]:
    """The days meant; a negation is turned into the other days."""
    every = frozenset(range(1, _DAY_COUNT[key] + 1))
    given = arguments.get(key)
    if given is None:
        return every
    return every - given.value if given.inverted else frozenset(given.value)


def _times(arguments: Arguments) -> tuple[int, int]:
    start, stop = arguments.get("timestart"), arguments.get("timestop")
    return start.value if start else 0, stop.value if stop else _DAY_END


def check(arguments: Arguments, family: int) -> None:
    """A period over midnight for `--contiguous`, and some day on which to match."""
    start, stop = _times(arguments)
    if "contiguous" in arguments and start <= stop:
        raise OptionError("-m time: --contiguous is for a --timestop that comes before --timestart")
    for key in _DAY_COUNT:
        if not _days(arguments, key):
            raise OptionError(f"-m time: --{key} leaves no day, and iptables-save would print what can't be loaded")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Both times of day, and the last date, print when anything does; days that mean all are left out."""
    shown: dict[str, Given] = {"datestop": Given(_LAST)}
    start, stop = _times(arguments)
    if (start, stop) != (0, _DAY_END):
        shown |= {"timestart": Given(start), "timestop": Given(stop)}
    for key, count in _DAY_COUNT.items():
        days = _days(arguments, key)
        if len(days) < count:
            shown[key] = Given(days)
    for key in ("datestart", "datestop", "kerneltz", "contiguous"):
        if key in arguments and (key != "datestart" or arguments[key].value):
            shown[key] = arguments[key]
    return option_words(OPTIONS, shown, family)


MODULE = MatchModule(name="time", options=OPTIONS, save=save, check=check)
