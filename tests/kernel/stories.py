"""Scenarios as text: a director, packets, and what the kernel does with each of them in one line.

    == a title, with the place of the fact it pins
    ipvs: -A -t VIP:80 -s rr
    probe: mangle filter
    > S  | PRE:eth0 m=NEW; IN:eth0 m=NEW f=NEW; OUT:eth1 m=UNT f=UNT; POST:eth0/eth1 m=UNT => eth1(RIP) …

Keys: `ipvs`, `set` (lines of `ipset save`), `rules` (`TABLE -A …`), `sysctl`, `modules`, `probe` (tables that tell each
packet's ctstate), `listen`, `outside`, `inside`, `route`, `rule`, `mtu` (`eth1 1400`), `ground` (`one_nic`,
`no_default`, `no_rules`), `kernel`, `view`. Views: `hooks` (each hook with its tables), `lines` (the TRACE lines
themselves), `egress` (only what leaves). `family: 6` is about IPv6. After the bar stands the story. `open` says why the
engine can't know what the kernel did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kernel.builders import STATES, Packets, director, shown

FOLDER = Path(__file__).parent / "scenarios"
_LINE = re.compile(r"(\w+):([^:]+):(rule|return|policy):(\d+) IN=(\S*) OUT=(\S*) SRC=(\S+) DST=(\S+)")
_HOOKS = {"PREROUTING": "PRE", "INPUT": "IN", "FORWARD": "FWD", "OUTPUT": "OUT", "POSTROUTING": "POST"}


@dataclass(frozen=True)
class Scenario:
    """One director with its packets; `expected` are the stories, `lines` the packets as they were written."""

    name: str
    files: dict[str, str]
    packets: list[dict[str, Any]]
    lines: list[str]
    expected: list[str]
    view: str
    open: str | None = None


def story(trace: Sequence[str], egress: Sequence[Mapping[str, Any]], fate: str | None, view: str = "hooks") -> str:
    """One packet's way in one line, addresses by name."""
    leaving = "; ".join(leaves(item) for item in egress)
    ends = leaving if fate == "forwarded" else f"{fate}: {leaving}" if leaving else str(fate)
    if view == "egress":
        return shown(ends)
    way = "; ".join(_lines(trace) if view == "lines" else _hooks(trace))
    return shown(f"{way} => {ends}" if way else f"=> {ends}")


def leaves(item: Mapping[str, Any]) -> str:
    """A packet that leaves: device, next hop where it is not the destination, what it is, TTL."""
    hop = f"({item['next_hop']})" if item["next_hop"] != item["dst"] else ""
    return f"{item['dev']}{hop} {_packet(item)} {item['ttl']}"


def _packet(item: Mapping[str, Any]) -> str:
    proto = item["proto"]
    flow = ">".join(_end(str(item[end]), item.get(port)) for end, port in (("src", "sport"), ("dst", "dport")))
    if proto == "tcp":
        return f"{flow} {item['flags'] or '-'}" if "flags" in item else f"{flow} tcp fragment"
    if proto in ("icmp", "icmpv6") and "type" in item:
        return f"{flow} icmp:{item['type']}/{item['code']}"
    if proto == "ipip" and "inner" in item:
        return f"{flow} ipip[{_packet(item['inner'])} {item['inner']['ttl']}]"
    return f"{flow} {proto}"


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _hooks(trace: Sequence[str]) -> Iterator[str]:
    """Each hook with devices, addresses where they change, and its tables with the ctstate that a probe saw."""
    place: tuple[str, ...] | None = None
    addresses = ""
    tables: list[str] = []
    title = ""
    for line in trace:
        found = _LINE.fullmatch(line)
        assert found, line
        table, chain, kind, _, incoming, out, src, dst = found.groups()
        if chain in STATES and kind == "return" and tables:
            tables[-1] = f"{table[0]}={chain}"
            continue
        if chain not in _HOOKS:
            continue
        here = (chain, incoming, out, src, dst)
        if here != place or (tables and table[0] != tables[-1][0] and table[0] in {each[0] for each in tables}):
            if tables:
                yield f"{title} {' '.join(tables)}"
            moved = f" {src}>{dst}" if f"{src}>{dst}" != addresses else ""
            title = f"{_HOOKS[chain]}:{'/'.join(name for name in (incoming, out) if name)}{moved}"
            place, addresses, tables = here, f"{src}>{dst}", []
        if not tables or tables[-1][0] != table[0]:
            tables.append(table[0])
    if tables:
        yield f"{title} {' '.join(tables)}"


def _lines(trace: Sequence[str]) -> Iterator[str]:
    """The lines without what does not change from one to the next."""
    before = ""
    for line in trace:
        place, _, rest = line.partition(" ")
        yield f"{place} {rest}" if rest != before else place
        before = rest


def halves(line: str) -> tuple[str, str]:
    """A packet and its story, apart; a bar without a blank on both sides is part of the packet."""
    short, *rest = re.split(r"\s\|(?:\s|$)", line, maxsplit=1)
    return short.strip(), "".join(rest).strip()


def parse(text: str) -> Iterator[Scenario]:
    """The scenarios of a file."""
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        title, *lines = block.splitlines()
        yield _scenario(title.strip(), [line for line in lines if line.strip() and not line.startswith("#")])


def _scenario(title: str, lines: Sequence[str]) -> Scenario:
    told: dict[str, list[str]] = {}
    family = 6 if "family: 6" in lines else 4
    reader = Packets(family)
    packets, expected, written = [], [], []
    for line in lines:
        if line[0] in "<>^":
            short, wanted = halves(line)
            packets.append(reader.read(short))
            written.append(short.strip())
            expected.append(wanted.strip())
        else:
            key, colon, value = line.partition(":")
            assert colon, line
            told.setdefault(key.strip(), []).append(value.strip())
    view = told.pop("view", ["hooks"])[0]
    told.pop("family", None)
    unknown = " ".join(told.pop("open", [])) or None
    return Scenario(title, _files(told, family), packets, written, expected, view, unknown)


def _files(told: dict[str, list[str]], family: int) -> dict[str, str]:
    def words(key: str) -> list[str]:
        return " ".join(told.pop(key, [])).split()

    sizes, kinds = words("mtu"), words("ground")
    files = director(
        services=told.pop("ipvs", []),
        sets=told.pop("set", []),
        rules=told.pop("rules", []),
        settings=words("sysctl"),
        probe=words("probe"),
        listening=told.pop("listen", []),
        outside=words("outside") or (("VIP/32", "VIP2/32") if family == 4 else ("VIP/128", "VIP2/128")),
        inside=words("inside"),
        routes=told.pop("route", []),
        policy=told.pop("rule", []),
        mtu={name: int(size) for name, size in zip(sizes[::2], sizes[1::2], strict=True)},
        one_nic="one_nic" in kinds,
        default="no_default" not in kinds,
        family=family,
    )
    if "no_rules" in kinds and family == 4:
        # Any policy rule that is added, be it a default one, makes the kernel check sources in full.
        del files["ip-rule.json"]
    if "kernel" in told:
        files["uname"] = f"{told.pop('kernel')[0]}\n"
    if loaded := words("modules"):
        files["modules"] = "Module Size Used by\n" + "".join(f"{name} 16384 0\n" for name in loaded)
    assert not told, f"nobody knows {', '.join(told)}"
    return files


def scenarios() -> list[Scenario]:
    """All of them, in the order of the files."""
    return [each for path in sorted(FOLDER.glob("*.txt")) for each in parse(path.read_text(encoding="utf-8"))]
