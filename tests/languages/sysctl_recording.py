"""What real kernels take for net.ipv4.vs.* and its neighbours: `python -m tests.languages.sysctl_recording`.

A line of JSON for each kernel and key: the value in a fresh namespace, the values that are read as they were written,
and those that are read otherwise. All other VALUES were refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from lvsconf.lab.replay import Command, Scenario, replay
from lvsconf.languages.sysctl.table import table

PATH = Path(__file__).parent / "recorded" / "sysctl.jsonl"
KERNELS = ("6.1", "6.12")
VALUES = (
    "0", "1", "2", "3", "4", "7", "8", "13", "19", "20", "255", "256", "65535", "65536", "2147483", "2147483647",
    "2147483648", "4294967295", "99999999999999999999", "-1", "-3", "-20", "-21", "-2147483648", "-2147483649",
    "0x10", "010", "+1", "1.5", "1x", "x", "on", "true", "yes", "", " 1", "1 2", "1,2", "3 50", "50 3", "0 0", "5 0",
    "-1 5", "3 x", "0-1", "1 # comment",
)  # fmt: skip
SCRIPT = """
import json, os, sys
keys, values = json.load(sys.stdin)
for key in keys:
    path = "/proc/sys/" + key.replace(".", "/")
    def get():
        with open(path) as file:
            return file.read().rstrip("\\n")
    if not os.path.exists(path):
        print(json.dumps([key, None, []]))
        continue
    first, taken = get(), []
    for value in values:
        try:
            with open(path, "w") as file:
                file.write(value + "\\n")
            taken.append(get())
        except OSError:
            taken.append(None)
        try:
            with open(path, "w") as file:
                file.write(first + "\\n")
        except OSError:
            pass
    print(json.dumps([key, first, taken]))
"""


@dataclass
class Recorded:
    """A key on one kernel: its value at first, and what is read after each value is written; None is refused."""

    kernel: str
    key: str
    default: str
    taken: dict[str, str | None] = field(default_factory=dict)


def asked() -> list[str]:
    """The keys of the table, those of interfaces for one interface."""
    return [key.replace("conf.*.", "conf.lo.") for key in table()]


def record(kernel: str) -> list[Recorded]:
    """Ask a real kernel, with the schedulers loaded that bring keys of their own."""
    loaded = Command(("modprobe", "-a", "ip_vs_lblc", "ip_vs_lblcr", "nf_conntrack"))
    ask = Command(("python3", "-I", "-S", "-c", SCRIPT), json.dumps([asked(), VALUES]))
    rules = "*filter\n-A INPUT -m conntrack --ctstate NEW\nCOMMIT\n"
    # Modules that are loaded later bring their keys to the namespaces that are there already, too.
    (result,) = replay([Scenario({"iptables.rules": rules}, [], [loaded, ask])], kernel)
    if "error" in result or any(end["status"] for end in result["commands"]):
        raise SystemExit(f"{kernel}: {result.get('error') or result['commands']}")
    found = []
    for line in result["commands"][1]["output"].splitlines():
        key, default, taken = json.loads(line)
        if default is not None:
            found.append(Recorded(kernel, key, default, dict(zip(VALUES, taken, strict=True))))
    return found


def dump(records: list[Recorded]) -> str:
    """The text of a recording."""
    lines = []
    for each in records:
        same = [value for value, read in each.taken.items() if value == read]
        other = {value: read for value, read in each.taken.items() if read is not None and read != value}
        lines.append(json.dumps([each.kernel, each.key, each.default, same, other], separators=(",", ":")))
    return "\n".join(lines) + "\n"


def parse(text: str) -> list[Recorded]:
    """The recording that `dump` has written."""
    found = []
    for line in text.splitlines():
        kernel, key, default, same, other = json.loads(line)
        taken = {value: value if value in same else other.get(value) for value in VALUES}
        found.append(Recorded(kernel, key, default, taken))
    return found


if __name__ == "__main__":
    PATH.write_text(dump([each for kernel in KERNELS for each in record(kernel)]), encoding="utf-8")
