"""Configurations of daemons as a part of a host: what they stand for, what wins over them, what they include."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvsconf.gathering import gather
from lvsconf.lint.runner import lint
from lvsconf.model.host import Role
from lvsconf.snapshot import Group, HostInput, assemble
from lvsconf.source import Source

SERVICE = """virtual_server 192.0.2.100 80 {
    lb_algo wlc
    lb_kind DR
    protocol TCP
    sorry_server 10.0.0.9 80
    real_server 10.0.0.2 80 {
        weight 1
    }
}
"""
INSTANCE = """vrrp_instance VI {
    state STATE
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.100
    }
}
"""
RULES = """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT
COMMIT
"""
INCLUDES = "include conf.d/*.conf\ninclude ../outside.conf\ninclude /etc/hostname\n"
RUNNING = "-A -t 192.0.2.200:443 -s rr\n-a -t 192.0.2.200:443 -r 10.0.0.7:443 -g -w 1\n"
LDIRECTORD = "virtual=192.0.2.100:80\n\treal=10.0.0.2:80 gate\n\tprotocol=tcp\n"


def addresses(*texts: str) -> str:
    infos = ", ".join(f'{{"family": "inet", "local": "{text}", "prefixlen": 24}}' for text in texts)
    return f'[{{"ifindex": 2, "ifname": "eth0", "flags": ["UP"], "mtu": 1500, "addr_info": [{infos}]}}]'


def host(**options) -> HostInput:
    role = options.pop("role", None)
    files = {name.replace("__", ".").replace("_", "-"): text for name, text in options.items()}
    return assemble(Group("h", tuple(Source(name, text) for name, text in files.items())), role=role)


def said(found: HostInput) -> str:
    return "\n".join(found.assumed)


@pytest.mark.parametrize(("name", "text"), [("keepalived__conf", SERVICE), ("ldirectord__cf", LDIRECTORD)])
def test_services_of_a_daemon_stand_for_the_table(name: str, text: str):
    found = host(**{name: text})
    assert [each.name for each in found.host.services or ()] == ["tcp 192.0.2.100:80"]
    assert "with all real servers up" in said(found)
    assert found.ignored == ()


def test_the_running_table_wins():
    found = host(keepalived__conf=SERVICE, ipvsadm__rules=RUNNING)
    assert [each.name for each in found.host.services or ()] == ["tcp 192.0.2.200:443"]
    assert "all real servers" not in said(found)


def test_stated_services_stand_beside_those_of_a_daemon():
    group = Group("h", (Source("keepalived.conf", SERVICE),))
    found = assemble(group, services=("tcp:192.0.2.150:25=nat:10.0.0.5",))
    assert [each.name for each in found.host.services or ()] == ["tcp 192.0.2.100:80", "tcp 192.0.2.150:25"]


def test_without_a_service_the_table_is_unknown():
    found = host(keepalived__conf=INSTANCE.replace("STATE", "MASTER"))
    assert found.host.services is None
    assert found.host.vrrp is not None


def test_a_gap_is_told():
    found = host(keepalived__conf=f"include more.conf\n{SERVICE}")
    assert [each.code for each in found.problems] == ["LVS054"]
    assert "keepalived.conf: line 1, which could not be read whole, holds no further service" in said(found)
    assert host(keepalived__conf="include more.conf\nglobal_defs {\n}\n").host.services is None


@pytest.mark.parametrize(
    ("state", "mine", "stated", "role", "words"),
    [
        ("MASTER", None, None, None, "begins as MASTER"),
        ("MASTER", ("10.0.0.1",), None, None, "begins as MASTER"),
        ("BACKUP", None, None, None, "though it begins as BACKUP"),
        ("BACKUP", ("10.0.0.1", "192.0.2.100"), None, None, "though it begins as BACKUP"),
        ("BACKUP", ("10.0.0.1",), None, Role.BACKUP, "has none of its VIPs"),
        ("BACKUP", ("10.0.0.1",), Role.MASTER, Role.MASTER, ""),
        ("MASTER", None, Role.BACKUP, Role.BACKUP, ""),
    ],
)
def test_the_role(state: str, mine: tuple[str, ...] | None, stated: Role | None, role: Role | None, words: str):
    parts = {"keepalived__conf": INSTANCE.replace("STATE", state)}
    if mine is not None:
        parts["ip_address__json"] = addresses(*mine)
    found = host(**parts, role=stated)
    assert found.host.role is role
    assert words in said(found)
    if stated is not None:
        assert "--role" not in said(found)


def test_a_path_finding_points_into_the_daemons_file():
    result = lint([host(keepalived__conf=INSTANCE.replace("STATE", "MASTER") + SERVICE, iptables__rules=RULES)])
    (found,) = [each for each in result.findings if each.code == "LVS301"]
    assert ("keepalived.conf", 9) in [(label.span.file, label.span.line) for label in found.labels]


def test_a_missing_vip_is_not_proven_from_an_initial_state():
    config = INSTANCE.replace("STATE", "MASTER").replace("192.0.2.100", "192.0.2.99") + SERVICE
    result = lint([host(keepalived__conf=config, ip_address__json=addresses("10.0.0.1"))])
    (found,) = [each for each in result.findings if each.code == "LVS310"]
    assert (found.span.file, found.span.line, found.certainty.value) == ("keepalived.conf", 9, "possible")


def test_other_files_of_a_snapshot_are_included_by_name():
    group = Group(
        "h",
        (
            Source("h/keepalived.conf", "include /etc/keepalived/conf.d/*.conf\n"),
            Source("h/web.conf", SERVICE),
            Source("h/notes", "x"),
        ),
    )
    found = assemble(group)
    assert [each.span.file for each in found.host.services or () if each.span] == ["h/web.conf"]
    assert found.ignored == ("h/notes: not recognised",)
    assert found.problems == ()


def test_includes_are_gathered_from_the_disk(tmp_path: Path):
    folder = tmp_path / "keepalived"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "main.conf").write_text(f"{INCLUDES}global_defs {{\n}}\n")
    (folder / "conf.d" / "web.conf").write_text(f"include more.inc\n{SERVICE}")
    (folder / "conf.d" / "more.inc").write_text(INSTANCE)
    (folder / "conf.d" / "link.conf").symlink_to(tmp_path / "outside.conf")
    (tmp_path / "outside.conf").write_text(SERVICE)
    main = str(folder / "main.conf")
    ((group,), unreadable) = gather([main])
    assert unreadable == ()
    names = [str(Path(source.name).relative_to(folder)) for source in group.sources]
    assert names == ["main.conf", "conf.d/web.conf", "conf.d/more.inc"]
    assert group.named == {main}
    (folder / "main.conf").rename(folder / "keepalived.conf")
    ((group,), _) = gather([str(folder)])
    found = assemble(group)
    assert [each.span.file for each in found.host.services or () if each.span] == [str(folder / "conf.d" / "web.conf")]
    assert [each.code for each in found.problems if each.span.file == str(folder / "keepalived.conf")] == ["LVS054"] * 2


def test_an_absolute_include_below_the_file(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "keepalived.conf").write_text(f"include {tmp_path}/d/*\n")
    (tmp_path / "d" / "web").write_text(SERVICE)
    ((group,), _) = gather([str(tmp_path / "keepalived.conf")])
    found = assemble(group)
    assert len(found.host.services or ()) == 1
    assert found.problems == ()
