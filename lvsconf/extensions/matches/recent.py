"""`-m recent`: addresses seen before."""

from __future__ import annotations

from lvsconf.extensions.addresses import full_mask, show_host
from lvsconf.extensions.codecs import flag, integer, number
from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.texts import proc_name
from lvsconf.model.fields import DST, SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import RecentQuestion

_MOST_HITS = 0xFFFF
_ACTIONS = ("set", "rcheck", "update", "remove")

_ACTION_OPTIONS = tuple(Option(name, name, flag(), invert=True) for name in _ACTIONS)
_HITS = Codec(
    1,
    lambda words, family: number(words[0], 0, 0xFFFFFFFF),
    lambda value, family: (str(value),) if value else None,
    "a number from 0 to 65535",
)
_LIMITS = (
    Option("seconds", "seconds", integer(1)),
    Option("reap", "reap", flag()),
    Option("hitcount", "hitcount", _HITS),
    Option("rttl", "rttl", flag()),
)
_NAME = Option("name", "name", proc_name(199, "the name of a list"))
_MASK = Option("mask", "mask", one_host())
_SIDES = (Option("rsource", "rsource", flag()), Option("rdest", "rdest", flag()))


def _limits(arguments: Arguments) -> list[bool]:
    """What is asked of earlier packets; no hits are none."""
    given = [arguments[option.key] for option in _LIMITS if option.key in arguments]
    return [each.value != 0 for each in given]


def check(arguments: Arguments, family: int) -> None:
    """Exactly one action; what is about earlier packets needs one that looks for them."""
    if sum(name in arguments for name in _ACTIONS) != 1:
        raise OptionError("-m recent needs exactly one of --set, --rcheck, --update and --remove")
    if "rcheck" not in arguments and "update" not in arguments and any(_limits(arguments)):
        raise OptionError("-m recent: --seconds, --reap, --hitcount and --rttl need --rcheck or --update")
    if "hitcount" in arguments and arguments["hitcount"].value > _MOST_HITS:
        raise OptionError(f"-m recent: the kernel counts up to {_MOST_HITS} hits")
    if "reap" in arguments and "seconds" not in arguments:
        raise OptionError("-m recent: --reap needs --seconds")


def _side(arguments: Arguments) -> str:
    """The later one counts."""
    sides = [key for key in arguments if key in ("rsource", "rdest")]
    return f"--{sides[-1] if sides else 'rsource'}"


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """List, mask and side always print, with their defaults."""
    words = list(option_words((*_ACTION_OPTIONS, *_LIMITS), arguments, family))
    words += ["--name", str(arguments["name"].value) if "name" in arguments else "DEFAULT"]
    mask = arguments["mask"].value if "mask" in arguments else full_mask(family)
    words += ["--mask", show_host(mask, family), _side(arguments)]
    return tuple(words)


def meaning(arguments: Arguments, family: int) -> Pred:
    """A look into the list, and what the action leaves there (net/netfilter/xt_recent.c, recent_mt)."""
    action = next(name for name in _ACTIONS if name in arguments)
    seconds, hits = (arguments[key].value if key in arguments else 0 for key in ("seconds", "hitcount"))
    return Query(
        RecentQuestion(
            arguments["name"].value if "name" in arguments else "DEFAULT",
            action,
            DST if _side(arguments) == "--rdest" else SRC,
            arguments["mask"].value if "mask" in arguments else full_mask(family),
            seconds,
            hits,
            "reap" in arguments,
            "rttl" in arguments,
            arguments[action].inverted,
        )
    )


MODULE = MatchModule(
    name="recent", meaning=meaning, options=(*_ACTION_OPTIONS, *_LIMITS, _NAME, _MASK, *_SIDES), check=check, save=save
)
