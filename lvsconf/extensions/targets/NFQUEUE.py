"""`-j NFQUEUE`: to a program in user space, whose answer nobody knows."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer, number_range
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.effects import Verdict
from lvsconf.model.netfilter import Arguments, Given

OPTIONS = (
    Option("queue-num", "queue_num", integer(0, 0xFFFF)),
    Option("queue-balance", "queue_balance", number_range(0, 0xFFFF, single=False)),
    Option("queue-bypass", "queue_bypass", flag()),
    Option("queue-cpu-fanout", "queue_cpu_fanout", flag()),
)


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Without a number it is queue 0."""
    given = arguments if "queue_balance" in arguments else {"queue_num": Given(0), **arguments}
    return option_words(OPTIONS, given, family)


MODULE = TargetModule(name="NFQUEUE", options=OPTIONS, effects=lambda arguments, family: (Verdict.QUEUE,), save=save)
