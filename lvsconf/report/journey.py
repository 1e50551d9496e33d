"""A packet's way through the host, drawn for people: the hooks, the rules that matched, and what tcpdump shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TextIO

from lvsconf.extensions.printing import rule_text
from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.replay import Outcomes
from lvsconf.kernel.world import PacketResult, Step, View
from lvsconf.model.fields import PROTOCOLS, interface_name
from lvsconf.model.netfilter import Hook
from lvsconf.packets.packet import Packet, flag_letters
from lvsconf.report.drawing.screen import safe, width, wrap

WIDTH = 80
_FLAGS = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", "A": "ACK", "U": "URG"}
_TRANSPORTS = ("tcp", "udp", "sctp")


def write(packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO) -> None:
    """Every packet with each way it may go."""
    for number, (packet, each) in enumerate(zip(packets, outcomes, strict=True)):
        out.writelines(f"{line}\n" for line in _lines(f"packet {number}: ", safe(packet_words(packet)), "    "))
        for result in each.outcomes:
            out.writelines(f"{line}\n" for line in _result(packet, result))
        out.write("\n")
    for said in assumed:
        lines = wrap(safe(said), WIDTH - 9)
        out.write(f"assumed: {lines[0]}\n")
        out.writelines(f"         {line}\n" for line in lines[1:])


def _result(packet: Packet, result: PacketResult) -> Iterator[str]:
    for said in result.when:
        yield from _lines("  if ", safe(said), "     ")
    flow = ""
    for (hook, _), steps in groupby(result.steps, lambda step: (step.hook, step.view.depth if step.view else 1)):
        group = list(steps)
        first = group[0].view
        margin = "  " * first.depth if first else "  "
        shown = flow_words(first) if first else ""
        yield from _head(margin, hook, first, shown if shown != flow else "")
        flow = shown
        for step in group:
            yield from _step(margin, step)
            after = flow_words(step.view) if step.view else flow
            if after != flow:
                yield from _lines(f"{margin}|    now ", after, f"{margin}|      ")
                flow = after
    yield f"  `- {result.fate or 'unknown'}"
    yield from _captures(packet, result)


def _head(margin: str, hook: str, view: View | None, flow: str) -> Iterator[str]:
    """`+- PREROUTING in eth0: A > B`, the addresses only where they are new."""
    ways = [f"{word} {name}" for word, name in _devices(view)] if view else []
    title = " ".join([f"{margin}+- {Hook[hook].value}", *ways])
    yield from _lines(f"{title}: " if flow else title, flow, f"{margin}|    ") if flow else [title]


def _devices(view: View) -> Iterator[tuple[str, str]]:
    for word, value in (("in", view.incoming), ("out", view.out)):
        if value:
            yield word, safe(interface_name(value))


def _step(margin: str, step: Step) -> Iterator[str]:
    state = f" [{step.state}]" if step.state and step.table != "raw" and step.kind != "end" else ""
    if step.kind == "end":
        yield from _lines(f"{margin}|  => ", safe(step.text), f"{margin}|     ")
        return
    said = step.text
    if step.table is not None:
        said = f"{step.table} " + said.removeprefix(f"{step.table}:{Hook[step.hook].value} ").removeprefix(
            f"{step.table}:"
        )
    yield from _lines(f"{margin}|  ", safe(said) + state, f"{margin}|     ")
    if step.rule is not None and step.chain is not None and step.view is not None:
        if any(use.unread for use in step.rule.matches):
            yield f"{margin}|     (not all of this rule can be read)"
            return
        text = safe(rule_text(step.rule, step.chain, step.view.version))
        yield from _lines(f"{margin}|     ", text, f"{margin}|       ")


def _captures(packet: Packet, result: PacketResult) -> Iterator[str]:
    """What tcpdump shows of it, interface by interface."""
    seen: list[tuple[str | None, str, str]] = []
    if packet.device:
        seen.append((packet.device, "In ", capture_words(_described(packet))))
    seen += [(item.get("dev"), "Out", _sent(item)) for item in result.egress]
    if seen:
        yield "     tcpdump shows"
    for device, direction, text in seen:
        first, later = f"       {safe(device or '?')} {direction} ", " " * 11
        lines = _kept(text, WIDTH - max(len(first), len(later)))
        yield f"{first}{lines[0]}"
        yield from (f"{later}{line}" for line in lines[1:])


def _described(packet: Packet) -> dict[str, Any]:
    found: dict[str, Any] = {"src": str(packet.src), "dst": str(packet.dst)}
    found["proto"] = PROTOCOLS.get(packet.proto, packet.proto)
    if packet.proto in (1, 58):
        return {**found, "type": packet.type, "code": packet.code}
    if found["proto"] in _TRANSPORTS:
        found |= {"sport": packet.sport, "dport": packet.dport}
    return {**found, "flags": flag_letters(packet.flags)} if packet.proto == 6 else found


def _sent(item: dict[str, Any]) -> str:
    hop = item.get("next_hop")
    where = f", to {hop}" if hop and hop != item.get("dst") else ""
    limit = "hlim" if ":" in str(item.get("src")) else "ttl"
    return f"{capture_words(item)}, {limit} {item.get('ttl')}{where}"


def leaving_words(item: dict[str, Any]) -> str:
    """Where a packet leaves, and what tcpdump shows of it there: `eth1: IP 10.0.0.2.80 > …`."""
    return f"{item['dev']}: {_sent(item)}" if "dev" in item else _sent(item)


def capture_words(item: dict[str, Any]) -> str:
    """A packet as tcpdump -n writes it: `IP 198.51.100.7.40000 > 192.0.2.100.80: Flags [S]`."""
    src, dst = (
        f"{item.get(address)}.{item[port]}" if port in item else str(item.get(address))
        for address, port in (("src", "sport"), ("dst", "dport"))
    )
    family = "IP6" if ":" in str(item.get("src")) else "IP"
    proto = item.get("proto")
    if "flags" in item:
        # In tcpdump's order, and with a dot for ACK.
        letters = "".join(letter for letter in "FSRPU" if letter in item["flags"]) + "." * ("A" in item["flags"])
        detail = f"Flags [{letters or 'none'}]"
    elif "type" in item:
        detail = f"{'ICMP6' if family == 'IP6' else 'ICMP'} type {item['type']} code {item['code']}"
    elif "inner" in item and proto == "ipip":
        detail = capture_words(item["inner"])
    else:
        detail = str(proto).upper() if isinstance(proto, str) else f"ip-proto-{proto}"
    return f"{family} {src} > {dst}: {detail}"


def flow_words(view: View) -> str:
    """`198.51.100.7:40000 > 192.0.2.100:80`."""
    family = FAMILIES[view.version]
    ends = []
    for address, port in ((view.src, view.sport), (view.dst, view.dport)):
        if address is None or PROTOCOLS.get(view.proto or 0) not in _TRANSPORTS:
            ends.append(family.text(address))
        elif port is None:
            ends.append(f"{family.endpoint(address, 0)[:-1]}?")
        else:
            ends.append(family.endpoint(address, port))
    return " > ".join(ends)


def packet_words(packet: Packet) -> str:
    """`tcp SYN 198.51.100.7:40000 > 192.0.2.100:80 in by eth0`."""
    where = f"in by {packet.device}" if packet.device else "sent by the host"
    later = f", at {packet.at:g} s" if packet.at else ""
    proto = PROTOCOLS.get(packet.proto, f"protocol {packet.proto}")
    if packet.proto in (1, 58):
        proto += f" {packet.type}/{packet.code}"
    if packet.proto == 6:
        proto += " " + ("+".join(_FLAGS[letter] for letter in flag_letters(packet.flags)) or "without flags")
    view = View(
        1,
        packet.src.version,
        None,
        None,
        packet.proto,
        int(packet.src),
        int(packet.dst),
        packet.sport,
        packet.dport,
    )
    return f"{proto} {flow_words(view)} {where}{later}"


def _kept(text: str, columns: int) -> list[str]:
    """A text in lines; what stands behind a comma, as in `, ttl 63`, is kept together."""
    first, *more = (f"{part}," for part in text.split(", "))
    lines = wrap(first, columns)
    for part in more:
        if width(f"{lines[-1]} {part}") <= columns:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return [*lines[:-1], lines[-1].removesuffix(",")]


def _lines(first: str, text: str, later: str) -> Iterator[str]:
    """A text behind `first`, its further lines behind `later`."""
    lines = wrap(text, WIDTH - max(len(first), len(later)))
    yield f"{first}{lines[0]}".rstrip()
    yield from (f"{later}{line}" for line in lines[1:])
