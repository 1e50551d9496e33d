"""A network namespace of its own that loads rules for real, one file after the other.

One process stays in the namespace and answers requests, one line of JSON each: `load` replaces the tables of a family
by what a file makes of them, and gives back what iptables-save then prints. The namespace holds what rules may name:
the ipsets of SETS, the accounting object of ACCOUNTS and the rate estimators of ESTIMATORS.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest

from lvsconf.extensions import registry
from lvsconf.model.netfilter import BUILT_IN

SETS = {
    4: ("one hash:ip family inet", "two hash:ip,port family inet", "marked hash:ip family inet skbinfo counters"),
    6: ("one hash:ip family inet6", "two hash:ip,port family inet6", "marked hash:ip family inet6 skbinfo counters"),
}
"""What `ipset create` is told, by family; the name comes first."""
ACCOUNTS = ("account",)
ESTIMATORS = ("RE1", "RE2")

KERNEL_NAMES = {"NOTRACK": "CT"}
"""Modules that the kernel knows by another name."""
BUILT_INTO_TABLES = {"ACCEPT", "DROP", "RETURN", "QUEUE"}

_MISSING = re.compile(r"missing kernel module|No chain/target/match by that name")


@dataclass(frozen=True)
class Loaded:
    """What came of a load: whether the tool ended well, what it said, and the lines that iptables-save prints then."""

    accepted: bool
    said: str
    saved: tuple[str, ...]
    listed: Mapping[str, str]
    """What `iptables -S -v` says of each table, when that was asked."""


class Namespace:
    """Answers loads; use it as a context."""

    def __init__(self, tool, family: int) -> None:
        self.family = family
        command = "iptables-legacy" if family == 4 else "ip6tables-legacy"
        tools = {"restore": tool(f"{command}-restore"), "save": tool(f"{command}-save")}
        tools |= {"ipset": tool("ipset"), "iptables": tool(command)}
        setup = {"tools": tools, "sets": SETS[family], "accounts": ACCOUNTS, "estimators": ESTIMATORS}
        setup["chains"] = BUILT_IN
        self._process = subprocess.Popen(
            [tool("unshare"), "-n", sys.executable, str(Path(__file__).with_name("loader.py")), json.dumps(setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            _, said = self._process.communicate()
            if "Operation not permitted" in said or "Permission denied" in said:
                pytest.skip("no new network namespace is allowed here")
            raise AssertionError(said)

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._process.communicate()

    def _ask(self, request: dict[str, object]) -> dict[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._process.stdout.readline())
        return answer

    def load(self, text: str, tables: Sequence[str], counters: bool = False, listed: bool = False) -> Loaded:
        """Load a file for itself; the tables are empty again afterwards."""
        answer = self._ask({"text": text, "tables": list(tables), "counters": counters, "listed": listed})
        saved: tuple[str, ...] = tuple(answer["saved"])  # type: ignore[arg-type]
        said_of: Mapping[str, str] = answer["listed"]  # type: ignore[assignment]
        return Loaded(bool(answer["accepted"]), str(answer["said"]), saved, said_of)

    def lacks(self, loaded: Loaded, matches: Sequence[str], targets: Sequence[str]) -> bool:
        """Whether a refusal comes from a module that this kernel does not have."""
        if loaded.accepted or not _MISSING.search(loaded.said):
            return False
        start = "ip" if self.family == 4 else "ip6"
        for kind, names in (("matches", matches), ("targets", targets)):
            known = set(str(self._ask({"read": f"/proc/net/{start}_tables_{kind}"})["text"]).split())
            for name in names:
                real = registry.MATCH_ALIASES.get(name, name) if kind == "matches" else KERNEL_NAMES.get(name, name)
                if real not in known and name not in BUILT_INTO_TABLES and _is_module(kind, name):
                    return True
        return False


def _is_module(kind: str, name: str) -> bool:
    return (registry.match(name) if kind == "matches" else registry.target(name)) is not None
