"""`-m connlimit`: how many connections an address or network has."""

from __future__ import annotations

from lvsconf.extensions.addresses import BITS
from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.hosts import prefix_length
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.fields import DST, SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import ConnectionsQuestion


def check(arguments: Arguments, family: int) -> None:
    """One limit, one side."""
    if ("upto" in arguments) == ("above" in arguments):
        raise OptionError("-m connlimit needs either --connlimit-upto or --connlimit-above")
    if "saddr" in arguments and "daddr" in arguments:
        raise OptionError("-m connlimit takes only one of --connlimit-saddr and --connlimit-daddr")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A negated limit prints as the other one; prefix, cut to an address, and side always print."""
    upto = "upto" in arguments
    limit = arguments["upto" if upto else "above"]
    mask = arguments["mask"].value if "mask" in arguments else BITS[family]
    return (
        "--connlimit-upto" if upto != limit.inverted else "--connlimit-above",
        str(limit.value),
        "--connlimit-mask",
        str(mask),
        "--connlimit-daddr" if "daddr" in arguments else "--connlimit-saddr",
    )


def meaning(arguments: Arguments, family: int) -> Pred:
    """How many connections share the source, or the destination, cut to a prefix (net/netfilter/xt_connlimit.c)."""
    above = "above" in arguments
    limit = arguments["above" if above else "upto"]
    length = arguments["mask"].value if "mask" in arguments else BITS[family]
    mask = (1 << BITS[family]) - (1 << (BITS[family] - length))
    question = Query(ConnectionsQuestion(limit.value, DST if "daddr" in arguments else SRC, mask))
    return negate(question, above == limit.inverted)


MODULE = MatchModule(
    name="connlimit",
    meaning=meaning,
    options=(
        Option("connlimit-upto", "upto", integer(), invert=True),
        Option("connlimit-above", "above", integer(), invert=True),
        Option("connlimit-mask", "mask", prefix_length(whole=True)),
        Option("connlimit-saddr", "saddr", flag()),
        Option("connlimit-daddr", "daddr", flag()),
    ),
    conntrack=True,
    save=save,
    check=check,
)
