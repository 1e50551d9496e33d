"""`-j TCPMSS`: change the maximum segment size in a SYN; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number
from lvsconf.extensions.options import Around, Codec, Option, OptionError, TargetModule, at_least_one
from lvsconf.extensions.printing import option_words
from lvsconf.model.effects import Add, Assign, Effect, Forget, When
from lvsconf.model.fields import LENGTH, TCP, TCP_MSS, TCP_OPTION_KINDS, TcpFlags
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Masked, all_of, between, equals

_HEADER = {4: 20, 6: 40}


def _parse(words: tuple[str, ...], family: int) -> int:
    return number(words[0], 0, 0xFFFF - _HEADER[family])


OPTIONS = (
    Option("set-mss", "set_mss", Codec(1, _parse, lambda value, family: (str(value),), "a size without the headers")),
    Option("clamp-mss-to-pmtu", "clamp_mss_to_pmtu", flag()),
)


def _clamps(arguments: Arguments) -> bool:
    """There is one field for both options, so that the later one counts."""
    return bool(arguments) and next(reversed(dict(arguments))) == "clamp_mss_to_pmtu"


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """What is left of the two."""
    kept = "clamp_mss_to_pmtu" if _clamps(arguments) else "set_mss"
    return option_words(OPTIONS, {kept: arguments[kept]}, family)


def chains_of(arguments: Arguments) -> frozenset[str]:
    """The path MTU is known only for packets that leave."""
    return frozenset({"FORWARD", "OUTPUT", "POSTROUTING"} if _clamps(arguments) else ())


_SYN = int(TcpFlags.SYN)


_OPTION = 2
_DEFAULT_MSS = {4: 536, 6: 1220}


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """A larger size is made smaller; a SYN without data that has no such option gets one, which makes it longer.

    net/netfilter/xt_TCPMSS.c, tcpmss_mangle_packet.
    """
    bit = 1 << _OPTION
    has, lacks = Masked(TCP_OPTION_KINDS, bit, bit), equals(TCP_OPTION_KINDS, 0)
    headers = equals(LENGTH, _HEADER[family] + 20)
    longer = (Add(LENGTH, 4), Assign(TCP_OPTION_KINDS, bit, bit))
    if _clamps(arguments):
        # What the path takes is not known here; it is never raised.
        return (When(has, (Forget(TCP_MSS),)), When(all_of((lacks, headers)), (*longer, Forget(TCP_MSS))))
    size = arguments["set_mss"].value
    put = Assign(TCP_MSS, size, TCP_MSS.full)
    fresh = Assign(TCP_MSS, min(size, _DEFAULT_MSS[family]), TCP_MSS.full)
    return (
        When(all_of((has, between(TCP_MSS, size + 1, TCP_MSS.full))), (put,)),
        When(all_of((lacks, headers)), (*longer, fresh)),
    )


def rule_check(arguments: Arguments, around: Around) -> None:
    """Only a SYN carries the option (net/netfilter/xt_TCPMSS.c, find_syn_match)."""
    for use in around.matches:
        flags = use.arguments.get("tcp_flags") if use.module == "tcp" else None
        if flags is not None and not flags.inverted and flags.value[1] & _SYN:
            return
    raise OptionError("-j TCPMSS needs a match on SYN, such as `--tcp-flags SYN,RST SYN`, in the same rule")


MODULE = TargetModule(
    name="TCPMSS",
    options=OPTIONS,
    protocols=frozenset({TCP}),
    save=save,
    effects=effects,
    check=at_least_one("-j TCPMSS"),
    chains_of=chains_of,
    rule_check=rule_check,
)
