"""A small cluster to change in one place, and the samples."""

from __future__ import annotations

import re
from pathlib import Path

from lvsconf.compile import Built, build
from lvsconf.source import Source

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "clusters"

DIRECTOR = """\
  director lb1 {
    interface eth0 { address 192.0.2.2/24; role outside }
    interface eth1 { address 10.0.0.1/24; role inside }
    gateway 192.0.2.1
    route 10.9.0.0/16 via 10.0.0.254
    allow tcp 22 from 192.0.2.0/24
  }
"""

ONE_ARMED = """\
  director lb1 {
    interface eth0 { address 10.0.0.1/24; role both }
    gateway 10.0.0.254
  }
"""

NEIGHBOUR = "  realserver web1 { address 10.0.0.2; gateway 10.0.0.254 }\n"
BEHIND_DIRECTOR = "  realserver web1 { address 10.0.0.2 }\n"
FAR = "  realserver web1 { address 10.9.1.2/24; gateway 10.9.1.1 }\n"


def cluster(*parts: str) -> str:
    """A cluster of these parts, each a line or more."""
    return "cluster web {\n" + "".join(parts) + "}\n"


def service(statements: str) -> str:
    """A service `http` at 192.0.2.100."""
    return f"  service http {{ vip 192.0.2.100; {statements} }}\n"


DR = cluster(DIRECTOR, NEIGHBOUR, service("tcp 80; method dr; to web1"))
NAT = cluster(DIRECTOR, BEHIND_DIRECTOR, service("tcp 80; method nat; to web1:8080"))
TUN = cluster(DIRECTOR, FAR, service("tcp 80; method tun; to web1"))


def built(text: str) -> Built:
    """What a cluster gives."""
    return build(Source("web.cluster", text))


def file(text: str, path: str) -> str:
    """One file of what a cluster gives; it must not be refused."""
    found = built(text)
    assert found.problems == ()
    return found.files[path]


def rules(text: str, host: str, chain: str) -> list[str]:
    """The rules of one chain of a host, without their `-A CHAIN`."""
    lines = file(text, f"{host}/iptables.rules").splitlines()
    return [line.removeprefix(f"-A {chain} ") for line in lines if line.startswith(f"-A {chain} ")]


def refusals(text: str) -> list[str]:
    """Why a cluster is refused: `line:column: message (help)` with what is at that place in the text."""
    found = built(text)
    assert not found.problems or not found.files
    lines = text.split("\n")
    return [
        f"{problem.span.line}:{problem.span.column}: {problem.message}"
        + (f" ({problem.help})" if problem.help else "")
        + f" @ {lines[problem.span.line - 1][problem.span.column - 1 : problem.span.end_column - 1]}"
        for problem in found.problems
    ]


def changed(text: str, old: str, new: str) -> str:
    """The text with one thing changed, which must be in it."""
    assert re.search(re.escape(old), text), old
    return text.replace(old, new)


CONNTRACK = changed(NAT, "    allow", "    conntrack on\n    allow")
ARMED = cluster(ONE_ARMED, BEHIND_DIRECTOR, service("tcp 80; method nat; to web1:8080"))

CLUSTERS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.cluster"))} | {
    "dr": DR,
    "nat": NAT,
    "nat-conntrack": CONNTRACK,
    "nat-one-armed": ARMED,
    "nat-udp": changed(changed(NAT, "tcp 80", "udp 53"), "web1:8080", "web1:5353"),
    "dr-one-armed": cluster(ONE_ARMED, NEIGHBOUR.replace("254", "253"), service("tcp 80; method dr; to web1")),
    "tun": TUN,
    "accept": changed(DR, "    allow", "    policy accept; allow udp 161; allow tcp 2222 from 0.0.0.0/0\n    allow"),
}
"""One of every kind."""
