"""`-j TCPMSS`: change the maximum segment size in a SYN; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number
from lvsconf.extensions.options import Codec, Option, TargetModule, at_least_one
from lvsconf.model.fields import TCP
from lvsconf.model.netfilter import Arguments

_HEADER = {4: 20, 6: 40}


def _parse(words: tuple[str, ...], family: int) -> int:
    return number(words[0], 0, 0xFFFF - _HEADER[family])


def chains_of(arguments: Arguments) -> frozenset[str]:
    """The path MTU is known only for packets that leave."""
    return frozenset({"FORWARD", "OUTPUT", "POSTROUTING"} if "clamp_mss_to_pmtu" in arguments else ())


MODULE = TargetModule(
    name="TCPMSS",
    options=(
        Option(
            "set-mss", "set_mss", Codec(1, _parse, lambda value, family: (str(value),), "a size without the headers")
        ),
        Option("clamp-mss-to-pmtu", "clamp_mss_to_pmtu", flag()),
    ),
    protocols=frozenset({TCP}),
    effects=lambda arguments, family: (),
    check=at_least_one("-j TCPMSS"),
    chains_of=chains_of,
)
