"""`-j ECN`: change the bits of explicit congestion notification (net/ipv4/netfilter/ipt_ECN.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TCP, TCP_FLAGS, TOS
from lvsconf.model.netfilter import Arguments

_REMOVE = Option("ecn-tcp-remove", "remove", flag())
_BITS = (Option("ecn-tcp-ece", "ece", integer(0, 1)), Option("ecn-tcp-cwr", "cwr", integer(0, 1)))
_ECT = Option("ecn-ip-ect", "ip_ect", integer(0, 3))

_FLAGS = {"ece": 0x40, "cwr": 0x80}
_REMOVED = dict.fromkeys(_FLAGS, 0)


def _wanted(arguments: Arguments) -> dict[str, int]:
    """The bits that are set or cleared. `--ecn-tcp-remove` clears both flags, and forgets what came before it."""
    wanted: dict[str, int] = {}
    for key, given in arguments.items():
        wanted = dict(_REMOVED) if key == "remove" else {**wanted, key: given.value}
    return wanted


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The lower two bits of the type-of-service byte, and two TCP flags."""
    found: list[Effect] = []
    wanted = _wanted(arguments)
    flags = {key: bit for key, bit in wanted.items() if key in _FLAGS}
    if flags:
        value = sum(_FLAGS[key] for key, bit in flags.items() if bit)
        found.append(Assign(TCP_FLAGS, value, sum(_FLAGS[key] for key in flags)))
    if "ip_ect" in wanted:
        found.append(Assign(TOS, wanted["ip_ect"], 0x03))
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
    if wanted == _REMOVED:
        return (f"--{_REMOVE.name}",)
    options = (option for option in (*_BITS, _ECT) if option.key in wanted)
    return tuple(word for option in options for word in (f"--{option.name}", str(wanted[option.key])))


def protocols_of(arguments: Arguments, family: int) -> frozenset[int]:
    """The two flags are those of TCP."""
    return frozenset({TCP} if _wanted(arguments).keys() & _FLAGS.keys() else ())


MODULE = TargetModule(
    name="ECN",
    options=(_REMOVE, *_BITS, _ECT),
    effects=effects,
    families=frozenset({4}),
    tables=frozenset({"mangle"}),
    check=check,
    save=save,
    protocols_of=protocols_of,
)
