"""LVS309: the catch-all REJECT of a chain that INPUT and FORWARD share."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import finding, joined, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use, without_state
from lvsconf.questions.losses import Cause, established_rules


@check("LVS309")
def reject_ends_shared_chain(ctx: Context) -> Iterator[Finding]:
    """What conntrack calls INVALID falls through to the REJECT, which tells the client to give up."""
    for case in ctx.cases(Cause.SHARED_REJECT):
        loss = case.loss
        span = ctx.span_of(loss.end)
        if span is None or loss.end is None:
            continue
        labels = []
        admitting = state_use(loss.admitted_by.rule) if loss.admitted_by else None
        if admitting is not None and admitting.span is not None:
            labels.append(Label(admitting.span, "lets the connection begin as NEW"))
        for _, _, rule in established_rules(ctx.survey, loss.end):
            use = state_use(rule.rule)
            if use is not None and use.span is not None:
                labels.append(Label(use.span, f"the {loss.segment} is {loss.end.state}, not ESTABLISHED"))
        yield finding(
            "LVS309",
            case,
            span,
            words={"service": on_service(case), "segments": joined(case.segments), "chain": loss.end.chain},
            label=f"the {joined(case.segments)} of a live connection end here ({loss.end.hook})",
            labels=tuple(labels),
            fix=without_state(ctx, loss) if loss.end.hook == "LOCAL_IN" else None,
            help="accept the service by address and port, without a state, above this rule",
        )
