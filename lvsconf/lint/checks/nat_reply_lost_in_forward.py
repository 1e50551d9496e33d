"""LVS306: FORWARD loses the real servers' answers of LVS-NAT."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use
from lvsconf.model.fields import TCP
from lvsconf.questions.losses import Cause, established_rules


@check("LVS306")
def nat_reply_lost_in_forward(ctx: Context) -> Iterator[Finding]:
    """FORWARD sees RIP to CIP, and without conntrack a SYN+ACK that is INVALID."""
    for case in ctx.cases(Cause.REPLY_IN_FORWARD):
        loss = case.loss
        span = ctx.span_of(loss.end)
        if span is None or loss.server is None or loss.end is None:
            continue
        labels = []
        for _, _, rule in established_rules(ctx.survey, loss.end):
            use = state_use(rule.rule)
            if use is not None and use.span is not None:
                labels.append(Label(use.span, f"the answer is {loss.end.state} here, not ESTABLISHED"))
        proto = "tcp" if loss.scene.target.proto == TCP else "udp"
        port = f" --sport {loss.server.port}" if loss.server.port else ""
        rule_text = f"-A FORWARD -s {loss.server.address}/32 -p {proto} -m {proto}{port} -j ACCEPT"
        tracked = "" if loss.end.state == "ESTABLISHED" else "set net.ipv4.vs.conntrack = 1, or "
        yield finding(
            "LVS306",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment, "server": loss.server.address},
            label=death_label(ctx, loss)[0].text,
            labels=tuple(labels),
            help=f"{tracked}accept the real servers' answers: {rule_text}",
        )
