"""`-j TCPOPTSTRIP`: TCP options become no-operations; the packet goes on (net/netfilter/xt_TCPOPTSTRIP.c).

That a no-operation stands in their place is not kept: nearly every segment with options has some anyway.
"""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TCP, TCP_OPTION_KINDS
from lvsconf.model.netfilter import Arguments

_NAMES = {"wscale": 3, "mss": 2, "sack-permitted": 4, "sack": 5, "timestamp": 8, "md5": 19}


def _parse(words: tuple[str, ...], family: int) -> tuple[int, ...]:
    found: list[int] = []
    for part in words[0].split(","):
        # The end of the options and the no-operation, 0 and 1, can't be taken out.
        kind = _NAMES[part] if part in _NAMES else number(part, 2, 0xFF)
        if kind in found:
            raise OptionError(f"the option {part!r} is named twice")
        found.append(kind)
    return tuple(sorted(found))


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The segment has none of these options any more."""
    given = arguments.get("strip_options")
    kinds = () if given is None else given.value
    return (Assign(TCP_OPTION_KINDS, 0, sum(1 << kind for kind in kinds)),) if kinds else ()


_CODEC = Codec(
    1,
    _parse,
    lambda value, family: (",".join(str(kind) for kind in value),),
    f"kinds of TCP options from 2 to 255, or {', '.join(_NAMES)}, separated by commas",
)

MODULE = TargetModule(
    name="TCPOPTSTRIP",
    options=(Option("strip-options", "strip_options", _CODEC),),
    effects=effects,
    protocols=frozenset({TCP}),
    tables=frozenset({"mangle"}),
)
