"""From a loss to a finding: witness, certainty, labels, words."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.findings import Certainty, Finding, Fix, Label, Severity, Witness
from lvsconf.kernel.world import PacketResult
from lvsconf.lint import registry
from lvsconf.lint.context import Case, Context
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.questions.conversation import Exchange, Talk
from lvsconf.questions.losses import Loss
from lvsconf.source import Span


def witness(talk: Talk, exchange: Exchange) -> Witness:
    """The packets up to the one that meets its fate, and that one's lines and path."""
    at = talk.exchanges.index(exchange)
    packets = tuple(item.packet for item in talk.exchanges[: at + 1])
    return Witness(packets, at, exchange.result.trace, path_words(exchange.result))


def path_words(result: PacketResult) -> tuple[str, ...]:
    """A packet's path, a step each, with the ctstate that rules saw."""
    found = []
    for step in result.steps:
        tracked = step.state is not None and step.table != "raw" and step.kind in ("rule", "policy")
        state = f" (ctstate {step.state})" if tracked else ""
        found.append(f"{step.hook}: {step.text}{state}")
    return tuple(found)


def service_words(loss: Loss) -> str:
    """`tcp 192.0.2.100:80 (DR)`."""
    method = f" ({loss.server.method.name})" if loss.server else ""
    return f"{loss.service.name}{method}"


def on_service(case: Case) -> str:
    """The service of the witness, and how many more are concerned."""
    more = len(case.services) - 1
    also = f" and {more} more service{'s' if more > 1 else ''}" if more else ""
    return service_words(case.loss) + also


def finding(
    code: str,
    case: Case,
    span: Span,
    *,
    words: Mapping[str, object],
    label: str = "",
    labels: tuple[Label, ...] = (),
    fix: Fix | None = None,
    help: str = "",  # noqa: A002 - the field's name
    severity: Severity | None = None,
) -> Finding:
    """A finding of a path rule, with its proof."""
    rule = registry.rule(code)
    loss = case.loss
    proven = case.proven and rule.certainty is Certainty.PROVEN
    if case.stated is not None and case.stated != span:
        labels = (*labels, Label(case.stated, f"{service_words(loss)} is set up here"))
    return Finding(
        code=code,
        slug=rule.slug,
        severity=severity or rule.severity,
        certainty=Certainty.PROVEN if proven else Certainty.POSSIBLE,
        message=rule.message(**words),
        span=span,
        label=label,
        assumes=() if proven else case.assumes,
        labels=labels,
        witness=witness(loss.talk, loss.exchange),
        fix=fix,
        help=help,
    )


def death_label(ctx: Context, loss: Loss) -> tuple[Label, ...]:
    """The place where the packet dies."""
    span = ctx.span_of(loss.end)
    end = loss.end
    if span is None or end is None:
        return ()
    state = f", ctstate {end.state}" if end.state else ""
    how = {"REJECT": "rejected", "DROP": "dropped"}.get(end.verdict or "", "lost")
    return (Label(span, f"the {loss.segment} is {how} here ({end.hook}{state})"),)


def is_nat(loss: Loss) -> bool:
    """Whether the witness goes to an LVS-NAT real server."""
    return loss.server is not None and loss.server.method is ForwardingMethod.NAT


def joined(names: tuple[str, ...]) -> str:
    """`FIN`, `FIN and RST`, `SYN, ACK and FIN`."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
