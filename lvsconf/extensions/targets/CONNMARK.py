"""`-j CONNMARK`: between the mark of the packet and that of its connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer, number
from lvsconf.extensions.marking import FULL, mark_options
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.netfilter import Arguments

_BITS = Codec(1, lambda words, family: number(words[0], 0, FULL), lambda value, family: (f"{value:#x}",), "32 bits")
_SHIFT = integer(0, 32)

_SET = mark_options()
_COPY = (Option("save-mark", "save_mark", flag()), Option("restore-mark", "restore_mark", flag()))
_SHIFTS = (Option("left-shift-mark", "left", _SHIFT), Option("right-shift-mark", "right", _SHIFT))
_MASKS = (Option("nfmask", "nfmask", _BITS), Option("ctmask", "ctmask", _BITS), Option("mask", "mask", _BITS))


def check(arguments: Arguments, family: int) -> None:
    """One thing to do; masks belong to the copies."""
    if sum(key in arguments for key in ("xmark", "save_mark", "restore_mark")) != 1:
        raise OptionError("-j CONNMARK needs exactly one of --set-xmark and its kin, --save-mark and --restore-mark")
    if "mask" in arguments and ("nfmask" in arguments or "ctmask" in arguments):
        raise OptionError("-j CONNMARK takes either --mask or --nfmask and --ctmask")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """There is one mask for the connection and one for the packet: each option sets its own, and the last one stays."""
    value, ctmask, nfmask = 0, FULL, FULL
    for key, given in arguments.items():
        if key == "xmark":
            value, ctmask = given.value
        elif key in ("mask", "ctmask"):
            ctmask = given.value
        if key in ("mask", "nfmask"):
            nfmask = given.value
    if "xmark" in arguments:
        words: tuple[str, ...] = (f"--{_SET[0].name}", f"{value:#x}/{ctmask:#x}")
    else:
        copy = next(option for option in _COPY if option.key in arguments)
        words = (f"--{copy.name}", "--nfmask", f"{nfmask:#x}", "--ctmask", f"{ctmask:#x}")
    return (*words, *_shift(arguments))


def _shift(arguments: Arguments) -> tuple[str, ...]:
    """There is one shift; the later option counts, and a shift by nothing is not printed."""
    given = [(key, arguments[key].value) for key in arguments if key in ("left", "right")]
    return (f"--{given[-1][0]}-shift-mark", str(given[-1][1])) if given and given[-1][1] else ()


MODULE = TargetModule(
    name="CONNMARK", options=(*_SET, *_COPY, *_SHIFTS, *_MASKS), conntrack=True, check=check, save=save
)
