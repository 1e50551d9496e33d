"""`-m ipvs`: packets that IPVS has handled (net/netfilter/xt_ipvs.c, ipvs_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice, flag
from lvsconf.extensions.hosts import network
from lvsconf.extensions.names import protocol_number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.ports import one_port
from lvsconf.extensions.printing import option_words
from lvsconf.model.fields import IPVS_PROPERTY
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Masked, Opaque, Pred, all_of, negate


def _protocol() -> Codec:
    def parse(words: tuple[str, ...], family: int) -> int:
        number = protocol_number(words[0])
        if number is None:
            raise OptionError(f"{words[0]!r} is not a known protocol")
        return number

    return Codec(1, parse, lambda value, family: (str(value),), "a protocol name or number")


OPTIONS = (
    Option("ipvs", "ipvs", flag(), invert=True),
    Option("vproto", "vproto", _protocol(), invert=True),
    Option("vaddr", "vaddr", network(), invert=True),
    Option("vport", "vport", one_port(), invert=True),
    Option("vdir", "vdir", choice(("ORIGINAL", "REPLY"))),
    Option("vmethod", "vmethod", choice(("GATE", "IPIP", "MASQ")), invert=True),
    Option("vportctl", "vportctl", one_port(), invert=True),
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """Alone, `--ipvs` is the packet's ipvs_property; any other option also looks into IPVS's connections."""
    marked: Pred = Masked(IPVS_PROPERTY, 1, 1)
    asked = [key for key in arguments if key != "ipvs"]
    if asked:
        return all_of((marked, Opaque("the IPVS connection: " + ", ".join(f"--{key}" for key in asked))))
    given = arguments.get("ipvs")
    return negate(marked, given is not None and given.inverted)


def check(arguments: Arguments, family: int) -> None:
    """At least one option, and `! --ipvs` only alone."""
    if not arguments:
        raise OptionError("-m ipvs needs at least one option")
    if len(arguments) > 1 and "ipvs" in arguments and arguments["ipvs"].inverted:
        raise OptionError("`! --ipvs` can't stand with other options")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """The other options imply `--ipvs`, which then is not printed."""
    kept = {key: given for key, given in arguments.items() if key != "ipvs" or len(arguments) == 1}
    return option_words(OPTIONS, kept, family)


MODULE = MatchModule(name="ipvs", options=OPTIONS, meaning=meaning, check=check, save=save)
