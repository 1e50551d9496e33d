"""`-m ah`: the header of IPsec's authentication; in IPv6 an extension header that can stand before any protocol."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.header_ranges import WORD, header_number, range_option, save_ranges
from lvsconf.extensions.ipv6_headers import absent
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred

_AH = 51
NO_AH = absent("authentication header")

OPTIONS = (
    range_option("ahspi"),
    Option("ahlen", "ahlen", integer(), invert=True),
    Option("ahres", "ahres", flag()),
)


def check(arguments: Arguments, family: int) -> None:
    """IPv4 has only the range."""
    if family == 4 and ("ahlen" in arguments or "ahres" in arguments):
        raise OptionError("--ahlen and --ahres are for IPv6 only")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A length of 0 says nothing and is left out, unless it is negated."""
    kept = {key: given for key, given in arguments.items() if key != "ahlen" or given.inverted or given.value}
    return save_ranges(OPTIONS, {"ahspi": WORD}, kept, family)


def meaning(arguments: Arguments, family: int) -> Pred:
    """The index lies in the range; IPv4 looks at nothing else."""
    if family == 6:
        return NO_AH(arguments, family)
    given = arguments.get("ahspi", Given((0, WORD)))
    return header_number("the index of AH", 4, 4, given, needs=12)


MODULE = MatchModule(
    name="ah",
    meaning=meaning,
    options=OPTIONS,
    protocols_of=lambda arguments, family: frozenset({_AH} if family == 4 else ()),
    save=save,
    check=check,
)
