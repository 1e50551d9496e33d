"""Whatever the text, every reader ends, in time, with places inside the file."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.languages import recognise
from lvsconf.snapshot import Group, assemble
from lvsconf.source import Source
from tests.languages.reading import check_reading

WORDS = (
    "*filter", "COMMIT", ":INPUT", "ACCEPT", "[0:0]", "-A", "INPUT", "-s", "10.0.0.1", "!", "-p", "tcp", "--dport",
    "80",
    "-m", "state", "--state", "NEW", "-j", "X", '"a b"', '"', "\\", "-t", "192.0.2.1:80", "-a", "-r", "-g", "-w", "1",
    "#", "=", "net.ipv4.ip_forward", "TCP", "->", "Masq", "rr", "FWM", "Prot", "IP Virtual Server", "LISTEN", "0", "[",
    "]", "{", "}", '"ifname"', ":", ",", "-D", "-I", "-R", "-E", "-P", "-X", "-F", "-N", "-c", "--", "-", "\0",
    "\u00e9",
    "\udce9", "-6", "-f", "--tun-type", "[::1]:80", "udp", "create", "add", "del", "a", "hash:ip", "hash:net,iface",
    "list:set", "bitmap:port", "range", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "timeout", "comment", "-exist", "x,80",
)  # fmt: skip

lines = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
texts = st.one_of(st.lists(lines, max_size=12).map("\n".join), st.text(max_size=200))


@pytest.mark.parametrize("language", sorted(recognise.LANGUAGES))
@given(text=texts)
def test_any_text(language: str, text: str):
    recognise.kind_by_content("f", text)
    check_reading(language, text)


MEGABYTES = 10_000_000
LARGE = {
    "one word": "x" * MEGABYTES,
    "words": "a " * (MEGABYTES // 2),
    "quotes": '"' * MEGABYTES,
    "open quote": '-A INPUT -m comment --comment "' + "a" * MEGABYTES,
    "backslashes": '-A INPUT -m comment --comment "' + "\\" * MEGABYTES,
    "brackets": "[" * MEGABYTES,
    "a list": "-A INPUT -s " + "10.0.0.1," * (MEGABYTES // 9),
    "digits": "[" + "9" * MEGABYTES + ":1] -A INPUT",
    "blank lines": "\n" * (MEGABYTES // 10),
    "blanks": " " * MEGABYTES,
    "equals": "net.ipv4." + "=" * MEGABYTES,
    "json": '[{"ifname":"' + "x" * MEGABYTES,
}


@pytest.mark.parametrize("name", sorted(LARGE))
def test_a_large_line(name: str):
    text = "*filter\n" + LARGE[name] + "\nCOMMIT\n"
    started = time.process_time()
    recognise.kind_by_content("f", text)
    for language in sorted(recognise.LANGUAGES):
        assemble(Group("h", (Source("f", text),), named=frozenset({"f"})), language=language)
    assert time.process_time() - started < 60


def test_a_truncated_dump():
    text = '*filter\n:INPUT DROP [0:0]\n[1:2] -A INPUT -s 10.0.0.1/32 -m comment --comment "a b" -j ACCEPT\nCOMMIT\n'
    for end in range(len(text)):
        found = assemble(Group("h", (Source("iptables.rules", text[:end]),)))
        assert len(found.host.rules) + len(found.unreadable) == 1
