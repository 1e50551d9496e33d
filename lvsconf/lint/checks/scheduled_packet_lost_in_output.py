"""LVS308: OUTPUT or POSTROUTING loses what IPVS has scheduled."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import TCP
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.questions.losses import Cause, Loss


@check("LVS308")
def scheduled_packet_lost_in_output(ctx: Context) -> Iterator[Finding]:
    """IPVS sends requests through OUTPUT, with the addresses of the forwarding method."""
    for case in ctx.cases(Cause.LOST_IN_OUTPUT):
        loss = case.loss
        span = ctx.span_of(loss.end)
        if span is None or loss.server is None or loss.end is None:
            continue
        yield finding(
            "LVS308",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment, "chain": loss.end.chain},
            label=death_label(ctx, loss)[0].text,
            labels=tuple(_state_labels(ctx, loss)),
            help=f"packets that IPVS sends on cross OUTPUT as {_seen(loss)}: accept them without a state,"
            f" {_accept(loss)}",
        )


def _state_labels(ctx: Context, loss: Loss) -> Iterator[Label]:
    """The rules of the chain that would have accepted the packet in another state."""
    if loss.end is None or loss.end.table is None:
        return
    table = ctx.kernel.tables.get(loss.end.table)
    chain = table.chains.get(loss.end.chain or "") if table else None
    for rule in chain.rules if chain else ():
        use = state_use(rule.rule) if Verdict.ACCEPT in rule.effects else None
        if use is not None and use.span is not None:
            yield Label(use.span, f"the {loss.segment} is {loss.end.state} here")


def _seen(loss: Loss) -> str:
    """The addresses that OUTPUT sees, by method."""
    server, target = loss.server, loss.scene.target
    if server is None:
        return "?"
    return {
        ForwardingMethod.NAT: f"client to real server {server.address}:{server.port or target.port}",
        ForwardingMethod.DR: f"client to VIP {target.address}:{target.port}",
        ForwardingMethod.TUN: f"protocol 4 to real server {server.address}",
    }[server.method]


def _accept(loss: Loss) -> str:
    """The rule that lets them pass, by method."""
    server, target = loss.server, loss.scene.target
    proto = "tcp" if target.proto == TCP else "udp"
    if server is None:
        return ""
    return {
        ForwardingMethod.NAT: f"-A OUTPUT -d {server.address}/32 -p {proto} -m {proto}"
        f" --dport {server.port or target.port} -j ACCEPT",
        ForwardingMethod.DR: f"-A OUTPUT -d {target.address}/32 -p {proto} -m {proto} --dport {target.port} -j ACCEPT",
        ForwardingMethod.TUN: f"-A OUTPUT -d {server.address}/32 -p ipencap -j ACCEPT",
    }[server.method]
