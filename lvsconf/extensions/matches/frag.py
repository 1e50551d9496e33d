"""`-m frag`: the fragment header of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.header_ranges import WORD, range_option, save_ranges
from lvsconf.extensions.ipv6_headers import absent
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

OPTIONS = (
    range_option("fragid"),
    Option("fraglen", "fraglen", integer(), invert=True),
    Option("fragres", "fragres", flag()),
    Option("fragfirst", "fragfirst", flag()),
    Option("fragmore", "fragmore", flag()),
    Option("fraglast", "fraglast", flag()),
)


def check(arguments: Arguments, family: int) -> None:
    """A fragment is not the last when more follow."""
    if "fragmore" in arguments and "fraglast" in arguments:
        raise OptionError("-m frag takes only one of --fragmore and --fraglast")


MODULE = MatchModule(
    name="frag",
    options=OPTIONS,
    meaning=absent("fragment header"),
    families=frozenset({6}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"fragid": WORD}, arguments, family),
    check=check,
)
