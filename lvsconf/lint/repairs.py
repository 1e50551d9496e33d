"""Edits that checks propose. Whether they mend anything is proven by running lint on the edited text."""

from __future__ import annotations

from lvsconf.findings import Applicability, Edit, Fix
from lvsconf.lint.context import Context
from lvsconf.model.fields import DPORT, TCP
from lvsconf.model.ipvs import Endpoint, VirtualService
from lvsconf.model.netfilter import Rule, Use
from lvsconf.packets.solve import constraints
from lvsconf.questions.losses import Loss, loaded
from lvsconf.source import Span

STATE_MODULES = ("state", "conntrack")


def state_use(rule: Rule | None) -> Use | None:
    """The match of a rule that looks at the ctstate."""
    if rule is None:
        return None
    return next((use for use in rule.matches if use.module in STATE_MODULES and use.span is not None), None)


def names_port(ctx: Context, loss: Loss) -> bool:
    """Whether the rule that let the connection begin is about certain destination ports."""
    rule = loaded(ctx.kernel, loss.admitted_by) if loss.admitted_by else None
    return rule is not None and next(constraints(rule.pred, DPORT), None) is not None


def without_state(ctx: Context, loss: Loss) -> Fix | None:
    """Make the accepting rule stateless where it names the port; else accept the service ahead of it."""
    admitted = loss.admitted_by
    use = state_use(admitted.rule) if admitted else None
    if use is not None and use.span is not None and names_port(ctx, loss):
        return Fix("accept by port, without a state", Applicability.SAFE, (Edit(_with_blank(ctx, use.span), ""),))
    return accept_before(ctx, loss, admitted.rule if admitted else None)


def _with_blank(ctx: Context, span: Span) -> Span:
    """The span and the blank after it, so that a removed option leaves no hole."""
    source = ctx.sources.get(span.file)
    line = source.lines[span.line - 1] if source else ""
    end = span.end_column
    if line[end - 1 : end] == " ":
        end += 1
    return Span(span.file, span.line, span.column, span.end_line, end)


def accept_line(service: VirtualService, chain: str) -> str | None:
    """The stateless rule that lets a service's requests in, as iptables-save prints it."""
    key = service.key
    if not isinstance(key, Endpoint) or not key.port:
        return None
    proto = "tcp" if key.proto == TCP else "udp"
    return f"-A {chain} -d {key.address}/32 -p {proto} -m {proto} --dport {key.port} -j ACCEPT"


def accept_before(ctx: Context, loss: Loss, rule: Rule | None) -> Fix | None:
    """Accept the service's packets, whatever their state, right before a rule."""
    if rule is None or rule.span is None or loss.end is None:
        return None
    chain = _chain_of(ctx, rule)
    line = accept_line(loss.service, chain) if chain else None
    if line is None:
        return None
    start = Span(rule.span.file, rule.span.line, 1, rule.span.line, 1)
    return Fix(
        f"accept {loss.service.name} without a state, ahead of it", Applicability.SAFE, (Edit(start, line + "\n"),)
    )


def _chain_of(ctx: Context, rule: Rule) -> str | None:
    return ctx.homes.get(id(rule))


def set_sysctl(ctx: Context, key: str, value: str, title: str, applicability: Applicability) -> Fix | None:
    """Change a key in sysctl.conf, or add it at the end."""
    name = ctx.files.get("sysctl")
    source = ctx.sources.get(name) if name else None
    if source is None or name is None:
        return None
    setting = ctx.kernel.settings.place(key)
    if setting is not None and setting.span is not None:
        return Fix(title, applicability, (Edit(setting.span, f"{key} = {value}"),))
    last = len(source.lines) + 1
    missing_newline = "\n" if source.text and not source.text.endswith("\n") else ""
    end = Span(name, last, 1, last, 1)
    if missing_newline:
        end = Span(name, last - 1, len(source.lines[-1]) + 1, last - 1, len(source.lines[-1]) + 1)
    return Fix(title, applicability, (Edit(end, f"{missing_newline}{key} = {value}\n"),))
