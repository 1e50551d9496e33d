"""`-m hashlimit`: so many packets, or bytes, in a time for each address or port (libxt_hashlimit.c)."""

from __future__ import annotations

from lvsconf.extensions import byte_rates, rates
from lvsconf.extensions.addresses import BITS
from lvsconf.extensions.codecs import flag, integer, word_set
from lvsconf.extensions.hosts import prefix_length
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.texts import proc_name
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import HashlimitQuestion

_SCALE = 1_000_000
_BURST_LIMIT = 1_000_000
_BURST_DEFAULT = 5
_GC_INTERVAL = 1000
_LARGEST = 1 << 20
"""The kernel cuts sizes to this (net/netfilter/xt_hashlimit.c, HASHLIMIT_MAX_SIZE)."""

_CREDITS = 137_438_953
"""What the kernel multiplies times with, in 64 bits (user2credits), for 250 and for 1000 ticks in a second."""

_BYTE_CREDITS = 4_194_304_000
"""The credits of a second of a rate in bytes (HZ * CREDITS_PER_JIFFY_BYTES), a full bucket."""

_GAIN = 137_438_953_472_000
"""The credits of a second of a rate in packets (HZ * CREDITS_PER_JIFFY), the same for 250 and for 1000 ticks."""

_MODES = ("srcip", "srcport", "dstip", "dstport")
_BYTES_EXPIRE, _BYTES_EXPIRE_BURST = 15, 60
"""Seconds after which an entry of a rate in bytes is forgotten, without and with a burst."""

Rate = tuple[str, int, int]
"""`packets` and the time between two of them, or `bytes` and their cost; and the seconds of the unit."""


def _parse(words: tuple[str, ...], family: int) -> Rate:
    cost = byte_rates.byte_cost(words[0])
    if cost is not None:
        return "bytes", cost, _BYTES_EXPIRE
    return "packets", rates.parse_rate(words[0], _SCALE), rates.seconds_of(words[0])


def _show(value: Rate, family: int) -> tuple[str, ...]:
    kind, number, _ = value
    return (byte_rates.show_rate(number) if kind == "bytes" else rates.show_rate(number, _SCALE),)


def _parse_burst(words: tuple[str, ...], family: int) -> int:
    value, unit = byte_rates.burst(words[0])
    if not value or (not unit and value > _BURST_LIMIT) or value > 0xFFFFFFFFFFFFFFFF:
        raise OptionError(f"{words[0]!r} is not a burst from 1 to {_BURST_LIMIT} packets, or of bytes such as 15kb")
    return value


_RATE = Codec(1, _parse, _show, "a rate such as 10/minute or 512kb/s")
_BURST = Codec(1, _parse_burst, lambda value, family: (str(value),), "a number of packets, or of bytes")

_LIMITS = (
    Option("hashlimit-upto", "upto", _RATE, ("hashlimit",), invert=True),
    Option("hashlimit-above", "above", _RATE, invert=True),
)
_TABLE = (
    Option("hashlimit-mode", "mode", word_set(_MODES, fold=False, gaps=True, separators=",|")),
    Option("hashlimit-name", "name", proc_name(254, "the name of a table"), required=True),
    Option("hashlimit-htable-size", "htable_size", integer()),
    Option("hashlimit-htable-max", "htable_max", integer()),
    Option("hashlimit-htable-gcinterval", "htable_gcinterval", integer()),
    Option("hashlimit-htable-expire", "htable_expire", integer()),
    Option("hashlimit-srcmask", "srcmask", prefix_length()),
    Option("hashlimit-dstmask", "dstmask", prefix_length()),
    Option("hashlimit-rate-match", "rate_match", flag()),
)
_INTERVAL = Option("hashlimit-rate-interval", "rate_interval", integer(1, 0x7FFFFFFF))
_BURST_OPTION = Option("hashlimit-burst", "burst", _BURST)


def _rate(arguments: Arguments) -> Rate:
    given = arguments.get("upto") or arguments["above"]
    kind, number, seconds = given.value
    return kind, number // seconds if "rate_match" in arguments and kind == "packets" else number, seconds


