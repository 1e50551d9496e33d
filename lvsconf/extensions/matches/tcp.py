"""`-m tcp`: ports, flags and options of a TCP header (net/netfilter/xt_tcpudp.c, tcp_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.ports import checked_range
from lvsconf.extensions.transport import port_options, ports_meaning, save_transport
from lvsconf.model.fields import TCP, TCP_FLAGS, TCP_OPTION_KINDS, TcpFlags
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Masked, Pred, all_of, negate

_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
_BY_NAME = {**{name: int(getattr(TcpFlags, name)) for name in _FLAGS}, "ALL": 0x3F, "NONE": 0}
SYN_ONLY = (int(TcpFlags.SYN | TcpFlags.RST | TcpFlags.ACK | TcpFlags.FIN), int(TcpFlags.SYN))
"""`--syn`: what is looked at, and what must be set."""


def _flag_bits(text: str) -> int:
    bits = 0
    for name in filter(None, text.split(",")):
        if name.upper() not in _BY_NAME:
            raise OptionError(f"{name!r} is not a TCP flag: {', '.join(_BY_NAME)}")
        bits |= _BY_NAME[name.upper()]
    return bits


def _flag_names(bits: int) -> str:
    return ",".join(name for name in _FLAGS if bits & _BY_NAME[name]) or "NONE"


def _tcp_flags() -> Codec:
    return Codec(
        2,
        lambda words, family: (_flag_bits(words[0]), _flag_bits(words[1])),
        lambda value, family: (_flag_names(value[0]), _flag_names(value[1])),
        "two lists of flags: those to look at, and those of them that are set",
    )


def _syn() -> Codec:
    return Codec(0, lambda words, family: SYN_ONLY, lambda value, family: (), "nothing")


OPTIONS = (
    *port_options(checked_range("tcp")),
    Option("tcp-option", "tcp_option", integer(1, 255), invert=True),
    Option("tcp-flags", "tcp_flags", _tcp_flags(), invert=True),
    Option("syn", "tcp_flags", _syn(), invert=True),
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """All given conditions; `-p tcp` in the rule sees to it that there is a TCP header."""
    preds = [ports_meaning(arguments)]
    if given := arguments.get("tcp_flags"):
        mask, value = given.value
        # Flags outside the mask can never be found set: such a rule matches nothing, or with `!` everything.
        found: Pred = FALSE if value & ~mask else Masked(TCP_FLAGS, value, mask)
        preds.append(negate(found, given.inverted))
    if given := arguments.get("tcp_option"):
        kind = 1 << given.value
        preds.append(negate(Masked(TCP_OPTION_KINDS, kind, kind), given.inverted))
    return all_of(preds)


def _looks_at_nothing(arguments: Arguments) -> bool:
    given = arguments.get("tcp_flags")
    return given is not None and not given.value[0] and not given.inverted


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Flags are printed when some are looked at."""
    nothing = _looks_at_nothing(arguments)
    kept = {key: given for key, given in arguments.items() if key != "tcp_flags" or not nothing}
    return save_transport(OPTIONS, kept, family)


MODULE = MatchModule(
    name="tcp",
    options=OPTIONS,
    meaning=meaning,
    protocols=frozenset({TCP}),
    save=save,
    loses=lambda arguments: _looks_at_nothing(arguments) and bool(arguments["tcp_flags"].value[1]),
)
