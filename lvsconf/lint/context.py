"""What a check is given: one host, its kernel, and the questions that several checks ask, answered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.scheduling import FTP
from lvsconf.kernel.world import Step
from lvsconf.lint.tables import TableAnswers
from lvsconf.model.fields import TCP
from lvsconf.model.host import Host
from lvsconf.model.ipvs import Endpoint, FirewallMark
from lvsconf.questions.losses import Cause, Loss, Report, reports
from lvsconf.questions.scene import targets
from lvsconf.questions.survey import Survey
from lvsconf.source import Source, Span


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one place: the loss that shows it best, its likes, and whether it happens on every way.

    `unknown` is what is not known about the conversations.
    """

    loss: Loss
    others: tuple[Loss, ...]
    proven: bool
    unknown: tuple[str, ...] = ()
    stated: Span | None = None
    """Where a daemon's configuration states the service, None when its running table is known."""

    @property
    def assumes(self) -> tuple[str, ...]:
        """What has to hold for a fault that is not proven; what is unknown at all, where ways that differ in it met."""
        untried = (said for loss in self.others for said in loss.untried)
        found = tuple(dict.fromkeys((*self.loss.conditions, *untried)))
        return found or (f"what is unknown leads to the loss: {', '.join(self.unknown)}",)

    @property
    def services(self) -> tuple[str, ...]:
        """The services concerned, as people write them."""
        return tuple(dict.fromkeys(loss.service.name for loss in (self.loss, *self.others)))

    @property
    def segments(self) -> tuple[str, ...]:
        """The packets that are lost."""
        return tuple(dict.fromkeys(loss.segment for loss in (self.loss, *self.others)))


@dataclass
class Context:
    """One host under lint. `files` names the file of each part of a snapshot, such as `iptables.rules`."""

    host: Host
    sources: Mapping[str, Source]
    files: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    @cached_property
    def kernel(self) -> Kernel:
        """The host's kernel, built once."""
        return Kernel(self.host, merges=True)

    @cached_property
    def survey(self) -> Survey:
        """The kernel and what its rules speak of."""
        return Survey(self.kernel)

    @cached_property
    def homes(self) -> Mapping[int, str]:
        """The chain of each rule, by the rule's id."""
        ruleset = self.host.rules.get(4)
        chains = (chain for table in (ruleset.tables.values() if ruleset else ()) for chain in table.chains.values())
        return {id(rule): chain.name for chain in chains for rule in chain.rules}

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Every conversation with every service; what is unknown about them is noted."""
        found = tuple(report for service in self.kernel.services for report in reports(self.survey, service))
        unknown = sorted({said for report in found for said in report.unknown})
        self.notes += [f"unknown: {said}" for said in unknown]
        self.notes += [f"unknown: {said}" for said in self._not_modelled()]
        return found

    def _not_modelled(self) -> Iterator[str]:
        """What the engine cannot say of services."""
        for service in self.kernel.services:
            key = service.key
            if isinstance(key, Endpoint) and key.proto == TCP and key.port == FTP:
                yield f"FTP data connections of {service.name} (not modelled yet)"
            elif not targets(self.survey, service):
                why = "no rule gives packets its mark" if isinstance(key, FirewallMark) else "not modelled yet"
                yield f"{service.name} ({why})"

    @cached_property
    def tables(self) -> tuple[TableAnswers, ...]:
        """Every table of both families, chain by chain; what is too large for that is noted."""
        return tuple(
            TableAnswers(family, self.kernel.net(FAMILIES[family]).tables[name], self.notes)
            for family, ruleset in sorted(self.host.rules.items())
            for name in ruleset.tables
        )

    def cases(self, cause: Cause) -> Iterator[Case]:
        """The losses of one kind, gathered by place, best witness first."""
        places: dict[object, list[tuple[Loss, bool]]] = {}
        unknown: dict[str, None] = {}
        for report in self.reports:
            certain = report.certain is cause
            for loss in report.losses:
                if loss.cause is cause:
                    places.setdefault(self._place(loss), []).append((loss, certain))
                    unknown |= dict.fromkeys(report.unknown)
        for found in places.values():
            # What is certain of one service is not said of another one that shares the place.
            sure = {loss.service.name for loss, certain in found if certain}
            for proven in (True, False):
                those = [item for item in found if (item[0].service.name in sure) is proven]
                those.sort(key=lambda item: (not item[1], len(item[0].conditions), len(item[0].talk.exchanges)))
                if those:
                    best, others = those[0][0], tuple(loss for loss, _ in those[1:])
                    stated = best.service.span if self._from_a_daemon else None
                    yield Case(best, others, proven, tuple(unknown), stated)

    @property
    def _from_a_daemon(self) -> bool:
        table = self.files.get("ipvsadm")
        return table is not None and table in (self.files.get("keepalived"), self.files.get("ldirectord"))

    @staticmethod
    def _place(loss: Loss) -> object:
        end, admitted = loss.end, loss.admitted_by
        where = (end.hook, end.table, end.chain, end.number, end.text if end.table is None else None) if end else None
        if end is not None and end.hook != "LOCAL_IN":
            return where
        return where, (admitted.table, admitted.chain, admitted.number) if admitted else None

    def span_of(self, step: Step | None) -> Span | None:
        """Where the rule or policy of a step stands."""
        if step is None or step.table is None:
            return None
        if step.rule is not None:
            return step.rule.span
        ruleset = self.host.rules.get(4)
        table = ruleset.tables.get(step.table) if ruleset else None
        chain = table.chains.get(step.chain or "") if table else None
        return chain.span if chain else None

    def span_of_setting(self, key: str) -> Span | None:
        """Where a sysctl key is set."""
        found = self.kernel.settings.place(key)
        return found.span if found else None

    def first_line(self, part: str) -> Span | None:
        """The first line of a snapshot's file, for what is missing in it."""
        name = self.files.get(part)
        source = self.sources.get(name) if name else None
        return source.span(1) if source else None
