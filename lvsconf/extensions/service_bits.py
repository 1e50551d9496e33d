"""Names for values of the type-of-service byte and of the differentiated-services field in it."""

from __future__ import annotations

from lvsconf.extensions.options import OptionError

DSCP_CLASSES = {
    **{f"CS{level}": level * 8 for level in range(8)},
    "BE": 0,
    **{f"AF{group}{drop}": group * 8 + drop * 2 for group in range(1, 5) for drop in range(1, 4)},
    "EF": 0x2E,
}

TOS_NAMES = {
    "Minimize-Delay": 0x10, "Maximize-Throughput": 0x08, "Maximize-Reliability": 0x04, "Minimize-Cost": 0x02,
    "Normal-Service": 0x00,
}  # fmt: skip
TOS_NAME_MASK = 0x3F
"""The bits that a name is about."""


def dscp_class(text: str) -> int:
    """The value of a class."""
    for name, value in DSCP_CLASSES.items():
        if text.upper().startswith(name):  # what follows the name is not looked at (dscp_helper.c, class_to_dscp)
            return value
    raise OptionError(f"{text!r} is not a DSCP class: {', '.join(DSCP_CLASSES)}")


def tos_name(text: str) -> int | None:
    """The value of a type of service, None when it is no name."""
    return next((value for name, value in TOS_NAMES.items() if name.lower() == text.lower()), None)


def show_byte(value: int, family: int) -> tuple[str, ...]:
    """`0x` and two digits."""
    return (f"{value:#04x}",)
