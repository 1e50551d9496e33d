"""`-m time`: a date, a time of day, days of the week or of the month."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import FALSE, TRUE, Opaque, Pred

_DAY_END = 23 * 3600 + 59 * 60 + 59
_LAST = 0x7FFFFFFF
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[ \t]*\+?([0-9]{1,9})", re.ASCII)


def _numbers(text: str, separators: str) -> list[int] | None:
    """Numbers with each separator between two of them, as far as they go; an empty one is 0. None if it is not that."""
    found: list[int] = []
    for separator in (*separators, ""):
        part, more, text = text.partition(separator) if separator and separator in text else (text, "", "")
        number = _NUMBER.fullmatch(part)
        if part and number is None:
            return None
        found.append(int(number[1]) if number else 0)
        if not more:
            break
    return found


def _parse_date(words: tuple[str, ...], family: int) -> int:
    """Seconds since 1970, as mktime counts: month 0 is the December before, day 0 the last day of the month before."""
    parts = _numbers(words[0], "--T::")
    year, month, day, hour, minute, second = (*parts, *(0, 1, 1, 0, 0, 0)[len(parts) :]) if parts else (0,) * 6
    if not 1970 <= year <= 2038 or month > 12 or day > 31 or hour > 23 or minute > 59 or second > 59:
        raise OptionError(f"{words[0]!r} is not a date from 1970 to 2038 such as 2030-01-31T12:00")
    first = datetime(year if month else year - 1, month or 12, 1, hour, minute, second, tzinfo=UTC)
    value = int((first + timedelta(days=day - 1) - _EPOCH).total_seconds())
    if value < 0:
        raise OptionError(f"{words[0]!r} lies before 1970")
    return value


def _show_date(value: int, family: int) -> tuple[str, ...]:
    return (f"{_EPOCH + timedelta(seconds=value):%Y-%m-%dT%H:%M:%S}",)


def _parse_time(words: tuple[str, ...], family: int) -> int:
    parts = _numbers(words[0], "::") or []
    hour, minute, second = (*parts, 0)[:3] if len(parts) > 1 else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise OptionError(f"{words[0]!r} is not a time of day, hh:mm[:ss]")
    return hour * 3600 + minute * 60 + second


def _show_time(value: int, family: int) -> tuple[str, ...]:
    return (f"{value // 3600:02}:{value // 60 % 60:02}:{value % 60:02}",)


def _days_of(text: str, width: int) -> list[str]:
    """The parts of a list, of which iptables looks at a few characters only; an empty end is none."""
    parts = text.split(",")
    return [part[:width] for part in (parts[:-1] if parts[-1] == "" else parts)]


def _weekday(text: str) -> int:
    """A number, or a name by its first two letters; libxt_time.c keeps a bit for any number but 0."""
    number = number_of(text) if text else 0
    if number is not None:
        if not 1 <= number <= _MOST_BITS:
            raise OptionError(f"{text!r} is not a day of the week: {', '.join(_DAYS)} or 1 to 7")
        return number
    for place, name in enumerate(_DAYS, 1):
        if len(text) >= 2 and text[:2] == name[:2]:
            return place
    raise OptionError(f"{text!r} is not a day of the week: {', '.join(_DAYS)} or 1 to 7")


_MOST_BITS = 31


def _parse_weekdays(words: tuple[str, ...], family: int) -> frozenset[int]:
    return frozenset(_weekday(text) for text in _days_of(words[0], 3))


def _parse_monthdays(words: tuple[str, ...], family: int) -> frozenset[int]:
    found = [number_of(text) if text else 0 for text in _days_of(words[0], 2)]
    if any(day is None or day > _MOST_BITS for day in found):
        raise OptionError(f"{words[0]!r} are not days of the month, 1 to 31")
    return frozenset(day or 0 for day in found)


def _shown(days: frozenset[int], names: tuple[str, ...]) -> str:
    return ",".join(names[day - 1] for day in sorted(days) if 1 <= day <= len(names))


_ON_DATE = Codec(1, _parse_date, _show_date, "a date YYYY[-MM[-DD[Thh[:mm[:ss]]]]]")
_AT_TIME = Codec(1, _parse_time, _show_time, "a time of day hh:mm[:ss]")
_MONTHDAYS = Codec(
    1,
    _parse_monthdays,
    lambda value, family: (_shown(value, tuple(map(str, range(1, 32)))),),
    "days of the month",
)
_WEEKDAYS = Codec(1, _parse_weekdays, lambda value, family: (_shown(value, _DAYS),), "days of the week")

OPTIONS = (
    Option("timestart", "timestart", _AT_TIME),
    Option("timestop", "timestop", _AT_TIME),
    Option("monthdays", "monthdays", _MONTHDAYS, invert=True),
    Option("weekdays", "weekdays", _WEEKDAYS, invert=True),
    Option("datestart", "datestart", _ON_DATE),
    Option("datestop", "datestop", _ON_DATE),
    Option("kerneltz", "kerneltz", flag()),
    Option("localtz", "localtz", flag()),
    Option("contiguous", "contiguous", flag()),
    Option("utc", "utc", flag()),
)
_EVERY = {"monthdays": frozenset(range(1, 32)), "weekdays": frozenset(range(1, 8))}


def _days(arguments: Arguments, key: str) -> frozenset[int]:
    """The days meant; a negation is turned into the other days."""
    given = arguments.get(key)
    if given is None:
        return _EVERY[key]
    return _EVERY[key] ^ given.value if given.inverted else frozenset(given.value)


def _times(arguments: Arguments) -> tuple[int, int]:
    start, stop = arguments.get("timestart"), arguments.get("timestop")
    return start.value if start else 0, stop.value if stop else _DAY_END


def check(arguments: Arguments, family: int) -> None:
    """A period over midnight for `--contiguous`, and one way to tell the time."""
    start, stop = _times(arguments)
    if "contiguous" in arguments and start < stop:
        raise OptionError("-m time: --contiguous is for a --timestop that comes before --timestart")
    if "utc" in arguments and ("kerneltz" in arguments or "localtz" in arguments):
        raise OptionError("-m time takes only one of --utc and --kerneltz")


def loses(arguments: Arguments) -> bool:
    """Days that iptables-save can't write: none at all, and numbers that no day has."""
    return any(not _days(arguments, key) & every or _days(arguments, key) - every for key, every in _EVERY.items())


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Both times of day, and the last date, print when anything does; days that mean all are left out."""
    shown: dict[str, Given] = {"datestop": Given(_LAST)}
    start, stop = _times(arguments)
    if (start, stop) != (0, _DAY_END):
        shown |= {"timestart": Given(start), "timestop": Given(stop)}
    for key, every in _EVERY.items():
        days = _days(arguments, key)
        if days != every:
            shown[key] = Given(days)
    for key in ("datestart", "datestop", "contiguous"):
        if key in arguments:
            shown[key] = arguments[key]
    if "kerneltz" in arguments or "localtz" in arguments:
        shown["kerneltz"] = Given(None)
    kept = {key: given for key, given in shown.items() if not key.startswith("date") or given.value}
    return option_words(OPTIONS, kept, family)


def meaning(arguments: Arguments, family: int) -> Pred:
    """Nobody can tell what time it will be; without a limit it always fits, without a day never (xt_time.c)."""
    if any(not _days(arguments, key) & every for key, every in _EVERY.items()):
        return FALSE
    limits = {"datestart": 0, "datestop": _LAST}
    dated = any(key in arguments and arguments[key].value != least for key, least in limits.items())
    whole = all(_days(arguments, key) >= every for key, every in _EVERY.items())
    if whole and not dated and _times(arguments) == (0, _DAY_END):
        return TRUE
    return Opaque(f"the time ({' '.join(save(arguments, family))})")


MODULE = MatchModule(name="time", meaning=meaning, options=OPTIONS, save=save, check=check, loses=loses)
