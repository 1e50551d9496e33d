"""`-j ECN`: change the bits of explicit congestion notification (net/ipv4/netfilter/ipt_ECN.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TCP, TCP_FLAGS, TOS
from lvsconf.model.netfilter import Arguments

_REMOVE = Option("ecn-tcp-remove", "remove", flag())
_BITS = (Option("ecn-tcp-ece", "ece", integer(0, 1)), Option("ecn-tcp-cwr", "cwr", integer(0, 1)))
_ECT = Option("ecn-ip-ect", "ip_ect", integer(0, 3))

_FLAGS = {"ece": 0x40, "cwr": 0x80}


def _wanted(arguments: Arguments) -> dict[str, int]:
    """The TCP flags that are set or cleared; `--ecn-tcp-remove` clears both."""
    if "remove" in arguments:
        return dict.fromkeys(_FLAGS, 0)
    return {key: arguments[key].value for key in _FLAGS if key in arguments}


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The lower two bits of the type-of-service byte, and two TCP flags."""
    found: list[Effect] = []
    wanted = _wanted(arguments)
    if wanted:
        value = sum(_FLAGS[key] for key, bit in wanted.items() if bit)
        found.append(Assign(TCP_FLAGS, value, sum(_FLAGS[key] for key in wanted)))
    if "ip_ect" in arguments:
        found.append(Assign(TOS, arguments["ip_ect"].value, 0x03))
    return tuple(found)


def check(arguments: Arguments, family: int) -> None:
    """Something to do, and each bit once."""
    if not arguments:
        raise OptionError("-j ECN needs --ecn-tcp-remove or another of its options")
    if "remove" in arguments and ("ece" in arguments or "cwr" in arguments):
        raise OptionError("--ecn-tcp-remove can't stand beside --ecn-tcp-ece and --ecn-tcp-cwr")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Both flags cleared and nothing else is a removal; beside something else they are printed one by one."""
    wanted = _wanted(arguments)
    if "ip_ect" not in arguments and wanted == dict.fromkeys(_FLAGS, 0):
        return (f"--{_REMOVE.name}",)
    flags = (word for option in _BITS if option.key in wanted for word in (f"--{option.name}", str(wanted[option.key])))
    return (*flags, *option_words((_ECT,), arguments, family))


MODULE = TargetModule(
    name="ECN",
    options=(_REMOVE, *_BITS, _ECT),
    effects=effects,
    families=frozenset({4}),
    tables=frozenset({"mangle"}),
    check=check,
    save=save,
    protocols_of=lambda arguments, family: frozenset({TCP} if _wanted(arguments) else ()),
)
