"""`-j REJECT`: an error message or a reset, and the packet is gone (net/ipv4/netfilter/ipt_REJECT.c, ip6t_REJECT.c)."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, Odd, Option, OptionError, TargetModule
from lvsconf.model.effects import Effect, Reject
from lvsconf.model.fields import TCP
from lvsconf.model.netfilter import Arguments

_ANSWERS: dict[int, dict[str, str]] = {
    4: {
        "icmp-net-unreachable": "net-unreach",
        "icmp-host-unreachable": "host-unreach",
        "icmp-proto-unreachable": "proto-unreach",
        "icmp-port-unreachable": "port-unreach",
        "icmp-net-prohibited": "net-prohib",
        "icmp-host-prohibited": "host-prohib",
        "tcp-reset": "tcp-rst",
        "icmp-admin-prohibited": "admin-prohib",
    },
    6: {
        "icmp6-no-route": "no-route",
        "icmp6-adm-prohibited": "adm-prohibited",
        "icmp6-addr-unreachable": "addr-unreach",
        "icmp6-port-unreachable": "port-unreach",
        "tcp-reset": "tcp-reset",
        "icmp6-policy-fail": "policy-fail",
        "icmp6-reject-route": "reject-route",
    },
}
"""Each answer and its short name, in iptables' order."""

DEFAULT = {4: "icmp-port-unreachable", 6: "icmp6-port-unreachable"}


def _parse(words: tuple[str, ...], family: int) -> str | Odd:
    text = words[0].lower()
    answers = _ANSWERS[family]
    found = [name for name, short in answers.items() if name.startswith(text) or short.startswith(text)]
    if not found:
        raise OptionError(f"{words[0]!r} is not one of {', '.join(answers)}")
    return found[0] if text else Odd(found[0], f"iptables takes an empty word for {found[0]}")


def _answer(arguments: Arguments, family: int) -> str:
    given = arguments.get("reject_with")
    return DEFAULT[family] if given is None else str(given.value)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The answer; without the option, port unreachable."""
    return (Reject(_answer(arguments, family)),)


MODULE = TargetModule(
    name="REJECT",
    options=(
        Option(
            "reject-with",
            "reject_with",
            Codec(1, _parse, lambda value, family: (value,), "one of the ICMP errors, or tcp-reset"),
        ),
    ),
    effects=effects,
    tables=frozenset({"filter"}),
    chains=frozenset({"INPUT", "FORWARD", "OUTPUT"}),
    protocols_of=lambda arguments, family: frozenset({TCP} if _answer(arguments, family) == "tcp-reset" else ()),
    save=lambda arguments, family: ("--reject-with", _answer(arguments, family)),
)
