"""keepalived.conf: lines, blocks, services, addresses (what keepalived says of files: test_keepalived_oracle.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.languages.ipvsadm_format import selector, server_words, service_words
from lvsconf.languages.keepalived.expansion import Expander
from lvsconf.languages.keepalived.format import format_source
from lvsconf.languages.keepalived.includes import alternatives, matching
from lvsconf.languages.keepalived.keywords import keywords, places
from lvsconf.languages.keepalived.reader import Configuration, read
from lvsconf.languages.secrets import concealed
from lvsconf.source import Source


def lines(text: str, **others: str) -> list[str]:
    """The lines that count, their words joined by blanks."""
    sources = {name.replace("__", "/"): Source(name.replace("__", "/"), other) for name, other in others.items()}
    return [" ".join(word.text for word in line.words) for line in Expander(sources).read(Source("k/main.conf", text))]


def parsed(text: str) -> tuple[Configuration, list[str]]:
    configuration, problems = read(Source("f", text))
    return configuration, [f"{each.code} {each.span.line}:{each.span.column} {each.message}" for each in problems]


def table(text: str) -> list[str]:
    """The services as commands of ipvsadm."""
    found = []
    for service in parsed(text)[0].services:
        where = " ".join(selector(service.key))
        found.append(f"-A {where} {' '.join(service_words(service))}")
        found += [f"-a {where} {' '.join(server_words(server))}" for server in service.servers]
    return found


# -- lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b # c\n! d\n\n  e", ["a b", "e"]),
        ('a "b # c ! d" e', ["a b # c ! d e"]),
        ("a\\#b", ["a#b"]),
        ("$A=1\nx $A ${A}2 $A3 $B", ["x 1 12 $A3 $B"]),
        ("$BASE=10.2.${SUB}\n$SUB=0\n${BASE}.1\n$SUB=9\n${BASE}.1", ["10.2.0.1", "10.2.9.1"]),
        ("$E=\na $E b", ["a b"]),
        (
            "$R= \\\nreal ${N} { \\\n  w $N \\\n}\n\n$N=1\n$R\n$N=2\n$R",
            ["real 1 {", "w 1", "}", "real 2 {", "w 2", "}"],
        ),
        ("$R= \\\na \\\n# b \\\nc\nd\n$R", ["d", "a", "c"]),
        ("~SEQ(A, 2) x$A\n~SEQ(A, 2) x${A}", ["x1", "x2", "x1", "x2"]),
        ("~SEQ(A, 3, 1) ${A}", ["3", "2", "1"]),
        ("~SEQ(A, 0, 16, 48) ~SEQx(B, 10, 11) ${A}${B}", [f"{a}{b}" for a in (0, 16, 32, 48) for b in "ab"]),
        ("~SEQx(A, 0x90, 0x10, 0xb0) fe80::${A}", ["fe80::90", "fe80::a0", "fe80::b0"]),
        ("~LST(A, x, y) ${A}", ["x", "y"]),
        ("~LST({A, B}, {1, 2}, {3}) ${A}.${B}", ["1.2", "3."]),
        ("$L=3\n~SEQ(A, 1, $L) ${A}", ["1", "2", "3"]),
        ("a ${_HASH} b", ["a"]),
        ("@^id a\n@id b", ["a", "b"]),
    ],
)
def test_lines(text: str, expected: list[str]):
    assert lines(text) == expected


def test_includes_are_read_in_place_and_relative_to_the_file():
    found = lines(
        "a\ninclude d/*.conf\nincluder x.conf\nz",
        k__d__2__conf="two",
        **{"k__d__b.conf": "b\ninclude c.inc", "k__d__a.conf": "aa", "k__d__c.inc": "cc", "k__x.conf": "x"},
    )
    assert found == ["a", "aa", "b", "cc", "x", "z"]


def test_a_definition_goes_on_into_an_included_file():
    assert lines("$A=1\ninclude x\n$A", k__x="x $A\n$A=2") == ["x 1", "2"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.conf", ["k/a.conf"]),
        ("./a.conf", ["k/a.conf"]),
        ("*.conf", ["k/a.conf", "k/b.conf"]),
        ("{b,a}.conf", ["k/b.conf", "k/a.conf"]),
        ("d/*", ["k/d/c"]),
        ("/etc/keepalived/conf.d/b.conf", ["k/b.conf"]),
        ("/k/none.conf", []),
        ("[ab].conf", ["k/a.conf", "k/b.conf"]),
    ],
)
def test_which_files_are_meant(pattern: str, expected: list[str]):
    names = ("k/a.conf", "k/b.conf", "k/d/c", "k/.hidden.conf", "k/main")
    assert matching(pattern, "k/main", names) == expected


def test_braces_in_patterns():
    assert alternatives("x{a,b{c,d}}y") == ("xay", "xbcy", "xbdy")
    assert alternatives("{") == ("{",)
    assert len(alternatives("{a,b}" * 30)) < 3000


# -- places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("global_defs {\n  vrrp_versoin 3\n}", ["LVS051 2:3 keepalived knows no `vrrp_versoin` in `global_defs`"]),
        (
            "$V=9\nglobal_defs {\n  vrrp_version $V\n}",
            ["LVS052 3:16 `9` is no value for `vrrp_version`"],
        ),
        (
            "$G= \\\nglobal_defs { \\\n  vrrp_version 9 \\\n}\n\n$G",
            ["LVS052 3:16 `9` is no value for `vrrp_version`"],
        ),
        ("}\n", ["LVS050 1:1 no block is open that this could close"]),
        ("weight 1\n", ["LVS051 1:1 `weight` can't stand outside all blocks"]),
        (
            "global_defs {\nvirtual_server_group g {\n10.0.0.1 80\n}\n",
            ["LVS050 2:1 `virtual_server_group` can't stand in `global_defs` (line 1): a `}` is missing before it"],
        ),
    ],
)
def test_places(text: str, expected: list[str]):
    assert parsed(text)[1] == expected


def test_an_unknown_block_is_passed_over_whole():
    text = "unknown {\n a {\n  lb_algo x\n }\n}\nglobal_defs {\n vrrp_version 3\n}\n"
    configuration, problems = parsed(text)
    assert problems == ["LVS051 1:1 keepalived knows no `unknown` outside all blocks"]
    assert [span.line for span in configuration.gaps] == [1]


@pytest.mark.parametrize("word", ["hunter2", "$PASS", "a b", '"a b"'])
def test_passwords_are_in_no_finding(word: str):
    inside = f"auth_pass {word} longer than it may be\n auth_passs {word}\n"
    wrong = f"vrrp_instance A {{\n authentication {{\n {inside} }}\n}}\n"
    for each in parsed(wrong)[1]:
        assert "hunter2" not in each
    assert "hunter2" not in concealed(f"  auth_passs {word} # {word}")
    assert concealed('auth { auth_pass a"b } }').endswith("} }")
    assert concealed("  auth_type PASS") == "  auth_type PASS"
    assert len(concealed("passwd = x y")) == len("passwd = x y")


# -- services -------------------------------------------------------------------------------------------------

SERVER = "real_server 10.0.0.2 80 {\n weight 3\n}\n"


def service(*options: str, head: str = "192.0.2.100 80", servers: str = SERVER) -> str:
    return f"virtual_server {head} {{\nlb_algo wlc\nlb_kind DR\nprotocol TCP\n{chr(10).join(options)}\n{servers}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (service(), ["-A -t 192.0.2.100:80 -s wlc", "-a -t 192.0.2.100:80 -r 10.0.0.2:80 -g -w 3"]),
        (
            service("lvs_sched sh", "sh-port", "persistence_timeout 60", "persistence_granularity 255.255.255.0"),
            ["-A -t 192.0.2.100:80 -s sh -p 60 -M 255.255.255.0 -b sh-port",
             "-a -t 192.0.2.100:80 -r 10.0.0.2:80 -g -w 3"],
        ),
        (
            service("persistence_timeout", "persistence_engine sip", "protocol udp", "ops"),
            ["-A -u 192.0.2.100:80 -s wlc -p 360 --pe sip -o", "-a -u 192.0.2.100:80 -r 10.0.0.2:80 -g -w 3"],
        ),
        (
            service(servers="real_server 10.0.0.2 {\n lvs_method NAT\n uthreshold 9\n lthreshold 5\n}\n"),
            ["-A -t 192.0.2.100:80 -s wlc", "-a -t 192.0.2.100:80 -r 10.0.0.2:80 -m -w 1 -x 9 -y 5"],
        ),
        (
            service("lb_kind TUN type gue port 6080 csum", "weight 7", servers="real_server 2001:db8::2 {\n}\n"),
            ["-A -t 192.0.2.100:80 -s wlc",
             "-a -t 192.0.2.100:80 -r [2001:db8::2]:80 -i -w 7 --tun-type gue --tun-port 6080 --tun-csum"],
        ),
        (
            service(head="fwmark 5", servers="real_server 2001:db8::2 {\n}\n"),
            ["-A -f 5 -6 -s wlc", "-a -f 5 -6 -r [2001:db8::2]:0 -g -w 1"],
        ),
        (
            service("lb_kind NAT", servers="real_server 10.0.0.2 8080 {\n}\nreal_server 10.0.0.2 8080 {\n}\n"),
            ["-A -t 192.0.2.100:80 -s wlc", "-a -t 192.0.2.100:80 -r 10.0.0.2:8080 -m -w 1"],
        ),
        (
            "virtual_server_group g {\n192.0.2.100-101 80\n192.0.2.200/31 443\nfwmark 3\nfwmark 4 inet\n}\n"
            + service(head="group g", servers="real_server 10.0.0.2 {\n}\n"),
            [
                line
                for key, port in (("-t 192.0.2.100:80", 80), ("-t 192.0.2.101:80", 80), ("-t 192.0.2.200:443", 443),
                                  ("-t 192.0.2.201:443", 443), ("-f 3", 0), ("-f 4", 0))
                for line in (f"-A {key} -s wlc", f"-a {key} -r 10.0.0.2:{port} -g -w 1")
            ],
        ),
        (
            "virtual_server 192.0.2.100 80 {\nreal_server 10.0.0.2 80 {\n}\n}\n",
            ["-A -u 192.0.2.100:80 -s wlc", "-a -u 192.0.2.100:80 -r 10.0.0.2:80 -m -w 1"],
        ),
        (
            service(head="192.0.2.100", servers="real_server 10.0.0.2 99 {\n}\n"),
            ["-A -t 192.0.2.100:0 -s wlc -p 360", "-a -t 192.0.2.100:0 -r 10.0.0.2:0 -g -w 1"],
        ),
        (service(servers=""), []),
        (service(head="192.0.2.300 80"), []),
    ],
)  # fmt: skip
def test_services(text: str, expected: list[str]):
    assert table(text) == expected


def test_a_sorry_server_is_no_real_server():
    text = service("sorry_server 10.0.0.9 80", "sorry_server_inhibit", "inhibit_on_failure")
    (found,) = parsed(text)[0].services
    assert [str(each.address) for each in found.servers] == ["10.0.0.2"]
    assert found.servers[0].inhibit
    assert found.sorry is not None
    assert (str(found.sorry.address), found.sorry.weight, found.sorry.inhibit) == ("10.0.0.9", 1, True)


def test_spans_point_at_the_service_and_its_servers():
    (found,) = parsed("\n" + service())[0].services
    assert found.span is not None
    assert (found.span.line, found.servers[0].span.line) == (2, 7)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("include other.conf\n" + service(), 1),
        (service("@main " + SERVER.replace("\n", " ")), 1),
        ("@main $A=10.0.0.9\n" + service(servers="real_server $A 80 {\n}\n" + SERVER), 2),
        ("@main " + service(), 1),
        ("foreign {\n}\n" + service(), 1),
        ("virtual_server_group g {\n10.0.0.0/8 80\n}\n" + service(head="group g"), 4),
    ],
)
def test_gaps(text: str, line: int):
    assert line in [span.line for span in parsed(text)[0].gaps]


# -- addresses ------------------------------------------------------------------------------------------------


def test_instances():
    text = """
