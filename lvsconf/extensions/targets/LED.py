"""`-j LED`: packets light a lamp; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number
from lvsconf.extensions.options import Codec, Option, TargetModule
from lvsconf.extensions.texts import quoted_text

FOREVER = -1


def _parse_delay(words: tuple[str, ...], family: int) -> int:
    return FOREVER if words[0].lower().startswith("inf") else number(words[0], 0, 0xFFFFFFFF)


def _show_delay(value: int, family: int) -> tuple[str, ...] | None:
    return None if value == 0 else ("inf" if value == FOREVER else str(value),)


MODULE = TargetModule(
    name="LED",
    options=(
        Option("led-trigger-id", "led_trigger_id", quoted_text(16), required=True),
        Option("led-delay", "led_delay", Codec(1, _parse_delay, _show_delay, "milliseconds, or inf")),
        Option("led-always-blink", "led_always_blink", flag()),
    ),
    effects=lambda arguments, family: (),
)
