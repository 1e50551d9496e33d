"""`-m rateest`: a rate that `-j RATEEST` estimates, against a number or another estimate."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred

_NAME_LIMIT = 15
_RELATIONS = ("lt", "gt", "eq")
_UNITS = {
    "": 1, "bit": 1, "kibit": 1024, "kbit": 1000, "mibit": 1024**2, "mbit": 1000**2, "gibit": 1024**3, "gbit": 1000**3,
    "tibit": 1024**4, "tbit": 1000**4, "bps": 8, "kibps": 8 * 1024, "kbps": 8000, "mibps": 8 * 1024**2,
    "mbps": 8 * 1000**2, "gibps": 8 * 1024**3, "gbps": 8 * 1000**3, "tibps": 8 * 1024**4, "tbps": 8 * 1000**4,
}  # fmt: skip
"""In bits per second."""
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([a-z]*)", re.ASCII | re.IGNORECASE)


def _name(words: tuple[str, ...], family: int) -> str:
    if not 1 <= len(words[0].encode("utf-8", "surrogateescape")) <= _NAME_LIMIT:
        raise OptionError(f"the name must have 1 to {_NAME_LIMIT} bytes")
    return words[0]


def _parse_rate(words: tuple[str, ...], family: int) -> int | None:
    """In bytes per second, as the kernel keeps it."""
    if not words:
        return None
    found = _RATE.fullmatch(words[0])
    unit = _UNITS.get(found[2].lower()) if found and len(words[0]) < 40 else None
    if found is None or unit is None:
        raise OptionError(f"{words[0]!r} is not a rate such as 512kbit")
    rate = int(float(found[1]) * unit / 8)
    if rate > 0xFFFFFFFF:
        raise OptionError(f"the rate {words[0]} is above {0xFFFFFFFF} bytes in a second")
    return rate


def _show_rate(value: int | None, family: int) -> tuple[str, ...]:
    if value is None:
        return ()
    bits = value * 8
    for unit, size in (("Mbit", 1_000_000), ("Kbit", 1_000)):
        if bits >= size * 1_000:
            return (f"{bits / size:.0f}{unit}",)
    return (f"{bits}bit",)


def _parse_packets(words: tuple[str, ...], family: int) -> int | None:
    value: int | None = integer().parse(words, family) if words else None
    return value


_BITS = Codec(1, _parse_rate, _show_rate, "a rate such as 512kbit, or nothing", optional=True)
_PACKETS = Codec(
    1,
    _parse_packets,
    lambda value, family: () if value is None else (str(value),),
    "a number of packets in a second, or nothing",
    optional=True,
)
_CODECS = {"bps": _BITS, "pps": _PACKETS}
_ESTIMATE = Codec(1, _name, lambda value, family: (value,), f"a name of at most {_NAME_LIMIT} bytes")


def check(arguments: Arguments, family: int) -> None:
    """An estimate, a relation, of which the last counts, and what it is about."""
    if "rateest1" not in arguments:
        raise OptionError("-m rateest needs --rateest1")
    if not any(relation in arguments for relation in _RELATIONS):
        raise OptionError("-m rateest needs --rateest-lt, --rateest-gt or --rateest-eq")
    if not any(f"{kind}{side}" in arguments for kind in _CODECS for side in "12"):
        raise OptionError("-m rateest needs --rateest-bps or --rateest-pps")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Each kind of rate with the relation, to a limit or to another estimate."""
    two, delta = "rateest2" in arguments, "delta" in arguments
    relations = [name for name in arguments if name in _RELATIONS]
    inverted = any(arguments[name].inverted for name in relations)
    compared = ("!", f"--rateest-{relations[-1]}") if inverted else (f"--rateest-{relations[-1]}",)
    words = ["--rateest-delta"] if delta else []
    words += ["--rateest1" if two else "--rateest", arguments["rateest1"].value]
    for kind, codec in _CODECS.items():
        if not any(f"{kind}{side}" in arguments for side in "12"):
            continue
        sides = []
        for side in "12":
            given = arguments.get(f"{kind}{side}")
            sides.append(codec.format((given.value if given else None) or 0, family) or ())
        if delta:
            words += [f"--rateest-{kind}1", *sides[0], *compared, f"--rateest-{kind}2", *sides[1]]
        else:
            words += [*compared, f"--rateest-{kind}", *(() if two else sides[1])]
    return (*words, "--rateest2", arguments["rateest2"].value) if two else tuple(words)


def meaning(arguments: Arguments, family: int) -> Pred:
    """The estimator runs on a clock of its own."""
    return Opaque(f"the rate that {arguments['rateest1'].value} estimates")


MODULE = MatchModule(
    name="rateest",
    meaning=meaning,
    options=(
        Option("rateest-delta", "delta", flag()),
        Option("rateest1", "rateest1", _ESTIMATE, ("rateest",)),
        *(
            Option(f"rateest-{kind}{side}", f"{kind}{side}", codec, (f"rateest-{kind}",) if side == "2" else ())
            for kind, codec in _CODECS.items()
            for side in "12"
        ),
        *(Option(f"rateest-{relation}", relation, flag(), invert=True) for relation in _RELATIONS),
        Option("rateest2", "rateest2", _ESTIMATE),
    ),
    save=save,
    check=check,
)