vrrp_sync_group G {
    group {
        A
        B
    }
}
static_ipaddress {
    10.9.0.1/24 dev eth2
}
vrrp_instance A {
    state MASTER
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.100/24 dev eth1 label eth1:vip
        192.0.2.101
    }
    virtual_ipaddress_excluded {
        2001:db8::1/64
    }
}
vrrp_instance B {
    state BACKUP
    nopreempt
    interface eth1
    use_vmac
    virtual_router_id 52
    priority 90
    virtual_ipaddress {
        192.0.2.200
    }
}
"""
    configuration, problems = parsed(text)
    assert problems == []
    one, two = configuration.vrrp.instances
    assert (one.master, one.priority, one.preempt, one.router_id, one.vmac) == (True, 255, True, 51, None)
    assert [(str(each.address), each.device, each.label, each.excluded) for each in one.addresses] == [
        ("192.0.2.100/24", "eth1", "eth1:vip", False),
        ("192.0.2.101/32", "eth0", None, False),
        ("2001:db8::1/64", "eth0", None, True),
    ]
    assert (two.master, two.priority, two.preempt, two.vmac) == (False, 90, False, "vrrp.52")
    assert [(str(each.address), each.device) for each in two.addresses] == [("192.0.2.200/32", "vrrp.52")]
    assert [(group.name, group.instances) for group in configuration.vrrp.groups] == [("G", ("A", "B"))]
    assert [str(each.address) for each in configuration.vrrp.static] == ["10.9.0.1/24"]


# -- the table and the formatter ------------------------------------------------------------------------------


def test_the_table_of_keywords():
    assert set(places()["weight"]) >= {"virtual_server", "real_server", "vrrp_script"}
    checks = keywords()["virtual_server"].inside["real_server"].inside
    assert {name for name, each in checks.items() if each.inside} == {
        "MISC_CHECK", "SMTP_CHECK", "TCP_CHECK", "PING_CHECK", "UDP_CHECK", "HTTP_GET", "SSL_GET", "DNS_CHECK",
        "FILE_CHECK", "BFD_CHECK",
    }  # fmt: skip
    assert "connect_port" in checks["SMTP_CHECK"].inside["host"].inside
    assert not any(name.startswith("<") for name in places())


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a{\nb\n}\n", "a{\n    b\n}\n"),
        ("a\n{\n\t b  c # d\n\n}\n", "a\n{\n    b  c # d\n\n}\n"),
        ("  a {\n b {\nc } }\nd\n", "a {\n    b {\n        c } }\nd\n"),
        ('a {\nx "} {"\n# }\n}\n', 'a {\n    x "} {"\n    # }\n}\n'),
        ("$R= \\\n r { \\\n w \\\n } \\\n\na\n", "$R= \\\nr { \\\n    w \\\n} \\\n\na\n"),
        ("$R= \\\n r { \\\n w\na\n", "$R= \\\nr { \\\n    w\na\n"),
        ("a {\n@x  b\n}\n", "a {\n    @x  b\n}\n"),
        ("}\n} a {\nb\n", "}\n} a {\n    b\n"),
        ("a \\ \nb\n", "a \\ \nb\n"),
        ('a "b\n', 'a "b\n'),
        ("a  \r\nb\r\n", "a\nb\n"),
    ],
)
def test_format(text: str, printed: str):
    assert format_source(Source("f", text)) == printed


PIECES = st.sampled_from(
    ("{", "}", "a", " b", "\t", "# c", '"x { y"', '"', "$A= \\", "\\", "$A", "${A}", "@i", "~SEQ(A,2)", "weight 1",
     "virtual_server 1.2.3.4 80 {", "real_server 1.2.3.4 80 {", "lb_algo rr", "include x")
)  # fmt: skip


@given(text=st.lists(st.lists(PIECES, max_size=4).map(" ".join), max_size=10).map("\n".join))
def test_formatting_keeps_the_meaning(text: str):
    source = Source("f", text)
    printed = Source("f", format_source(source))
    assert printed.text.count("\n") == text.count("\n")
    assert format_source(printed) == printed.text
    (before, faults), (after, others) = read(source), read(printed)
    assert table(text) == table(printed.text)
    assert [each.line for each in before.gaps] == [each.line for each in after.gaps]
    assert [(each.code, each.message, each.span.line) for each in faults] == [
        (each.code, each.message, each.span.line) for each in others
    ]


# -- whatever the text ----------------------------------------------------------------------------------------

NESTED = "virtual_server 192.0.2.1 80 {\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (NESTED * 10_000, "is missing before it"),
        ("x {\n" * 10_000 + "}\n" * 10_000, "knows no `x`"),
        ("{\n" * 10_000, "no block can begin here"),
        ("x" * 10_000_000, "more than 1022 characters"),
        ("a\0b", "NUL"),
        ("$A=$A\n$A", "stands for itself"),
        ("$A=x$A\n$A", "stands for itself"),
        ("$A= \\\n$A\n\n$A", "itself"),
        ("~SEQ(A, 1, 100000000000) ~SEQ(B, 1, 10) x", "more than 200,000 lines"),
        ("include f", "includes itself"),
        ("~SEQ(A, 1, 0, 5) x", "this is no sequence"),
        ("~LST(A) x", "this is no sequence"),
    ],
)
def test_odd_texts_get_an_answer(text: str, word: str):
    source = Source("f", text)
    _, problems = read(source, {"f": source})
    assert any(word in each.message for each in problems)
    for each in problems:
        assert 1 <= each.span.line <= len(source.lines)
