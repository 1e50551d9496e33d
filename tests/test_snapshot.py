"""Which files make a host, and what becomes of those that don't."""

from __future__ import annotations

import io
import tarfile
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lvsconf.gathering import decode
from lvsconf.languages import recognise
from lvsconf.model.host import Role
from lvsconf.model.ipvs import SyncDaemon, Timeouts
from lvsconf.snapshot import SERVICE_SOURCE, Group, HostInput, assemble, gather, replace
from lvsconf.source import Source

RULES = "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 10.0.0.1/32 -j ACCEPT\nCOMMIT\n"
RULES6 = "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 2001:db8::1/128 -j ACCEPT\nCOMMIT\n"
SERVICES = "-A -t 192.0.2.1:80 -s wlc\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1\n"
LISTING = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  192.0.2.9:80 rr\n"
)
SNAPSHOT = {
    "iptables.rules": RULES,
    "ip6tables.rules": RULES6,
    "ipvsadm.rules": SERVICES,
    "ipvsadm-thresholds": "IP Virtual Server version 1.2.1 (size=4096)\n"
    "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\n  -> RemoteAddress:Port\n"
    "TCP  192.0.2.1:80 wlc\n  -> 10.0.0.2:80                  9          5          0          0\n",
    "sysctl.conf": "net.ipv4.ip_forward = 1\n",
    "ip-address.json": '[{"ifname":"lo","ifindex":1}]',
    "ip-route.json": '[{"dst":"default","dev":"lo"}]',
    "ip6-route.json": '[{"dst":"default","dev":"lo"}]',
    "ip-rule.json": '[{"priority":0,"src":"all","table":"local"}]',
    "ip6-rule.json": '[{"priority":0,"src":"all","table":"local"}]',
    "sockets": "tcp LISTEN 0 128 *:22 *:*\n",
    "uname": "6.1.0-26-amd64\n",
}


def group(**files: str) -> Group:
    """A directory with these files; `__` stands for a dot."""
    return Group("h", tuple(Source(name.replace("__", "."), text) for name, text in files.items()))


def named(**files: str) -> Group:
    """The same, named one by one."""
    made = group(**files)
    return Group("h", made.sources, named=frozenset(source.name for source in made.sources))


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_a_whole_snapshot(tmp_path: Path):
    folder = write(tmp_path / "director", SNAPSHOT)
    (made,), unreadable = gather([folder])
    assert not unreadable
    found = assemble(made)
    assert found.files == {
        "ipvsadm-thresholds" if name == "ipvsadm-thresholds" else name.split(".")[0]: f"{folder}/{name}"
        for name in SNAPSHOT
    }
    assert (found.problems, found.unreadable, found.assumed, found.ignored) == ((), (), (), ())
    host = found.host
    assert host.name == str(folder)
    assert set(host.rules) == {4, 6} == set(host.routes) == set(host.routing_rules)
    assert host.services is not None
    assert (host.services[0].servers[0].upper, host.services[0].servers[0].lower) == (9, 5)
    assert (host.kernel, host.role) == ("6.1.0-26-amd64", None)
    assert host.sysctl is not None
    assert host.sockets is not None
    assert host.interfaces is not None
    assert set(found.sources) == {f"{folder}/{name}" for name in SNAPSHOT}


def test_absent_is_unknown_and_empty_is_empty():
    nothing = assemble(group(uname="6.1\n")).host
    assert (nothing.services, nothing.sysctl, nothing.sockets, nothing.interfaces) == (None, None, None, None)
    assert nothing.rules == {}
    found = assemble(Group("h", tuple(Source(name, "") for name in SNAPSHOT)))
    empty = found.host
    assert (found.problems, found.unreadable) == ((), ())
    assert (empty.services, empty.sysctl, empty.sockets, empty.interfaces) == ((), {}, (), ())
    assert {family: dict(ruleset.tables) for family, ruleset in empty.rules.items()} == {4: {}, 6: {}}
    assert empty.kernel is None


def test_by_content():
    found = assemble(
        named(dump=RULES6, services=SERVICES, settings="net.ipv4.ip_forward=1\n", addr='[{"ifname":"lo"}]')
    )
    assert found.files == {"ip6tables": "dump", "ipvsadm": "services", "sysctl": "settings", "ip-address": "addr"}


