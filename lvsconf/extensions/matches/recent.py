"""`-m recent`: addresses seen before."""

from __future__ import annotations

from lvsconf.extensions.addresses import full_mask, show_host
from lvsconf.extensions.codecs import flag, integer, word
from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments

_ACTIONS = ("set", "rcheck", "update", "remove")

_ACTION_OPTIONS = tuple(Option(name, name, flag(), invert=True) for name in _ACTIONS)
_LIMITS = (
    Option("seconds", "seconds", integer(1)),
    Option("reap", "reap", flag()),
    Option("hitcount", "hitcount", integer(1, 0xFFFF)),
    Option("rttl", "rttl", flag()),
)
_NAME = Option("name", "name", word("the name of a list"))
_MASK = Option("mask", "mask", one_host())
_SIDES = (Option("rsource", "rsource", flag()), Option("rdest", "rdest", flag()))


def check(arguments: Arguments, family: int) -> None:
    """Exactly one action; what is about earlier packets needs one that looks for them."""
    if sum(name in arguments for name in _ACTIONS) != 1:
        raise OptionError("-m recent needs exactly one of --set, --rcheck, --update and --remove")
    if "rcheck" not in arguments and "update" not in arguments and any(item.key in arguments for item in _LIMITS):
        raise OptionError("-m recent: --seconds, --reap, --hitcount and --rttl need --rcheck or --update")
    if "reap" in arguments and "seconds" not in arguments:
        raise OptionError("-m recent: --reap needs --seconds")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """List, mask and side always print, with their defaults."""
    words = list(option_words((*_ACTION_OPTIONS, *_LIMITS), arguments, family))
    words += ["--name", str(arguments["name"].value) if "name" in arguments else "DEFAULT"]
    mask = arguments["mask"].value if "mask" in arguments else full_mask(family)
    words += ["--mask", show_host(mask, family), "--rdest" if "rdest" in arguments else "--rsource"]
    return tuple(words)


MODULE = MatchModule(name="recent", options=(*_ACTION_OPTIONS, *_LIMITS, _NAME, _MASK, *_SIDES), check=check, save=save)
