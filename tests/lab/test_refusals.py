"""What the guest's tools refuse is told by file and line, as the user counts them."""

from __future__ import annotations

import pytest

from lvsconf.lab.refusals import complaint
from lvsconf.lab.tracelog import with_trace_rules

DUMP = "*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j WRONG\nCOMMIT\n"


def given_line(dump: str, text: str) -> int:
    """The line of a text in what the guest's iptables-restore reads."""
    return with_trace_rules(dump).splitlines().index(text) + 1


@pytest.mark.parametrize("dump", [DUMP, DUMP.partition("COMMIT\n")[2], f"# note\n\n{DUMP}"])
def test_iptables_restore(dump: str) -> None:
    said = (
        "iptables-restore v1.8.9 (legacy): Couldn't load target `WRONG':No such file or directory\n\n"
        f"Error occurred at line: {given_line(dump, '-A INPUT -j WRONG')}\n"
        "Try `iptables-restore -h' or 'iptables-restore --help' for more information."
    )
    found = complaint(said, "iptables.rules", dump)
    assert found.told == {
        "file": "iptables.rules",
        "line": dump.splitlines().index("-A INPUT -j WRONG") + 1,
        "text": "Couldn't load target `WRONG':No such file or directory",
    }


def test_a_table_that_the_kernel_refuses() -> None:
    found = complaint("iptables-restore: line 9 failed", "iptables.rules", DUMP)
    assert (found.line, found.text) == (7, "the kernel refuses a rule of table filter, whose end this is")


def test_ipset() -> None:
    said = "ipset v7.17: Error in line 2: Syntax error: cannot parse nonsense: resolving to IPv4 address failed"
    found = complaint(said, "ipset.rules", "create a hash:ip\nadd a nonsense\n")
    assert str(found) == "ipset.rules:2: Syntax error: cannot parse nonsense: resolving to IPv4 address failed"
