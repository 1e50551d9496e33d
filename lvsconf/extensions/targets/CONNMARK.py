"""`-j CONNMARK`: between the mark of the packet and that of its connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer, number
from lvsconf.extensions.marking import FULL, mark_options
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.actions import Copy
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import CT_MARK, MARK
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
    """The value and the masks as they count; a shift by nothing is not printed."""
    value, ctmask, nfmask = _masks(arguments)
    if "xmark" in arguments:
        words: tuple[str, ...] = (f"--{_SET[0].name}", f"{value:#x}/{ctmask:#x}")
    else:
        copy = next(option for option in _COPY if option.key in arguments)
        words = (f"--{copy.name}", "--nfmask", f"{nfmask:#x}", "--ctmask", f"{ctmask:#x}")
    shift = _shift(arguments)
    return (*words, f"--{'left' if shift > 0 else 'right'}-shift-mark", str(abs(shift))) if shift else words


def _masks(arguments: Arguments) -> tuple[int, int, int]:
    """The value, and the masks for the connection and the packet: each option sets its own, and the last one stays."""
    value, ctmask, nfmask = 0, FULL, FULL
    for key, given in arguments.items():
        if key == "xmark":
            value, ctmask = given.value
        elif key in ("mask", "ctmask"):
            ctmask = given.value
        if key in ("mask", "nfmask"):
            nfmask = given.value
    return value, ctmask, nfmask


def _shift(arguments: Arguments) -> int:
    """There is one shift, to the left if positive; the later option counts."""
    given = [arguments[key].value * (1 if key == "left" else -1) for key in arguments if key in ("left", "right")]
    return given[-1] if given else 0


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """xt_connmark.c connmark_tg_shift: set, save and restore."""
    value, ctmask, nfmask = _masks(arguments)
    shift = _shift(arguments)
    if "save_mark" in arguments:
        return (Copy(MARK, nfmask, CT_MARK, ctmask, shift),)
    if "restore_mark" in arguments:
        return (Copy(CT_MARK, ctmask, MARK, nfmask, shift),)
    # What is set is shifted whole.
    moved = (Copy(CT_MARK, FULL, CT_MARK, FULL, shift),) if shift else ()
    return (Assign(CT_MARK, value, ctmask), *moved)


MODULE = TargetModule(
    name="CONNMARK",
    options=(*_SET, *_COPY, *_SHIFTS, *_MASKS),
    effects=effects,
    conntrack=True,
    check=check,
    save=save,
)
