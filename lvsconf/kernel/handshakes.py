"""`-j SYNPROXY`: the kernel shakes hands with the client first (net/ipv4/netfilter/ipt_SYNPROXY.c)."""

from __future__ import annotations

from lvsconf.kernel import answers
from lvsconf.kernel.world import World
from lvsconf.model.actions import SynProxy
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import TCP_FLAGS, TcpFlags
from lvsconf.model.preds import Pred, masked

_BITS = TcpFlags.SYN | TcpFlags.ACK | TcpFlags.FIN | TcpFlags.RST
_OPENING: Pred = masked(TCP_FLAGS, TcpFlags.SYN, _BITS)
_CONFIRMING: Pred = masked(TCP_FLAGS, TcpFlags.ACK, _BITS)


def syn_proxy(world: World, _action: SynProxy) -> list[tuple[World, Verdict | None]]:
    """synproxy_tg4: a SYN is answered with a cookie, an ACK has to bring one back, all others go on."""
    done: list[tuple[World, Verdict | None]] = []
    for kind, there in world.cases(((_OPENING, "syn"), (_CONFIRMING, "ack"))):
        if kind == "syn":
            done += [(_taken(after), Verdict.DROP) for after in answers.syn_cookie(there)]
        elif kind == "ack":
            for brings, after in there.unsure("the ACK brings the cookie back", False, True):
                if brings:
                    after.when.append("what SYNPROXY then says to the server is not shown")
                    after.lost = True
                done.append((after, Verdict.DROP))
        else:
            done.append((there, None))
    return done


def _taken(world: World) -> World:
    world.end("rejected", "SYNPROXY answers the SYN itself")
    return world
