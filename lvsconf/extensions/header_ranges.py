"""Ranges of numbers in the headers of IPsec, IPv6 extensions and the like: `n`, `a:b`, `a:`, `:b`."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import Option
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments

WORD = 0xFFFFFFFF


def range_option(name: str, high: int = WORD) -> Option:
    """An option with a range from 0 to `high`."""
    return Option(name, name.replace("-", "_"), number_range(high), invert=True)


def save_ranges(
    options: tuple[Option, ...], full: dict[str, int], arguments: Arguments, family: int
) -> tuple[str, ...]:
    """As saved: a range that covers everything up to its limit in `full` is left out unless it is negated."""
    kept = {
        key: given
        for key, given in arguments.items()
        if key not in full or given.inverted or given.value != (0, full[key])
    }
    return option_words(options, kept, family)
