"""Running the rules over hosts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lvsconf.findings import Certainty, Finding, Problem, Result, Skipped, Unreadable
from lvsconf.lint import registry
from lvsconf.lint.context import Context
from lvsconf.model.host import Role
from lvsconf.snapshot import HostInput
from lvsconf.source import Source

_HAS = {
    "iptables-save": lambda host: 4 in host.rules,
    "iptables-save or ip6tables-save": lambda host: bool(host.rules),
    "ipvsadm-save": lambda host: host.services is not None,
    "sysctl": lambda host: host.sysctl is not None,
    "ip address": lambda host: host.interfaces is not None,
    "the role of an active director": lambda host: host.role not in (Role.BACKUP, Role.REALSERVER),
}
"""The inputs that a rule may need, in the words that say how to get them."""


def lint(
    inputs: Sequence[HostInput],
    *,
    unreadable: Iterable[Unreadable] = (),
    ignored: Iterable[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Result:
    """Every rule over every host but those that are opt-in. `select` and `ignore` are code prefixes or slugs."""
    findings: list[Finding] = []
    skipped: dict[str, set[str]] = {}
    assumed: dict[str, None] = {}
    unread = list(unreadable)
    passed_over = list(ignored)
    sources: dict[str, Source] = {}
    told: dict[Problem, None] = {}  # hosts may share a file
    minor: set[str] = set()
    for each in inputs:
        sources.update(each.sources)
        unread += each.unreadable
        passed_over += each.ignored
        told.update(dict.fromkeys(each.problems))
        ctx = Context(each.host, each.sources, each.files)
        found = _ask(ctx, select, ignore, skipped)
        findings += found
        assumed.update(dict.fromkeys(_assumed(each, ctx)))
        if "kernel" in ctx.__dict__:
            # Every real server is tried in turn, and a scheduler that hashes may pick any: findings hold for each pick.
            minor |= ctx.kernel.about_picks
            if found and not each.host.services and all(map(_is_of_chains, found)):
                minor.update(ctx.kernel.assumed)
    findings += [_reading(problem) for problem in told if _wanted(problem.code, select, ignore)]
    findings.sort(key=lambda item: (item.span.file, item.span.line, item.span.column, item.code, item.message))
    return Result(
        findings=tuple(findings),
        skipped=tuple(Skipped(code, tuple(sorted(needs))) for code, needs in sorted(skipped.items())),
        assumed=tuple(assumed),
        ignored=tuple(passed_over),
        unreadable=tuple(dict.fromkeys(unread)),
        sources=sources,
        minor=frozenset(minor),
    )


def _ask(ctx: Context, select: Sequence[str], ignore: Sequence[str], skipped: dict[str, set[str]]) -> list[Finding]:
    found: list[Finding] = []
    for code, function in registry.checks().items():
        if not _wanted(code, select, ignore):
            continue
        missing = [name for name in registry.rule(code).needs if not _HAS[name](ctx.host)]
        if missing:
            skipped.setdefault(code, set()).update(missing)
        else:
            found += (_about_this_kernel(ctx, item) for item in function(ctx))
    return found


def _about_this_kernel(ctx: Context, found: Finding) -> Finding:
    """Nothing is proven about a kernel that is not modelled."""
    if not ctx.kernel.foreign:
        return found
    return replace(found, certainty=Certainty.POSSIBLE, assumes=(*ctx.kernel.foreign, *found.assumes))


def _is_of_chains(found: Finding) -> bool:
    """Whether a finding hangs on the rules alone, however the kernel and the host are."""
    return found.code.startswith("LVS2") and found.witness is None


def _assumed(each: HostInput, ctx: Context) -> list[str]:
    said = list(each.assumed)
    if "kernel" in ctx.__dict__:
        said += ctx.kernel.assumed
    return [*said, *ctx.notes]


def _wanted(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    rule = registry.rule(code)
    slug = rule.slug

    def named(words: Sequence[str]) -> bool:
        return any(code.startswith(word.upper()) or word == slug for word in words)

    if rule.opt_in and not any(word.upper() == code or word == slug for word in select):
        return False
    return (not select or named(select)) and not named(ignore)


def _reading(problem: Problem) -> Finding:
    rule = registry.rule(problem.code)
    return Finding(
        code=problem.code,
        slug=rule.slug,
        severity=rule.severity,
        certainty=Certainty.PROVEN,
        message=problem.message,
        span=problem.span,
        label=problem.label,
        help=problem.help,
    )
