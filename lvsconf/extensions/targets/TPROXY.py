"""`-j TPROXY`: to a local socket without a new destination (net/netfilter/xt_TPROXY.c).

With a transparent socket that fits, the packet takes the mark and is accepted; without one it is dropped.
"""

from __future__ import annotations

from lvsconf.extensions.codecs import parse_mark
from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import Codec, Option, TargetModule
from lvsconf.extensions.ports import one_port
from lvsconf.extensions.printing import option_words
from lvsconf.model.actions import ToSocket
from lvsconf.model.effects import Effect
from lvsconf.model.fields import TCP, UDP
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
    """Port and address are those of the packet where they are 0."""
    mark, mask = arguments["tproxy_mark"].value if "tproxy_mark" in arguments else (0, 0)
    address = arguments["on_ip"].value if "on_ip" in arguments else 0
    return (ToSocket(address, arguments["on_port"].value, mark, mask),)


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
