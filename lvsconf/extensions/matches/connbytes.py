"""`-m connbytes`: how much a connection has carried so far."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice, split_range
from lvsconf.extensions.options import Codec, MatchModule, Option

_TOP = 0xFFFFFFFFFFFFFFFF


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    """A number alone is where the range begins."""
    text = words[0]
    return split_range(text if ":" in text else f"{text}:", 0, _TOP)


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (str(value[0]) if value[1] == _TOP else f"{value[0]}:{value[1]}",)


MODULE = MatchModule(
    name="connbytes",
    options=(
        Option(
            "connbytes", "connbytes", Codec(1, _parse, _show, "a number, or a range a:b"), invert=True, required=True
        ),
        Option("connbytes-mode", "mode", choice(("packets", "bytes", "avgpkt")), required=True),
        Option("connbytes-dir", "dir", choice(("original", "reply", "both")), required=True),
    ),
    conntrack=True,
)
