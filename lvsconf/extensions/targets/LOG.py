"""`-j LOG`: a line in the kernel log; the packet goes on (net/netfilter/xt_LOG.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, flag
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule

_LEVELS = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
_BY_NAME = {**{name: level for level, name in enumerate(_LEVELS)}, "panic": 0}
DEFAULT_LEVEL = 4


def _parse_level(words: tuple[str, ...], family: int) -> int:
    text = words[0]
    number = number_of(text)
    if number is not None and number < len(_LEVELS):
        return number
    if text not in _BY_NAME:
        raise OptionError(f"{text!r} is not a log level: 0 to 7 or one of {', '.join(_LEVELS)}")
    return _BY_NAME[text]


def _show_level(value: int, family: int) -> tuple[str, ...] | None:
    return None if value == DEFAULT_LEVEL else (str(value),)


MODULE = TargetModule(
    name="LOG",
    options=(
        Option("log-prefix", "log_prefix", cut_string(29, least=1)),
        Option("log-level", "log_level", Codec(1, _parse_level, _show_level, "a level from 0 to 7, or its name")),
        Option("log-tcp-sequence", "log_tcp_sequence", flag()),
        Option("log-tcp-options", "log_tcp_options", flag()),
        Option("log-ip-options", "log_ip_options", flag()),
        Option("log-uid", "log_uid", flag()),
        Option("log-macdecode", "log_macdecode", flag()),
    ),
    effects=lambda arguments, family: (),
)
