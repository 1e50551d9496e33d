"""`-j CONNMARK`: between the mark of the packet and that of its connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number
from lvsconf.extensions.marking import FULL, mark_options
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments

_BITS = Codec(1, lambda words, family: number(words[0], 0, FULL), lambda value, family: (f"{value:#x}",), "32 bits")

_SET = mark_options()
_COPY = (Option("save-mark", "save_mark", flag()), Option("restore-mark", "restore_mark", flag()))
_MASKS = (Option("nfmask", "nfmask", _BITS), Option("ctmask", "ctmask", _BITS), Option("mask", "mask", _BITS))


def check(arguments: Arguments, family: int) -> None:
    """One thing to do; masks belong to the copies."""
    if sum(key in arguments for key in ("xmark", "save_mark", "restore_mark")) != 1:
        raise OptionError("-j CONNMARK needs exactly one of --set-xmark and its kin, --save-mark and --restore-mark")
    if "mask" in arguments and ("nfmask" in arguments or "ctmask" in arguments):
        raise OptionError("-j CONNMARK takes either --mask or --nfmask and --ctmask")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A copy prints both masks; a value takes the mask that is given on its own."""
    if "xmark" in arguments:
        value, mask = arguments["xmark"].value
        given = arguments.get("mask") or arguments.get("ctmask")
        return (f"--{_SET[0].name}", f"{value:#x}/{mask if given is None else given.value:#x}")
    words = option_words(_COPY, arguments, family)
    both = arguments["mask"].value if "mask" in arguments else FULL
    masks = (arguments[key].value if key in arguments else both for key in ("nfmask", "ctmask"))
    shown = zip(("--nfmask", "--ctmask"), (f"{mask:#x}" for mask in masks), strict=True)
    return (*words, *(word for pair in shown for word in pair))


MODULE = TargetModule(name="CONNMARK", options=(*_SET, *_COPY, *_MASKS), conntrack=True, check=check, save=save)
