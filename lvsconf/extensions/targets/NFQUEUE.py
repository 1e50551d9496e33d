"""`-j NFQUEUE`: to a program in user space, whose answer nobody knows."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer, number_range
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.effects import Effect, Fork, Verdict
from lvsconf.model.netfilter import Arguments, Given

OPTIONS = (
    Option("queue-num", "queue_num", integer(0, 0xFFFF)),
    Option("queue-balance", "queue_balance", number_range(0xFFFF, single=False)),
    Option("queue-bypass", "queue_bypass", flag()),
    Option("queue-cpu-fanout", "queue_cpu_fanout", flag()),
)


def check(arguments: Arguments, family: int) -> None:
    """One queue, or a real range of them to spread over."""
    balance = arguments.get("queue_balance")
    if balance is not None and "queue_num" in arguments:
        raise OptionError("-j NFQUEUE takes either --queue-num or --queue-balance")
    if balance is None and "queue_cpu_fanout" in arguments:
        raise OptionError("--queue-cpu-fanout needs --queue-balance")
    if balance is not None and (balance.value[0] == balance.value[1] or balance.value == (0, 0xFFFF)):
        raise OptionError("--queue-balance wants from two to 65535 queues")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Without a number it is queue 0."""
    given = arguments if "queue_balance" in arguments else {"queue_num": Given(0), **arguments}
    return option_words(OPTIONS, given, family)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """To the program; whether one listens counts with --queue-bypass only, which otherwise goes on."""
    if "queue_bypass" not in arguments:
        return (Verdict.QUEUE,)
    ways = (
        ("a program takes the packet from the queue", (Verdict.QUEUE,)),
        # nf_queue: NF_ACCEPT of the hook, not XT_CONTINUE, when nobody is there.
        ("no program listens to the queue", (Verdict.ACCEPT,)),
    )
    return (Fork("`-j NFQUEUE --queue-bypass`", ways),)


MODULE = TargetModule(
    name="NFQUEUE",
    options=OPTIONS,
    effects=effects,
    check=check,
    save=save,
)
