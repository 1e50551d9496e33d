"""What the targets that translate IPv6 prefixes share (net/ipv6/netfilter/ip6t_NPT.c)."""

from __future__ import annotations

from lvsconf.extensions.addresses import Masked, show_masked
from lvsconf.extensions.hosts import parse_network
from lvsconf.extensions.options import Codec, Odd, Option, OptionError

_LONGEST = 64


def _parse(words: tuple[str, ...], family: int) -> Masked:
    found = parse_network(words[0], family, cut=False)
    if isinstance(found, Odd):
        raise OptionError(found.why)
    address, mask = found
    if mask.bit_count() > _LONGEST:
        raise OptionError(f"{words[0]!r} is longer than /{_LONGEST}")
    if address & ~mask:
        raise OptionError(f"{words[0]!r} has bits after its prefix")
    return address, mask


def _show(value: Masked, family: int) -> tuple[str, ...] | None:
    return (show_masked(value, family),) if value[1] else None


def prefix_options() -> tuple[Option, ...]:
    """Both are needed; a prefix without length is not printed."""
    codec = Codec(1, _parse, _show, f"prefix/length, at most /{_LONGEST}")
    return (
        Option("src-pfx", "src_pfx", codec, required=True),
        Option("dst-pfx", "dst_pfx", codec, required=True),
    )
