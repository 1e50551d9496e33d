"""Whole files for iptables-restore: tables with chains, and commands one after the other that change them.

Each line goes with what stands before it, mostly: of the lines that lvsconf refuses there, most are left out again.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from lvsconf.languages import iptables
from lvsconf.model.netfilter import BUILT_IN
from lvsconf.source import Source

LOADS = {"LVS023", "LVS024"}
"""Findings about what iptables takes."""

LONG = {
    "-A": "--append", "-I": "--insert", "-R": "--replace", "-D": "--delete", "-C": "--check", "-N": "--new-chain",
    "-X": "--delete-chain", "-E": "--rename-chain", "-P": "--policy", "-F": "--flush", "-Z": "--zero", "-L": "--list",
    "-S": "--list-rules",
}  # fmt: skip
SHORTENED = (
    "--app", "--in", "--repl", "--delete", "--delete-c", "--ren", "--pol", "--fl", "--z", "--new", "--new-c",
    "--list-r", "--ch", "--de",
)  # fmt: skip
USER = ("a", "b", "C", "c-1", "x" * 28)
UNLISTED = ("-x", "!x", "LOG")
"""Names that a `:` line may give, but not -N: what `iptables -S` says of them can't be read back."""
ODD_NAMES = ("x" * 29, "y" * 32, "ACCEPT", *UNLISTED, "a b", "QUEUE", "nosuch", "input", "é")
RULES = tuple(
    line.strip()
    for line in """
    | -j ACCEPT | -j DROP | -j RETURN | -s 10.0.0.1 | -s 10.0.0.1,10.0.0.2 -j ACCEPT | -p tcp --dport 22 -j LOG
    | -p tcp -m tcp --dport 22 -j LOG | -m comment --comment "a b" -j ACCEPT | -i lo -j ACCEPT | -o lo | -f
    | -m mark --mark 1 -j ACCEPT | -m mark --mark 0x1/0xffffffff -j ACCEPT | -j MARK --set-mark 1 | -c 3 4 -j DROP
    | -d 0.0.0.0/0 -j DROP | ! -s 10.0.0.1 -j DROP | -p udp -j REJECT | -g a | -j a | -j b | -g C | -j INPUT
    | -m conntrack --ctstate NEW,RELATED -j ACCEPT | -j SNAT --to-source 10.0.0.1 | -j nosuch | -v -j DROP
    | -s 10.0.0.1/8 | -m multiport --dports 1,2 | -p udp -m multiport --dports 1,2
    | -p tcp -j REJECT --reject-with tcp-reset
    """.replace("\n", "").split("|")
)
ODD_LINES = (
    "", "# a comment", " ", "\t", " # no comment", " -A INPUT -j DROP", "COMMIT ", " COMMIT", "*filter", "-A", "-F -F",
    "[1:2]", "[1:x] -A INPUT", "-A INPUT -A INPUT", "-A INPUT -t filter", "-t filter -A INPUT", "-n -L", "-P INPUT",
    "-P INPUT ACCEPT -j DROP", "-N", "-N a -j DROP", "-X -j DROP", ": a -", ":a", ":INPUT nothing", ":INPUT RETURN",
    ":b - x", "-D INPUT 1 -j DROP", "-R INPUT 1", "-I INPUT 0", "-D INPUT 0", "-Z INPUT 1", "-L INPUT 1", "-S a",
    "-E a", "-w", "stray", "-A INPUT --", "-vA INPUT", "-AINPUT -j DROP", "-A INPUT -4", "-A INPUT -6", "-6 -N b",
    "-L -Z", "-F INPUT stray", " [1:2] -A INPUT", "-A INPUT" + " -v" * 249, "-A INPUT" + " -v" * 250,
    "-A INPUT" + " " * 10230 , "-A INPUT" + " " * 10231, "-c 1 2", "# " + "c" * 10236, "# " + "c" * 10237,
    "# " + "c" * 10238,
)  # fmt: skip