def _burst(arguments: Arguments) -> int:
    """Packets, or how many times the rate in bytes; 0 for no burst of bytes."""
    kind, cost, _ = _rate(arguments)
    given = arguments.get("burst")
    if kind == "packets":
        return _BURST_DEFAULT if given is None else int(given.value)
    return 0 if given is None else -(-int(given.value) // byte_rates.cost_bytes(cost))


def check(arguments: Arguments, family: int) -> None:
    """One of the two rates, and numbers that the kernel can work with (hashlimit_mt_check_common)."""
    if ("upto" in arguments) == ("above" in arguments):
        raise OptionError("-m hashlimit needs either --hashlimit-upto or --hashlimit-above")
    kind, number, _ = _rate(arguments)
    given = arguments.get("burst")
    if kind == "bytes" and (
        not byte_rates.cost_bytes(number) or (given and given.value < byte_rates.cost_bytes(number))
    ):
        raise OptionError("-m hashlimit: a burst of bytes can't be smaller than the rate")
    if kind == "packets" and given is not None and given.value > _BURST_LIMIT:
        raise OptionError(f"-m hashlimit: a burst has at most {_BURST_LIMIT} packets")
    for key in ("htable_gcinterval", "htable_expire"):
        if key in arguments and not arguments[key].value:
            raise OptionError(f"-m hashlimit: --hashlimit-{key.replace('_', '-')} can't be 0")
    for key in ("srcmask", "dstmask"):
        if key in arguments and arguments[key].value > BITS[family]:
            raise OptionError(f"-m hashlimit: --hashlimit-{key} is longer than an address")
    if "rate_match" in arguments:
        if not 0 < number <= 0xFFFFFFFF:
            raise OptionError("-m hashlimit: the rate is too high for --hashlimit-rate-match")
    elif kind == "packets" and _credits(number * _burst(arguments)) < _credits(number):
        raise OptionError("-m hashlimit: the burst is too large for so low a rate")


def _credits(period: int) -> int:
    return period * _CREDITS & 0xFFFFFFFFFFFFFFFF


def _expire(arguments: Arguments) -> int:
    """In milliseconds, when it is not given."""
    kind, _, seconds = _rate(arguments)
    return (_BYTES_EXPIRE_BURST if kind == "bytes" and "burst" in arguments else seconds) * 1000


def _printed_expire(arguments: Arguments) -> int:
    """What the printed rate stands for by itself, so that it is not printed."""
    kind, number, _ = _rate(arguments)
    if kind == "bytes":
        return (_BYTES_EXPIRE_BURST if _burst(arguments) else _BYTES_EXPIRE) * 1000
    return rates.unit_of(number, _SCALE)[1] * 1000


def _table(arguments: Arguments, family: int) -> dict[str, Given]:
    """The options of the table that differ from what holds anyway."""
    kept = {key: given for key, given in arguments.items() if key != "mode" or given.value}
    for key in ("htable_size", "htable_max"):
        if key in kept:
            kept[key] = Given(min(kept[key].value, _LARGEST))
    default = {"htable_size": 0, "htable_max": 0, "htable_gcinterval": _GC_INTERVAL}
    default |= dict.fromkeys(("srcmask", "dstmask"), BITS[family]) | {"htable_expire": _printed_expire(arguments)}
    kept = {"htable_expire": Given(_expire(arguments)), **kept}
    return {key: given for key, given in kept.items() if key not in default or given.value != default[key]}


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A negated rate prints as the other one, a burst of packets always, and what holds anyway not at all."""
    above = "above" in arguments
    given = arguments["above" if above else "upto"]
    rate = _rate(arguments)
    words = ["--hashlimit-above" if above != given.inverted else "--hashlimit-upto", *_show(rate, family)]
    burst = _burst(arguments)
    if rate[0] == "packets":
        words += ["--hashlimit-burst", str(burst)]
    elif burst:
        words += ["--hashlimit-burst", byte_rates.show_burst(rate[1], burst)]
    words += option_words(_TABLE, _table(arguments, family), family)
    if "rate_match" in arguments:
        interval = arguments.get("rate_interval")
        seconds = interval.value if interval else 1 if rate[0] == "bytes" else rate[2]
        words += [] if seconds == 1 else [f"--{_INTERVAL.name}", str(seconds)]
    return tuple(words)


def meaning(arguments: Arguments, family: int) -> Pred:
    """A bucket for each address or port that is new when first seen (net/netfilter/xt_hashlimit.c)."""
    above = "above" in arguments
    given = arguments["above" if above else "upto"]
    kind, number, _ = _rate(arguments)
    burst = _burst(arguments)
    modes = arguments["mode"].value if "mode" in arguments else frozenset()
    prefixes = [arguments[key].value if key in arguments else BITS[family] for key in ("srcmask", "dstmask")]
    expire = arguments["htable_expire"].value if "htable_expire" in arguments else _expire(arguments)
    by_bytes = kind == "bytes"
    question = HashlimitQuestion(
        name=arguments["name"].value,
        modes=modes,
        source_prefix=prefixes[0],
        destination_prefix=prefixes[1],
        cost=0 if by_bytes else _credits(number),
        cap=_BYTE_CREDITS if by_bytes else _credits(number * burst),
        gain=_BYTE_CREDITS if by_bytes else _GAIN,
        chunk=number * _BYTE_CREDITS >> 32 if by_bytes else 0,
        bursts=burst if by_bytes else 0,
        expire=expire / 1000,
        exact="rate_match" not in arguments,
        said=f"hashlimit {' '.join(_show(given.value, family))} of {arguments['name'].value}",
    )
    return negate(Query(question), above != given.inverted)


MODULE = MatchModule(
    name="hashlimit", meaning=meaning, options=(*_LIMITS, _BURST_OPTION, *_TABLE, _INTERVAL), check=check, save=save
)
