"""`-j TPROXY`: to a local socket without a new destination (net/netfilter/xt_TPROXY.c).

With a transparent socket that fits, the packet takes the mark and is accepted; without one it is dropped.
"""

from __future__ import annotations

from lvsconf.extensions.codecs import parse_mark
from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import Codec, Option, TargetModule
from lvsconf.extensions.ports import one_port
from lvsconf.extensions.printing import option_words
from lvsconf.model.effects import Assign, Effect, Fork, Verdict
from lvsconf.model.fields import MARK, TCP, UDP
from lvsconf.model.netfilter import Arguments, Given

_PORT = one_port("a port, 0 for that of the packet")
_MARK = Codec(
    1,
    lambda words, family: parse_mark(words[0]),
    lambda value, family: (f"{value[0]:#x}/{value[1]:#x}",),
    "a value or value/mask, 32 bits each",
)

OPTIONS = (
    Option("on-port", "on_port", _PORT, required=True),
    Option("on-ip", "on_ip", one_host()),
    Option("tproxy-mark", "tproxy_mark", _MARK),
)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Which sockets there are is not known."""
    given = arguments.get("tproxy_mark")
    mark = () if given is None else (Assign(MARK, *given.value),)
    ways = (
        ("a transparent socket takes the packet", (*mark, Verdict.ACCEPT)),
        ("no socket takes the packet, and it is dropped", (Verdict.DROP,)),
    )
    return (Fork("`-j TPROXY`", ways),)


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """All three are always printed."""
    return option_words(OPTIONS, {"on_ip": Given(0), "tproxy_mark": Given((0, 0)), **arguments}, family)


MODULE = TargetModule(
    name="TPROXY",
    options=OPTIONS,
    effects=effects,
    protocols=frozenset({TCP, UDP}),
    tables=frozenset({"mangle"}),
    chains=frozenset({"PREROUTING"}),
    save=save,
)
