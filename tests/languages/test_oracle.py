"""fmt against the real tool: every form of rule in the corpus, and made-up values of the modules implemented."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lvsconf.extensions import registry
from lvsconf.gathering import decode
from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.model.netfilter import BUILT_IN
from lvsconf.source import Source

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus" / "iptables-save"

OWN = {
    4: {
        "filter": [
            "-s 10/8 -d 0.0.0.0/0",
            "! -s 0/0",
            "-s 10.0.0.1/255.0.255.0 -j DROP",
            "-p ipv6 -i eth0 -j ACCEPT",
            "! -p 253 -f",
            "! -f -p 4",
            "-i eth+ ! -o eth1 -j DROP",
            "-p tcp --tcp-fl ALL NONE --dpor ssh -m comment --comment x.y -j REJECT --reject-w tcp-rst",
            "-m state --state NEW -m tcp -p tcp --dport 1:2 -m conntrack ! --ctstate INVALID,SNAT --ctdir reply",
            '-m comment --comment "quote \\" slash \\\\ apostrophe \' tab\t" -j LOG --log-level debug',
            "-p udp -m multiport ! --ports 1,2:3,domain -g OTHER",
            "-c 1 2 -m mark --mark 0x10/0xf0 -j RETURN",
        ],
        "mangle": ["-j MARK --set-mark 7/3", "-m mark ! --mark 7 -j MARK --xor-mark 1", "-p icmp --icmp-type ping"],
        "raw": ["-p udp -j CT --notrack", "-s 192.0.2.1 -j NOTRACK", "-j CT --zone 3"],
    },
    6: {
        "filter": [
            "-s 2001:DB8::0:1 -d ::/0",
            "! -d 2001:db8::/33 -p icmpv6 --icmpv6-type ping -j ACCEPT",
            "-s 2001:db8::1/ffff::ffff",
            "-p 58 -j REJECT --reject-with adm-prohibited",
            "-m conntrack --ctorigsrc 2001:db8::/32 ! --ctrepldst 2001:db8::1",
        ],
    },
}


def corpus_rules() -> dict[int, dict[str, list[str]]]:
    """One rule of every form, by family and table; what stands after the chain's name."""
    seen: set[tuple[int, str, str]] = set()
    found: dict[int, dict[str, list[str]]] = {4: {}, 6: {}}
    for path in sorted(CORPUS.glob("*")) if CORPUS.is_dir() else ():
        text = decode(path.read_bytes())
        family, table = iptables.family_of(text) or 4, ""
        for line in text.split("\n"):
            if line.startswith("*"):
                table = line[1:].strip()
            rule = re.match(r"(?:\[\d+:\d+\] )?-A \S+ (.*\S)", line)
            if rule is None or table not in BUILT_IN:
                continue
            form = (family, table, re.sub(r"[0-9A-Fa-f:.]{2,}|\d+", "#", rule[1]))
            if form not in seen:
                seen.add(form)
                found[family].setdefault(table, []).append(rule[1])
    return found


class Kernel:
    """A network namespace of its own for every load."""

    def __init__(self, tool, folder: Path, family: int, table: str) -> None:
        command = "iptables-legacy" if family == 4 else "ip6tables-legacy"
        self.arguments = [tool("unshare"), "-n", "sh", "-c"]
        self.script = f'{tool(command + "-restore")} "$0" && {tool(command + "-save")} -t {table}'
        self.path = folder / "rules"
        self.table = table

    def text(self, rules: list[str]) -> str:
        names = set(re.findall(r"(?:^| )-[jg] (\S+)", "\n".join(rules), re.MULTILINE))
        chains = sorted(name for name in names if registry.target(name) is None)
        declared = [f":{name} - [0:0]" for name in [*chains, *(f"T{n}" for n in range(len(rules)))]]
        lines = [f"-A T{number} {rule}" for number, rule in enumerate(rules)]
        return "\n".join([f"*{self.table}", *declared, *lines, "COMMIT", ""])

    def load(self, text: str) -> list[str] | None:
        self.path.write_text(text, errors="surrogateescape")
        run = subprocess.run([*self.arguments, self.script, self.path], capture_output=True)
        if b"Operation not permitted" in run.stderr or b"Permission denied" in run.stderr:
            pytest.skip("no new network namespace is allowed here")
        if run.returncode != 0:
            return None
        return [line for line in decode(run.stdout).split("\n") if line.startswith("-A ")]

    def loadable(self, rules: list[str]) -> list[str]:
        """Those that this kernel takes: halve until the others stand alone."""
        if not rules or self.load(self.text(rules)) is not None:
            return rules
        if len(rules) == 1:
            return []
        middle = len(rules) // 2
        return [*self.loadable(rules[:middle]), *self.loadable(rules[middle:])]


def read_whole(rule: str, family: int, table: str) -> bool:
    """Whether the reader claims to understand a rule, whatever its chains are."""
    text = f"*{table}\n:T - [0:0]\n-A T {rule}\nCOMMIT\n"
    _, problems = iptables.read(Source("f", text), family)
    several = re.search(r"-[sd] [^ ]*,", rule)  # such a line is several rules, and fmt adds no line
    return several is None and all(problem.code in ("LVS018", "LVS014") for problem in problems)


def compare(kernel: Kernel, rules: list[str], family: int) -> int:
    rules = kernel.loadable([rule for rule in rules if read_whole(rule, family, kernel.table)])
    text = kernel.text(rules)
    printed = [line for line in format_source(Source("f", text), family).split("\n") if line.startswith("-A ")]
    assert sorted(printed) == sorted(kernel.load(text) or [])
    return len(rules)


@pytest.mark.oracle
@pytest.mark.parametrize("family", [4, 6])
def test_own_rules(family: int, tool, tmp_path: Path):
    for table, rules in OWN[family].items():
        assert compare(Kernel(tool, tmp_path, family, table), rules, family) == len(rules)


@pytest.mark.oracle
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here: one folder of rules not tried")
@pytest.mark.parametrize(("family", "least"), [(4, 900), (6, 200)])
def test_corpus_rules(family: int, least: int, tool, tmp_path: Path):
    compared = 0
    for table, rules in corpus_rules()[family].items():
        compared += compare(Kernel(tool, tmp_path, family, table), rules, family)
    assert compared >= least