@dataclass(frozen=True)
class File:
    """A file, and the tables that it names."""

    lines: tuple[str, ...]
    tables: tuple[str, ...]
    ended: bool = True

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + ("\n" if self.ended else "")


def _often(draw: DrawFn, percent: int) -> bool:
    return draw(st.integers(0, 99)) < percent


def _chain(draw: DrawFn, table: str) -> str:
    names = [*BUILT_IN[table], *BUILT_IN[table], *USER, *USER]
    return draw(st.sampled_from(names if _often(draw, 97) else [*ODD_NAMES, "INPUT"]))


def _counters(draw: DrawFn) -> str:
    return f"[{draw(st.integers(0, 9))}:{draw(st.integers(0, 2**40))}]"


def _declaration(draw: DrawFn, table: str) -> str:
    name = _chain(draw, table)
    policy = draw(st.sampled_from(["ACCEPT", "DROP", "-"])) if name in BUILT_IN[table] or _often(draw, 2) else "-"
    return f":{name} {policy} {_counters(draw)}"


def _rule(draw: DrawFn, family: int) -> str:
    words = draw(st.sampled_from(RULES))
    if family == 4:
        return words
    return words.replace("10.0.0.1", "fd00::1").replace("10.0.0.2", "::2").replace("0.0.0.0", "::")


def _command(draw: DrawFn, table: str, family: int) -> str:
    letter = draw(st.sampled_from(["-A"] * 6 + ["-I", "-D", "-R"] * 3 + ["-N"] * 3 + list(LONG)))
    chain, number = _chain(draw, table), str(draw(st.integers(1, 4)))
    words = [letter if _often(draw, 92) else draw(st.sampled_from([LONG[letter], *SHORTENED]))]
    prefix = _counters(draw) + " " if words[0] in ("-A", "-I", "-R") and _often(draw, 20) else ""
    if letter in ("-A", "-C"):
        words += [chain, _rule(draw, family)]
    elif letter in ("-I", "-D"):
        numbered = _often(draw, 50)
        words += [chain, *([number] if numbered else [])]
        words += [_rule(draw, family)] if letter == "-I" or not numbered else []
    elif letter == "-R":
        words += [chain, number, _rule(draw, family)]
    elif letter == "-N":
        words += [draw(st.sampled_from(USER + USER + ODD_NAMES))]
    elif letter == "-E":
        words += [chain, draw(st.sampled_from(USER + USER + ODD_NAMES))]
    elif letter == "-P":
        words += [chain, draw(st.sampled_from(["ACCEPT", "DROP", "DROP", "QUEUE"]))]
        words += ["-c", "7", "8"] if _often(draw, 20) else []
    elif _often(draw, 80 if letter == "-X" else 50):
        words += [chain]
    line = " ".join(word for word in words if word)
    return line if "-c 3 4" in line else prefix + line  # counters given twice are refused, but only with -c


def _line(draw: DrawFn, table: str, family: int) -> str:
    kind = draw(st.integers(0, 99))
    if kind < 5:
        return draw(st.sampled_from(ODD_LINES))
    return _declaration(draw, table) if kind < 20 else _command(draw, table, family)


def loads(text: str, family: int) -> bool:
    """Whether lvsconf has nothing to say against a file."""
    return all(problem.code in LOADS for problem in iptables.read(Source("rules", text), family)[1])


@st.composite
def files(draw: DrawFn, family: int) -> File:
    """One to three sections, the same table twice among them."""
    lines: list[str] = []
    tables: list[str] = []
    refused = False
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        table = draw(st.sampled_from([*BUILT_IN, "filter", *tables, *tables]))
        tables.append(table)
        lines.append(f"*{table}")
        for _ in range(draw(st.integers(0, 12))):
            line = _line(draw, table, family)
            fits = not refused and loads("\n".join([*lines, line, "COMMIT\n"]), family)
            if refused or fits or _often(draw, 12):
                lines.append(line)
                refused = refused or not fits
        if _often(draw, 99):
            lines.append("COMMIT")
    return File(tuple(lines), tuple(dict.fromkeys(tables)), ended=_often(draw, 97))
