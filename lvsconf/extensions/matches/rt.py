"""`-m rt`: the routing header of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.addresses import parse_host, show_host
from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.header_ranges import WORD, range_option, save_ranges
from lvsconf.extensions.ipv6_headers import absent
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

_LIMIT = 16


def _parse(words: tuple[str, ...], family: int) -> tuple[int, ...]:
    addresses = tuple(parse_host(text, 6) for text in words[0].split(","))
    if len(addresses) > _LIMIT:
        raise OptionError(f"more than {_LIMIT} addresses")
    return addresses


_ADDRESSES = Codec(
    1,
    _parse,
    lambda value, family: (",".join(show_host(address, 6) for address in value),),
    f"at most {_LIMIT} addresses, separated by commas",
)

OPTIONS = (
    Option("rt-type", "rt_type", integer(), invert=True),
    range_option("rt-segsleft"),
    Option("rt-len", "rt_len", integer(), invert=True),
    Option("rt-0-res", "rt_0_res", flag()),
    Option("rt-0-addrs", "rt_0_addrs", _ADDRESSES),
    Option("rt-0-not-strict", "rt_0_not_strict", flag()),
)


def check(arguments: Arguments, family: int) -> None:
    """What is about type 0 comes after `--rt-type 0`; `--rt-0-not-strict` comes after the addresses."""
    order = list(arguments)
    kind = arguments.get("rt_type")
    for key in ("rt_0_res", "rt_0_addrs", "rt_0_not_strict"):
        if key in arguments and (
            kind is None or kind.inverted or kind.value or order.index("rt_type") > order.index(key)
        ):
            raise OptionError(f"--{key.replace('_', '-')} needs `--rt-type 0` before it")
    if "rt_0_not_strict" in arguments and "rt_0_addrs" not in order[: order.index("rt_0_not_strict")]:
        raise OptionError("--rt-0-not-strict needs --rt-0-addrs before it")


MODULE = MatchModule(
    name="rt",
    options=OPTIONS,
    meaning=absent("routing header"),
    families=frozenset({6}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"rt_segsleft": WORD}, arguments, family),
    check=check,
)
