"""ldirectord.cf, compared with ldirectord's own reading of it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lvsconf.gathering import decode
from lvsconf.languages import ipvsadm_save
from lvsconf.languages.endpoints import show_endpoint
from lvsconf.languages.ldirectord.format import format_source
from lvsconf.languages.ldirectord.reader import read
from lvsconf.model.ipvs import ForwardingMethod, VirtualService
from lvsconf.source import Source

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus" / "ldirectord"
FILES = sorted(CORPUS.glob("*"))
DRIVER = Path(__file__).parent / "oracles" / "ldirectord.pl"
WORDS = {ForwardingMethod.DR: "gate", ForwardingMethod.NAT: "masq", ForwardingMethod.TUN: "ipip"}


def commands(program: str, perl: str, file: Path) -> str | None:
    """What ldirectord would ask of ipvsadm, None when it refuses the file."""
    environment = {**os.environ, "PERLIO": "perlio"}  # ldirectord starts itself anew without it
    done = subprocess.run([perl, str(DRIVER), program, str(file)], capture_output=True, text=True, env=environment)
    assert done.returncode in (0, 2), done.stderr
    return done.stdout if done.returncode == 0 else None


def bare(services: tuple[VirtualService, ...]) -> list[VirtualService]:
    return [
        replace(
            each,
            span=None,
            sorry=None,
            # ipvsadm refuses the second of two real servers, so their order tells nothing.
            servers=tuple(replace(server, span=None) for server in each.servers),
        )
        for each in services
    ]


def fallbacks(services: tuple[VirtualService, ...]) -> list[str]:
    return [
        f"{show_endpoint(each.sorry.address, each.sorry.port)} {WORDS[each.sorry.method]}"
        for each in services
        if each.sorry is not None
    ]


def compare(text: str, said: str | None) -> None:
    found, problems = read(Source("ldirectord.cf", text))
    refused = [f"{each.span.line} {each.message}" for each in problems if each.code == "LVS056"]
    assert (said is None) == bool(refused), f"{text}\nldirectord: {said}\nlvsconf: {refused}"
    if said is None or any(each.code == "LVS054" for each in problems):
        return
    expected, _ = ipvsadm_save.read(Source("", re.sub(r"^#.*\n", "", said, flags=re.MULTILINE)))
    assert bare(found.services) == bare(expected), f"{text}\nldirectord: {said}"
    shown = re.findall(r"^# fallback (\S+ \S+)$", said, re.MULTILINE)
    assert [each.split()[1] for each in shown] == [each.split()[1] for each in fallbacks(found.services)]


@pytest.mark.oracle
@pytest.mark.skipif(not FILES, reason="no corpus here: ldirectord's files not tried")
@pytest.mark.parametrize("path", FILES or [None], ids=lambda path: "none" if path is None else path.name)
def test_the_corpus(path: Path, tool, tmp_path: Path):
    text = re.sub(r"^logfile", "#logfile", decode(path.read_bytes()), flags=re.MULTILINE)  # not on this machine
    (tmp_path / "ldirectord.cf").write_text(text)
    compare(text, commands(tool("ldirectord"), tool("perl"), tmp_path / "ldirectord.cf"))


FAULTY = {
    "vincentmli__lvsadm__ldirectord.cf": "sections of another program",
    "wjesus374__ldirectord_manager__cf_ldirectord-ip.cf": "services that this ldirectord does not have",
    "wjesus374__ldirectord_manager__cf_ldirectord-pdvlss.cf": "services that this ldirectord does not have",
    "wjesus374__ldirectord_manager__cf_ldirectord-poslss-redecard.cf": "services that this ldirectord does not have",
}


@pytest.mark.skipif(not FILES, reason="no corpus here: ldirectord's files not tried")
@pytest.mark.parametrize("path", FILES or [None], ids=lambda path: "none" if path is None else path.name)
def test_what_is_refused(path: Path):
    _, problems = read(Source(path.name, decode(path.read_bytes())))
    assert any(each.code == "LVS056" for each in problems) == (path.name in FAULTY)


# -- generated configurations ---------------------------------------------------------------------------------

VALUES = st.sampled_from
VIRTUAL = VALUES(
    ("virtual=192.0.2.100:80", "virtual = 192.0.2.100:53", "virtual=192.0.2.100:http", "virtual=192.0.2.101:domain",
     "virtual=7", "virtual=192.0.2.100", "virtual6=[2001:db8::1]:80", "virtual6=9", "virtual=[2001:db8::1]:80",
     "virtual=192.0.2.100:99999", "virtual=192.0.2.100:nosuch", "virtual=", "virtual=192.0.2.100:443 # web")
)  # fmt: skip
REAL = VALUES(
    ("real=10.0.0.2:80 gate", "real=10.0.0.3:8080 masq 5", "real=10.0.0.4 ipip 0", "real=10.0.0.2->10.0.0.5:80 masq",
     "real=10.0.0.9->10.0.0.2:80 masq", 'real=10.0.0.6:80 gate 2 "index.html", "OK"', "real=10.0.0.7:80 gate 1 l:5 u:9",
     "real=10.0.0.8:80", "real=10.0.0.8:80 route", "real=10.0.0.8:http masq", "real=10.0.0.300:80 masq",
     "real6=[2001:db8::2]:80 gate", "real6=[2001:db8::3]:80 masq 2", "real=10.0.0.2:80 masq junk",
     "real = 10.0.0.10:80 masq 3 u:7", "real=10.0.0.11:81 ipip # c", "real=10.0.0.12:70000 masq")
)  # fmt: skip
INSIDE = st.one_of(
    REAL,
    REAL,
    VALUES(
        ("protocol=tcp", "protocol=udp", "protocol=fwm", "protocol=sctp", "scheduler=rr", "scheduler=WLC",
        "scheduler=wrr2",
         "persistent=600", "persistent=x", "netmask=255.255.255.0", "netmask=64", "netmask=24 ", "quiescent=yes",
         "quiescent=no ", "ops=yes", "ops=no", "ops=maybe", "checktype=on", "checktype=off", "checktype=4",
         "checktype=pong", "service=http", "service=https x", "service=web", "checkport=80", "checkport=0",
         "checkport=65536", "checktimeout=5", "checktimeout=0", "negotiatetimeout=x", "failurecount=2",
         'request="index.html"', "request=index.html", 'request=""', 'receive="a b"', 'login="me"', 'passwd="x y"',
         "passwd=x", "virtualhost=www", "httpmethod=head", "httpmethod=PUT", "emailalertfreq=3600", "emailalertfreq=x",
         "emailalertstatus=starting,running", "emailalertstatus=none,all", "fallback=127.0.0.1:80",
         "fallback=127.0.0.1",
         "fallback=127.0.0.1:80 masq", "fallback=127.0.0.1 route", "fallback6=[::1]:80", "cleanstop=no",
         "comment=a # b",
         "schedflags=sh-port,sh-fallback", "connecttimeout=5", "autoreload=yes", "sheduler=rr", "scheduler",
         "checkcommand",
         'secret="x"', "checkinterval=5", "load=\"x\"", "smtp=mail.example.com", "servicename=a", "maintenancedir=/x")
    ),
)  # fmt: skip
INDENT = VALUES(("\t", "\t", "    ", "        ", "  ", " \t"))
LINE = st.one_of(
    st.tuples(INDENT, INSIDE).map("".join),
    st.tuples(INDENT, INSIDE).map("".join),
    VALUES(("# c", "\t# c", "", "    ", "\t\t", "        ")),
)
OUTSIDE = VALUES(
    ("checktimeout=10", "checktimeout=", "checkinterval=2", "autoreload=yes", "autoreload=yes ", "quiescent=no # c",
     "quiescent=no", "fallback=127.0.0.1:80 gate", "fallback=127.0.0.2", "fallback6=[::1]:80", "supervised",
     "supervised=no",
     "supervised=x", "fork=yes", "emailalert=root", "emailalertfrom=", "callback=\"/x\"", "callback=/x", "execute=x",
     "logfile=local0", "readdquiescent=no", "chektimeout=1", "real=10.0.0.2:80 gate", "timeout=3", "# c", "  # c",
     " ", "",
     "\tchecktimeout=1", "smtp=mail", "cleanstop=yes")
)  # fmt: skip
SECTION = st.tuples(VIRTUAL, st.lists(LINE, max_size=5)).map(lambda item: "\n".join((item[0], *item[1])))
CONFIGURATION = st.lists(st.one_of(OUTSIDE, SECTION, SECTION), min_size=1, max_size=4).map(
    lambda parts: "\n".join(parts) + "\n"
)


# Perl takes a third of a second to start.
EXAMPLES = max(30, settings.default.max_examples // 10)


@pytest.mark.oracle
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=CONFIGURATION)
def test_generated(text: str, tool, tmp_path: Path):
    file = tmp_path / "ldirectord.cf"
    file.write_text(text)
    compare(text, commands(tool("ldirectord"), tool("perl"), file))


@given(text=CONFIGURATION)
def test_formatting_keeps_the_meaning(text: str):
    source = Source("ldirectord.cf", text)
    printed = Source("ldirectord.cf", format_source(source))
    assert printed.text.count("\n") == text.count("\n")
    assert format_source(printed) == printed.text
    (before, faults), (after, others) = read(source), read(printed)
    assert bare(after.services) == bare(before.services)
    assert [(each.code, each.message) for each in faults] == [(each.code, each.message) for each in others]
