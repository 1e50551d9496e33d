"""`-j IDLETIMER`: packets wind up a timer that tells user space when they stop; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.extensions.texts import cut_word
from lvsconf.model.netfilter import Arguments

_LONGEST = 0x7FFFFFFF // 1000 - 1
_TAKEN = frozenset({".", "..", "power", "subsystem", "uevent"})
"""Files that every sysfs device has; the label becomes a file beside them (net/netfilter/xt_IDLETIMER.c)."""


def check(arguments: Arguments, family: int) -> None:
    """The label is the name of a file."""
    label = arguments["label"].value
    if label in _TAKEN or "/" in label:
        raise OptionError(f"-j IDLETIMER can't have the label {label!r}: it becomes the name of a file in sysfs")


MODULE = TargetModule(
    name="IDLETIMER",
    options=(
        Option("timeout", "timeout", integer(1, _LONGEST), required=True),
        Option("label", "label", cut_word(27), required=True),
        Option("alarm", "alarm", flag()),
    ),
    effects=lambda arguments, family: (),
    check=check,
)
