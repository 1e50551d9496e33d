"""What became of a conversation or of a packet, in words that hold for all clients that fare alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lvsconf.kernel.world import PacketResult, Step
from lvsconf.model.ipvs import VirtualService
from lvsconf.questions.conversation import Talk
from lvsconf.source import Span

SHOWN = 3
"""So many real servers are named."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. `reached` is whether it got where it should, None where that is unknown.

    `what` is the end in words, `by` the rule or policy that decides it, with its place in a file, or else `why` says
    it. `conditions` are what had to be assumed.
    """

    reached: bool | None
    what: str
    by: str = ""
    span: Span | None = None
    why: str = ""
    conditions: tuple[str, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[bool | None, str]:
        """What makes two ends of different configurations the same."""
        return self.reached, self.what

    @property
    def cause(self) -> str:
        """What decides, with its place."""
        return f"{self.by} ({self.span.file}:{self.span.line})" if self.span is not None else self.by or self.why

    def __str__(self) -> str:
        if self.by:
            return f"{self.what} by {self.cause}"
        return f"{self.what}: {self.why}" if self.why else self.what


@dataclass(frozen=True, slots=True)
class Shown:
    """The packets that show an end: those sent so far, and what became of the last; None where that was not tried."""

    packets: tuple[dict[str, Any], ...]
    result: PacketResult | None = None

    @property
    def trace(self) -> tuple[str, ...]:
        """The last packet's lines in the kernel's TRACE notation."""
        return self.result.trace if self.result is not None else ()

    @property
    def described(self) -> dict[str, Any]:
        """In the form of a finding's witness."""
        return {"packets": list(self.packets), "at": max(len(self.packets) - 1, 0), "trace": list(self.trace)}


def ending_of_talk(talk: Talk) -> Ending:
    """The end of a conversation with a service."""
    conditions = talk.conditions
    if talk.lost is None:
        return Ending(True, f"reaches {servers_of(talk.scene.service)}", conditions=conditions)
    result, segment = talk.lost.result, talk.lost.line.segment
    if result.fate is None:
        return Ending(None, "unknown", why=" and ".join(result.when[-1:]), conditions=conditions)
    if talk.lost.line.client and result.fate == "local":
        return Ending(False, f"its {segment} is taken by the director itself", conditions=conditions)
    whose = "its" if talk.lost.line.client else "the answer's"
    return _lost(f"{whose} {segment} is", result, str(talk.scene.client), conditions)


def ending_of_packet(result: PacketResult, client: str) -> Ending:
    """The end of the first packet of a connection that no service takes."""
    if result.fate is None:
        return Ending(None, "unknown", why=" and ".join(result.when[-1:]), conditions=result.when)
    if result.fate in ("forwarded", "local"):
        out = next((item["dev"] for item in result.egress if item.get("dev")), None)
        away = f"is forwarded by {out}" if out else "is forwarded"
        return Ending(True, away if result.fate == "forwarded" else "reaches the host itself", conditions=result.when)
    return _lost("is", result, client, result.when)


def servers_of(service: VirtualService) -> str:
    """The real servers that may be picked: `10.0.0.2:80 or 10.0.0.3:80 (DR)`."""
    named: dict[str, list[str]] = {}
    for server in service.servers:
        if server.weight > 0:
            host = f"[{server.address}]" if server.address.version == 6 else str(server.address)
            named.setdefault(server.method.name, []).append(f"{host}:{server.port}" if server.port else host)
    found = []
    for method, servers in named.items():
        more = len(servers) - SHOWN
        shown = [*servers[:SHOWN], *([f"{more} more"] if more > 0 else [])]
        found.append(f"{' or '.join(shown)} ({method})")
    return ", ".join(found) or "no real server"


def _lost(lead: str, result: PacketResult, client: str, conditions: tuple[str, ...]) -> Ending:
    """A packet that did not get through, without the address of the one client that was tried."""
    what = f"{lead} {result.fate if result.fate in ('dropped', 'rejected', 'queued') else 'lost'}"
    end = next((step for step in reversed(result.steps) if step.kind == "end" and step.verdict != "sent"), None)
    if end is None:
        return Ending(False, what, conditions=conditions)
    if end.table is None or end.number is None:
        return Ending(False, what, why=end.text.replace(client, "the client"), conditions=conditions)
    span = end.rule.span if end.rule is not None else None
    return Ending(False, what, _place(end), span, conditions=conditions)


def _place(end: Step) -> str:
    if end.rule is None:
        return f"the policy of {end.table} {end.chain}"
    return f"{end.table} {end.chain} rule {end.number}"
