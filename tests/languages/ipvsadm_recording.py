"""What ipvsadm and real kernels made of lines: `python -m tests.languages.ipvsadm_recording` records it anew.

The recording is text. `= NAME` begins a fresh kernel; a line of digits and a command is the exit status and what
ipvsadm was given; what follows `< PROGRAM` is what that printed in the end, indented by a tab.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lvsconf.lab.replay import Command, Scenario, replay
from tests.kernel.record import versions
from tests.languages.ipvsadm_lines import Group, groups

PATH = Path(__file__).parent / "recorded" / "ipvsadm.txt"
KERNELS = ("6.1", "6.12")
SHOWN = (
    "ipvsadm -S -n",
    "ipvsadm -L -n --tun-info",
    "ipvsadm -L -n --thresholds",
    "ipvsadm -L --timeout",
    "ipvsadm -L --daemon",
)
ADDRESSES = [
    {"ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP"],
     "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
    {"ifindex": 2, "ifname": "eth0", "flags": ["BROADCAST", "MULTICAST", "UP"], "mtu": 1500,
     "addr_info": [{"family": "inet", "local": "192.0.2.2", "prefixlen": 24}]},
]  # fmt: skip


@dataclass
class Recorded:
    """A group, the exit status of each of its lines, and what SHOWN printed after the last."""

    group: Group
    statuses: list[int] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)


def record(asked: Sequence[Group], kernel: str) -> list[Recorded]:
    """Ask a real kernel; a group that can't be run ends it."""
    files = {"ip-address.json": json.dumps(ADDRESSES)}
    scenarios = []
    for group in asked:
        given = [Command(("ipvsadm", "-R"), f"{line}\n") for line in group.lines]
        scenarios.append(Scenario(files, [], [*given, *(Command(tuple(words.split())) for words in SHOWN)]))
    found = []
    for group, result in zip(asked, replay(scenarios, kernel), strict=True):
        if "error" in result:
            raise SystemExit(f"{group.name} on {kernel}: {result['error']}")
        ends = result["commands"]
        count = len(group.lines)
        shown = {words: end["output"] for words, end in zip(SHOWN, ends[count:], strict=True)}
        found.append(Recorded(group, [end["status"] for end in ends[:count]], shown))
    return found


def dump(head: str, records: Sequence[Recorded]) -> str:
    """The text of a recording."""
    lines = [f"# {head}"]
    for each in records:
        lines.append(f"= {each.group.name}")
        lines += [f"{status} {line}" for status, line in zip(each.statuses, each.group.lines, strict=True)]
        for words, output in each.shown.items():
            lines.append(f"< {words}")
            lines += [f"\t{line}" for line in output.rstrip("\n").split("\n") if output.strip()]
    return "\n".join(lines) + "\n"


def parse(text: str) -> list[Recorded]:
    """The recording that `dump` has written."""
    found: list[Recorded] = []
    given: list[str] = []
    words = ""
    for line in [*text.splitlines(), "= "]:
        if line.startswith("= "):
            if found:
                found[-1].group = Group(found[-1].group.name, tuple(given))
            found.append(Recorded(Group(line[2:], ())))
            given = []
        elif line.startswith("< "):
            words = line[2:]
            found[-1].shown[words] = ""
        elif line.startswith("\t"):
            found[-1].shown[words] += line[1:] + "\n"
        elif not line.startswith("#"):
            status, _, command = line.partition(" ")
            found[-1].statuses.append(int(status))
            given.append(command)
    return found[:-1]


def main() -> None:
    """Record on all kernels, which have to agree."""
    asked = groups()
    first, *others = (record(asked, kernel) for kernel in KERNELS)
    for other, kernel in zip(others, KERNELS[1:], strict=True):
        for one, two in zip(first, other, strict=True):
            if one != two:
                raise SystemExit(f"{one.group.name}: {kernel} differs\n{dump('', [one])}\n{dump('', [two])}")
    made = versions()
    kernels = ", ".join(banner.split()[0] for banner in made["kernels"])
    (tool,) = (line for line in made["tools"] if line.startswith("ipvsadm "))
    PATH.write_text(dump(f"{tool}; Linux {kernels}", first), encoding="utf-8")


if __name__ == "__main__":
    main()
