"""`-m ecn`: explicit congestion notification in the IP and TCP headers (net/netfilter/xt_ecn.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import MatchModule, Option, at_least_one
from lvsconf.extensions.transport import NO_LATER_FRAGMENT
from lvsconf.model.fields import TCP, TCP_FLAGS, TOS, TcpFlags
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Masked, Opaque, Pred, all_of, any_of, negate

_FLAGS = {"tcp_ece": int(TcpFlags.ECE), "tcp_cwr": int(TcpFlags.CWR)}


def meaning(arguments: Arguments, family: int) -> Pred:
    """The two lowest bits of the type-of-service byte, and TCP flags, which are looked for even in later fragments."""
    preds: list[Pred] = []
    if given := arguments.get("ip_ect"):
        preds.append(negate(Masked(TOS, given.value, 0x03), given.inverted))
    flags = [
        negate(Masked(TCP_FLAGS, bit, bit), arguments[key].inverted) for key, bit in _FLAGS.items() if key in arguments
    ]
    if flags:
        elsewhere = all_of((negate(NO_LATER_FRAGMENT), Opaque("what stands where the TCP flags would be")))
        preds.append(any_of((all_of((NO_LATER_FRAGMENT, *flags)), elsewhere)))
    return all_of(preds)


MODULE = MatchModule(
    name="ecn",
    options=(
        Option("ecn-tcp-ece", "tcp_ece", flag(), invert=True),
        Option("ecn-tcp-cwr", "tcp_cwr", flag(), invert=True),
        Option("ecn-ip-ect", "ip_ect", integer(0, 3), invert=True),
    ),
    meaning=meaning,
    check=at_least_one("-m ecn"),
    protocols_of=lambda arguments, family: frozenset({TCP} if any(key in arguments for key in _FLAGS) else ()),
)
