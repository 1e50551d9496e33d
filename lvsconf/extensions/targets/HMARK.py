"""`-j HMARK`: a mark from a hash over addresses, ports and protocol (net/netfilter/xt_HMARK.c)."""

from __future__ import annotations

from lvsconf.extensions.addresses import BITS
from lvsconf.extensions.codecs import integer, number, word_set
from lvsconf.extensions.hosts import prefix_length
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.actions import HashMark
from lvsconf.model.effects import Effect, Forget
from lvsconf.model.fields import MARK
from lvsconf.model.netfilter import Arguments, Given

_PARTS = {"src": "src_prefix", "dst": "dst_prefix", "sport": "sport_mask", "dport": "dport_mask", "spi": "spi_mask",
          "proto": "proto_mask"}  # fmt: skip
"""What each word of a tuple stands for; the whole of it is hashed."""


def _hexadecimal(digits: int, bits: int) -> Codec:
    top = (1 << bits) - 1
    return Codec(
        1,
        lambda words, family: number(words[0], 0, top),
        lambda value, family: (f"0x{value:0{digits}x}",),
        f"a number up to {top:#x}",
    )


_NAMES = word_set(("ct", *_PARTS), cut=True, tried=("ct", "src", "dst", "sport", "dport", "proto", "spi"))


def _parse_tuple(words: tuple[str, ...], family: int) -> frozenset[str]:
    named: frozenset[str] = _NAMES.parse(words, family)
    return named


_PREFIX = prefix_length(whole=True)
_TUPLE = Codec(
    1,
    _parse_tuple,
    lambda value, family: ("ct",) if "ct" in value else None,
    f"some of ct, {', '.join(_PARTS)}, separated by commas",
)

OPTIONS = (
    Option("hmark-src-prefix", "src_prefix", _PREFIX),
    Option("hmark-dst-prefix", "dst_prefix", _PREFIX),
    Option("hmark-sport-mask", "sport_mask", _hexadecimal(4, 16)),
    Option("hmark-dport-mask", "dport_mask", _hexadecimal(4, 16)),
    Option("hmark-spi-mask", "spi_mask", _hexadecimal(8, 32)),
    Option("hmark-sport", "sport", _hexadecimal(4, 16)),
    Option("hmark-dport", "dport", _hexadecimal(4, 16)),
    Option("hmark-spi", "spi", _hexadecimal(8, 32)),
    Option("hmark-proto-mask", "proto_mask", _hexadecimal(2, 16)),
    Option("hmark-rnd", "rnd", _hexadecimal(8, 32), required=True),
    Option("hmark-mod", "mod", integer(1), required=True),
    Option("hmark-offset", "offset", integer()),
    Option("hmark-tuple", "tuple", _TUPLE),
)
"""In the order in which they are printed."""


def _named(arguments: Arguments) -> frozenset[str]:
    """The keys that the tuple stands for."""
    given = arguments.get("tuple")
    return frozenset(_PARTS[part] for part in given.value if part != "ct") if given is not None else frozenset()


def check(arguments: Arguments, family: int) -> None:
    """Something to hash, and either ports or a security parameter index."""
    named = _named(arguments)
    keys = {*arguments, *named}
    if not keys - {"rnd", "mod", "offset"}:
        raise OptionError("-j HMARK needs --hmark-tuple, or a prefix or mask")
    given = list(arguments)
    after = set(given[given.index("tuple") + 1 :]) if "tuple" in arguments else set()
    if after & named:  # the tuple counts as a use of what it stands for
        raise OptionError("-j HMARK: what --hmark-tuple names can't be given once more after it")
    for index, ports in (("spi_mask", {"sport_mask", "dport_mask"}), ("spi", {"sport", "dport"})):
        if index in keys and keys & ports:
            raise OptionError("-j HMARK hashes either ports or a security parameter index")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A tuple prints as the prefixes and masks that it stands for. Beside the same part on its own, it wins."""
    whole = {"src_prefix": BITS[family], "dst_prefix": BITS[family], "spi_mask": 0xFFFFFFFF}
    named = {key: Given(whole.get(key, 0xFFFF)) for key in _named(arguments)}
    return option_words(OPTIONS, {**arguments, **named}, family)


def _mask(arguments: Arguments, key: str, family: int) -> int:
    """The mask of an address; one that is not named does not count."""
    bits = BITS[family]
    length = bits if key in _named(arguments) else arguments[key].value if key in arguments else 0
    return (1 << bits) - (1 << bits - length)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The hash of one address, both, or of ports as well, in the range from the offset on."""
    named = _named(arguments)
    if family == 6 or {"spi_mask", "spi"} & {*arguments, *named}:
        return (Forget(MARK),)

    def number(key: str, default: int) -> int:
        return 0xFFFF if key in named else arguments[key].value if key in arguments else default

    ports = {"sport_mask", "dport_mask", "sport", "dport", "proto_mask"} & {*arguments, *named}
    return (
        HashMark(
            conntrack="tuple" in arguments and "ct" in arguments["tuple"].value,
            addresses_only=not ports,
            source_mask=_mask(arguments, "src_prefix", family),
            destination_mask=_mask(arguments, "dst_prefix", family),
            source_port=(number("sport_mask", 0), number("sport", 0)),
            destination_port=(number("dport_mask", 0), number("dport", 0)),
            proto_mask=number("proto_mask", 0),
            seed=arguments["rnd"].value,
            modulus=arguments["mod"].value,
            offset=arguments["offset"].value if "offset" in arguments else 0,
        ),
    )


MODULE = TargetModule(name="HMARK", options=OPTIONS, effects=effects, check=check, save=save)