def test_family_from_name_content_or_assumption():
    neutral = "*filter\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n"
    assert set(assemble(named(rules__v6=neutral)).host.rules) == {6}
    assert set(assemble(named(rules__v4=neutral)).host.rules) == {4}
    assert set(assemble(named(dump=RULES6)).host.rules) == {6}
    found = assemble(named(dump=neutral))
    assert set(found.host.rules) == {4}
    assert found.assumed == ("dump: nothing tells the address family, IPv4 is assumed",)
    assert assemble(named(iptables__rules=neutral)).assumed == ()


def test_names_win_over_content():
    found = assemble(group(a=SERVICES, ipvsadm__rules="-A -u 192.0.2.3:53 -s rr\n", z=LISTING))
    assert found.files == {"ipvsadm": "ipvsadm.rules"}
    assert found.ignored == (
        "a: ipvsadm.rules describes the same part of the host",
        "z: ipvsadm.rules describes the same part of the host",
    )
    assert assemble(group(a=LISTING, b=SERVICES)).files == {"ipvsadm": "b"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.sh", "x"),
        ("other", "#!/bin/bash\niptables -A INPUT -j DROP\n"),
    ],
)
def test_known_but_not_read_yet(name: str, text: str):
    for made in (Group("h", (Source(name, text),)), Group("h", (Source(name, text),), named=frozenset({name}))):
        found = assemble(made)
        assert len(found.ignored) == 1
        assert found.ignored[0].startswith(f"{name}: ")
        assert found.ignored[0].endswith(" is not read yet")
        assert (found.files, found.unreadable) == ({}, ())


@pytest.mark.parametrize(
    "text",
    [
        "tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2\n",
        "ipv4     2 udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1\n",
        "    [NEW] tcp      6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2\n",
        "[1700000000.123456]\t [UPDATE] gre      47 30 src=10.0.0.1 dst=10.0.0.2 srckey=0x0\n",
        "unknown  2 598 src=10.0.0.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.0.0.1 mark=0 use=1\n",
        "IPVS connection entries\npro expire state       source             virtual            destination\n",
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n",
    ],
)
def test_connections_are_left_aside(text: str):
    for named in (frozenset[str](), frozenset({"some"})):
        found = assemble(Group("h", (Source("some", text),), named=named))
        assert found.ignored == ("some: a list of connections; lvsconf starts from empty tables",)
        assert (found.files, found.unreadable) == ({}, ())


def test_what_ipvsadm_save_leaves_out():
    daemon = "master sync daemon (mcast=eth1, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n"
    texts = {
        "ipvsadm-daemon": daemon,
        "ipvsadm-timeout": "Timeout (tcp tcpfin udp): 900 120 300\n",
        "modules": "Module          Size  Used by\nip_vs         200704  2 ip_vs_rr\nnf-conntrack 1 0\n",
        "ipvsadm.rules": "--set 1 2 3\n--start-daemon backup\n",
    }
    for rename in (str, lambda name: name if name == "ipvsadm.rules" else f"some-{name}"):
        found = assemble(Group("h", tuple(Source(rename(name), text) for name, text in texts.items())))
        assert not found.problems
        assert found.host.timeouts == Timeouts(900, 120, 300)
        assert found.host.daemons is not None
        (running,) = found.host.daemons
        group = IPv4Address("224.0.0.81")
        assert running == SyncDaemon("master", "eth1", 7, 1472, group, 8848, 1, running.span)
        assert found.host.modules == {"ip_vs", "nf_conntrack"}
        assert set(found.files) == set(texts) - {"ipvsadm.rules"} | {"ipvsadm"}
    alone = assemble(Group("h", (Source("ipvsadm.rules", texts["ipvsadm.rules"]),))).host
    assert (alone.timeouts, [each.state for each in alone.daemons or ()]) == (Timeouts(1, 2, 3), ["backup"])
    none = assemble(Group("h", (Source("ipvsadm-daemon", ""), Source("modules", "Module Size Used by\n")))).host
    assert (none.daemons, none.modules) == ((), frozenset())
    assert (assemble(Group("h", ())).host.daemons, assemble(Group("h", ())).host.modules) == (None, None)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("modules", "ip_vs 1 0\nwhat is this\n", "LVS039"),
        ("ipvsadm-timeout", "Timeout (tcp tcpfin udp): 900 120 300\nTimeout (tcp tcpfin udp): 900 x 300\n", "LVS030"),
        ("ipvsadm-daemon", "backup sync daemon (mcast=eth0, syncid=x)\n", "LVS030"),
        ("ipvsadm-daemon", "backup sync daemon (mcast=eth0, sincid=5)\n", "LVS030"),
        ("ipvsadm-daemon", "backup sync daemon (mcast=eth0, group=x)\n", "LVS030"),
        ("ipvsadm-daemon", "backup sync daemon (mcast=eth0)\nno daemon\n", "LVS030"),
    ],
)
def test_what_ipvsadm_save_leaves_out_unreadable(name: str, text: str, code: str):
    found = assemble(Group("h", (Source(name, text),)))
    assert [problem.code for problem in found.problems] == [code]
    assert name in found.files


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("other", "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc\n", "ip-address"),
        ("ip-address.json", "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc\n", "ip-address"),
        ("other", "default via 192.0.2.1 dev eth0\n", "ip-route"),
        ("ip-route.json", '[{"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"}]', "ip-route"),
        ("other", "0:\tfrom all lookup local\n", "ip-rule"),
    ],
)
def test_iproute2_with_and_without_json(name: str, text: str, kind: str):
    assert assemble(group(**{name: text})).files == {kind: name}


