"""One result that has everything a report may have to show."""

from __future__ import annotations

from lvsconf.findings import (
    Applicability,
    Certainty,
    Edit,
    Finding,
    Fix,
    Label,
    Result,
    Severity,
    Skipped,
    Witness,
)
from lvsconf.source import Source, Span

RULES = Source(
    "director/iptables.rules",
    "*mangle\n"
    ":PREROUTING ACCEPT [0:0]\n"
    "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x2/0xffffffff\n"
    "-A PREROUTING -s 198.51.100.0/24 -d 192.0.2.1/32 -i eth0 -p tcp -m tcp --dport 443 "
    '-m comment --comment "für 日本 \x1b[31mred" -j MARK --set-xmark 0x1/0xffffffff\n'
    "COMMIT\n"
    "-A\tFORWARD\t-j DROP\n",
)
IPVS = Source("director/ipvsadm.rules", "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.2 -g -w 1\n")
ODD = Source("d\udcffr/\x1b]0;title\x07.rules", "-A x\u202ey \x00\n")


def span(source: Source, line: int, words: str) -> Span:
    """The first place of some words in a line."""
    column = source.lines[line - 1].index(words) + 1
    return source.span(line, column, column + len(words))


PATH = Finding(
    code="LVS301",
    slug="fwmark-without-service",
    severity=Severity.ERROR,
    certainty=Certainty.PROVEN,
    message="mark 2 is set but no `-f 2` virtual service claims it",
    span=span(RULES, 3, "0x2"),
    label="sets mark 2",
    labels=(Label(span(IPVS, 1, "-f 1"), "only mark 1 is served"),),
    witness=Witness(
        packets=(
            {"in": "eth0", "src": "198.51.100.7", "dst": "192.0.2.1", "proto": "tcp", "sport": 40000, "dport": 80},
        ),
        at=0,
        trace=("mangle:PREROUTING:rule:1 IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1",),
        path=(
            "mangle:PREROUTING:rule:1 (mark 2)",
            "filter:INPUT:policy:1",
            "IPVS finds no service",
            "delivered to the director",
        ),
    ),
)
LABELS = Finding(
    code="LVS202",
    slug="several-labels",
    severity=Severity.WARNING,
    certainty=Certainty.POSSIBLE,
    message="several places of one long line, wide characters and a control sequence among them",
    span=span(RULES, 4, "0x1"),
    label="here",
    assumes=("eth0 is up", "the kernel is 6.12"),
    labels=(
        Label(span(RULES, 4, "-p tcp"), "one protocol"),
        Label(span(RULES, 4, "--dport 443"), "one port"),
        Label(span(RULES, 4, "日本"), "wide"),
    ),
    witness=Witness(
        packets=(
            {"in": None, "src": "2001:db8::1", "dst": "2001:db8::2", "proto": "udp", "sport": 1, "dport": 2},
            {
                "in": "eth0",
                "src": "2001:db8::2",
                "dst": "2001:db8::1",
                "proto": "icmpv6",
                "type": 1,
                "code": 4,
                "inner": {"src": "2001:db8::1", "dst": "2001:db8::2", "proto": "udp", "sport": 1, "dport": 2},
            },
        ),
        at=1,
        trace=(),
        path=("one step",),
    ),
    fix=Fix("remove the rule", Applicability.SAFE, (Edit(Span(RULES.name, 4, 1, 5, 1), ""),)),
    help="remove it",
)
TABS = Finding(
    code="LVS010",
    slug="unread",
    severity=Severity.INFO,
    certainty=Certainty.PROVEN,
    message="a tab\tand a\nnew line",
    span=span(RULES, 6, "FORWARD"),
    labels=(Label(Span(RULES.name, 1, 1, 5, 7), "the table"), Label(span(RULES, 6, "-j"), "target")),
    fix=Fix("drop it", Applicability.UNSAFE, (Edit(span(RULES, 6, "FORWARD"), "INPUT"),)),
)
HOSTILE = Finding(
    code="LVS011",
    slug="hostile",
    severity=Severity.INFO,
    certainty=Certainty.PROVEN,
    message="a name with \x1b[2J",
    span=Span(ODD.name, 1, 4, 1, 8),
    label="\u202e",
)
STATED = Finding(
    code="LVS101",
    slug="stated",
    severity=Severity.WARNING,
    certainty=Certainty.PROVEN,
    message="something about a service that was stated",
    span=Span("--service", 1, 1, 1, 5),
    label="tcp:192.0.2.1:80=dr:10.0.0.2",
)
FULL = Result(
    findings=(PATH, LABELS, TABS, HOSTILE, STATED),
    skipped=(Skipped("LVS401", ("sysctl",)), Skipped("LVS102", ("ipvs",)), Skipped("LVS103", ("ipvs",))),
    assumed=("kernel 6.12: there is no uname",),
    ignored=("director/notes.txt",),
    unreadable=(),
    sources={source.name: source for source in (RULES, IPVS, ODD)},
)
CLEAN = Result((), (), (), (), (), {IPVS.name: IPVS})