def test_nobody_recognises_it():
    assert assemble(group(notes="some prose\n")).ignored == ("notes: not recognised",)
    found = assemble(named(notes="\n  some prose\n"))
    assert [(item.file, item.line, item.column) for item in found.unreadable] == [("notes", 2, 3)]
    assert assemble(named(notes=" \n")).ignored == ("notes: not recognised",)


@pytest.mark.parametrize("name", sorted(set(SNAPSHOT)))
def test_a_file_of_which_nothing_is_understood(name: str):
    found = assemble(Group("h", (Source(name, "\nsome prose here\n"),)))
    assert [(item.file, item.line) for item in found.unreadable] == [(name, 2)]
    assert found.unreadable[0].message.split("; expected ")[1]
    assert (found.files, found.problems) == ({}, ())


def test_a_file_of_which_a_part_is_understood():
    found = assemble(group(ipvsadm__rules=SERVICES + "what is this\n", ip_route__json="x"))
    assert [problem.code for problem in found.problems] == ["LVS030"]
    assert found.assumed == (
        "ipvsadm.rules: line 3, which could not be read whole, holds no further service or real server",
    )


def test_a_listing_without_methods_leaves_services_unknown():
    text = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port  Conns\n  -> RemoteAddress:Port\n"
    found = assemble(named(stats=text))
    assert (found.host.services, found.files) == (None, {})
    assert [problem.code for problem in found.problems] == ["LVS034"]


def test_options():
    found = assemble(
        group(ipvsadm__rules=SERVICES, uname="5.10.0\n"),
        services=["tcp:192.0.2.1:80=nat:10.0.0.9:8080", "fwmark:1=dr:10.0.0.2"],
        role="backup",
        kernel="6.1",
    )
    host = found.host
    assert (host.kernel, host.role) == ("6.1", Role.BACKUP)
    assert host.services is not None
    assert [service.name for service in host.services] == ["tcp 192.0.2.1:80", "mark 1"]
    assert str(host.services[0].servers[0].address) == "10.0.0.9"
    span = host.services[1].span
    assert span is not None
    assert found.sources[span.file].lines[span.line - 1] == "fwmark:1=dr:10.0.0.2"
    alone = assemble(Group("h", ()), services=["tcp:192.0.2.1:80=dr:10.0.0.2"])
    assert alone.files == {"ipvsadm": SERVICE_SOURCE}


@pytest.mark.parametrize(
    "options",
    [
        {"services": ["nonsense"]},
        {"services": ["fwmark:1=dr:10.0.0.2", "fwmark:1=dr:10.0.0.3"]},
        {"role": "king"},
        {"language": "klingon"},
    ],
)
def test_bad_options(options: dict):
    with pytest.raises(ValueError, match=r"is not|is none of|twice"):
        assemble(group(a=RULES), **options)


@pytest.mark.parametrize("language", sorted(recognise.LANGUAGES))
def test_language_overrides(language: str):
    found = assemble(named(keepalived__conf=""), language=language)
    assert isinstance(found, HostInput)
    assert found.unreadable == ()
    assert found.ignored == ()


def test_replace():
    made = group(a=SERVICES)
    changed = replace(made, {"a": Source("a", "-A -f 1 -s rr\n"), "b": Source("b", "")})
    assert assemble(changed).host.services != assemble(made).host.services
    assert [source.name for source in changed.sources] == ["a"]


# -- gathering ---------------------------------------------------------------------------------------------------------


def test_directories_and_single_files(tmp_path: Path):
    one, two = write(tmp_path / "site" / "one", SNAPSHOT), write(tmp_path / "site" / "two", {"uname": "6.1\n"})
    single, other = write(tmp_path, {"a": RULES}) / "a", write(tmp_path, {"b": SERVICES}) / "b"
    groups, unreadable = gather([single, tmp_path / "site", other])
    assert not unreadable
    assert [made.name for made in groups] == ["input", str(one), str(two)]
    assert groups[0].named == {str(single), str(other)}
    assert len(groups[1].sources) == len(SNAPSHOT)


def test_names_as_the_user_gave_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "d", {"uname": "6.1\n"})
    monkeypatch.chdir(tmp_path)
    for given, expected in (
        ("d", "d/uname"),
        ("d/", "d/uname"),
        ("./d", "./d/uname"),
        (".", "./d/uname"),
        ("d/uname", "d/uname"),
    ):
        (made,), _ = gather([given])
        assert [source.name for source in made.sources] == [expected]


def test_standard_input():
    (made,), unreadable = gather(["-"], stdin=io.BytesIO(SERVICES.encode()), stdin_filename="x/ipvsadm.rules")
    assert not unreadable
    assert assemble(made).files == {"ipvsadm": "x/ipvsadm.rules"}
    (made,), _ = gather(["-"], stdin=io.BytesIO(SERVICES.encode()))
    assert made.sources[0].name == "<stdin>"
    groups, unreadable = gather(["-"])
    assert (groups, len(unreadable)) == ((), 1)


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_archive(tmp_path: Path, suffix: str):
    folder = write(tmp_path / "director", SNAPSHOT)
    path = tmp_path / f"all.{suffix}"
    with tarfile.open(path, "w:gz" if suffix == "tar.gz" else "w") as archive:
        archive.add(folder, arcname="./director")
    (made,), unreadable = gather([path])
    assert not unreadable
    assert len(assemble(made).files) == len(SNAPSHOT)
    assert all(source.name.startswith(f"{path}/director/") for source in made.sources)
    path.write_bytes(path.read_bytes()[:50])
    groups, unreadable = gather([path])
    assert (groups, [item.file for item in unreadable]) == ((), [str(path)])


def test_what_can_not_be_read(tmp_path: Path):
    folder = write(tmp_path / "d", {"uname": "6.1\n"})
    (folder / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "iptables.rules").write_bytes(b"*filter\nCO\0\1\2\3\4\5\6\7")
    (folder / ".hidden").write_text("x")
    (folder / "inner").mkdir()
    groups, unreadable = gather([folder, tmp_path / "missing", write(tmp_path / "empty", {})])
    assert [(item.file, item.line, item.column) for item in unreadable] == [
        (f"{folder}/iptables.rules", 2, 3),
        (str(tmp_path / "missing"), 1, 1),
        (str(tmp_path / "empty"), 1, 1),
    ]
    assert set(groups[0].ignored) == {
        f"{folder}/picture: not text",
        f"{folder}/.hidden: hidden",
        f"{folder}/inner: not a file",
    }
    assert assemble(groups[0]).files == {"uname": f"{folder}/uname"}


def test_a_latin_1_comment_loses_nothing(tmp_path: Path):
    path = tmp_path / "iptables.rules"
    path.write_bytes('*filter\n-A INPUT -m comment --comment "für Jürgen" -j DROP\nCOMMIT\n'.encode("latin-1"))
    (made,), unreadable = gather([path])
    assert not unreadable
    found = assemble(made)
    assert not found.problems
    assert len(found.host.rules[4].tables["filter"].chains["INPUT"].rules) == 1
    assert made.sources[0].text.encode("utf-8", "surrogateescape") == path.read_bytes()


def test_a_byte_order_mark_is_no_text():
    assert decode(b"\xef\xbb\xbf*filter\n") == "*filter\n"
    with pytest.raises(ValueError, match="not text"):
        decode("*filter\n".encode("utf-16"))


@pytest.mark.parametrize(
    ("name", "line", "family"),
    [
        ("rules", "-p tcp", "iptables"),
        ("ip6tables.save", "-p tcp", "ip6tables"),
        ("rules.v6", "-s 2001:db8::1", "ip6tables"),
        ("rules-6", "-p tcp", "ip6tables"),
        ("rules-6", "-s 192.0.2.1", "iptables"),
        ("no-ipv6", "-p icmp -m icmp --icmp-type 8", "iptables"),
        ("rules.v4", "-s 2001:db8::1", "ip6tables"),
    ],
)
def test_content_of_one_family_alone_says_more_than_a_name(name: str, line: str, family: str) -> None:
    text = f"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {line} -j DROP\nCOMMIT\n"
    assert list(assemble(Group("h", (Source(name, text),))).files) == [family]
