"""The scripts at work in a network namespace, with stand-ins (tests/compile/fakes) for what it lacks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lvsconf.compile.output import write
from tests.compile.example import DIRECTOR, DR, NAT, NEIGHBOUR, TUN, built, changed, cluster, service

pytestmark = pytest.mark.oracle

FAKES = Path(__file__).parent / "fakes"

SETUP = {
    "lb1": "192.0.2.2/24 eth0 10.0.0.1/24 eth1",
    "web1": "10.0.0.2/24 eth0",
    "far1": "10.9.1.2/24 eth0",
}

STATE = r"""
state() {
    iptables-save | sed -e '/^#/d' -e 's/ \[[0-9:]*\]$//'
    ipvsadm -S -n
    ip -4 -o address | sed 's/^[0-9]*: //'
    ip -4 route show table main
    ip -o link show | sed 's/^[0-9]*: //' | cut -d' ' -f1-2
    for key in ip_forward conf.eth0.forwarding conf.all.rp_filter conf.all.arp_ignore conf.lo.arp_announce; do
        sysctl "net.ipv4.$key"
    done
    cat "$FAKES"/net.ipv4.vs.* 2>/dev/null || :
}
"""
"""Everything that a script may change, as text."""


class Host:
    """A host in a namespace, as a shell script that grows and is run at the end."""

    def __init__(self, directory: Path, unshare: str) -> None:
        self._directory = directory
        self._unshare = unshare

    def build(self, name: str, text: str) -> None:
        """Build a cluster below a name."""
        write(self._directory / name, built(text).files)

    def run(self, addresses: str, body: str) -> str:
        """Run a body of shell lines as that host; its output, without what the scripts say."""
        words = addresses.split()
        lines = ["set -eu", STATE, "ip link set lo up"]
        for address, device in zip(words[::2], words[1::2], strict=True):
            lines += [
                f"ip link add {device} type bridge",
                f"ip link set {device} up",
                f"ip address add {address} dev {device}",
            ]
        # the tables and modules that a first look loads are no change
        lines += [
            "modprobe ip_vs; modprobe ipip",
            "iptables-save -t filter >/dev/null; iptables-save -t mangle >/dev/null",
        ]
        script = "\n".join([*lines, body])
        fakes = self._directory / "state"
        fakes.mkdir(exist_ok=True)
        environment = {
            "PATH": f"{FAKES}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "FAKES": str(fakes),
            "LVSCONF_STATE": str(fakes / "run"),
        }
        done = subprocess.run(
            [self._unshare, "-n", "sh", "-c", script],
            cwd=self._directory,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        self.said = done.stderr
        return done.stdout

    @property
    def commands(self) -> list[str]:
        """What ipvsadm was asked to do."""
        return (self._directory / "state" / "ipvs.log").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def host(tool: Callable[[str], str], tmp_path: Path) -> Host:
    for name in ("iptables-legacy-save", "iptables-legacy-restore", "ip", "sysctl"):
        tool(name)
    unshare = tool("unshare")
    probe = "ip link add x type bridge && iptables-legacy-save -t filter"
    if subprocess.run([unshare, "-n", "sh", "-c", probe], capture_output=True).returncode:
        pytest.skip("network namespaces with bridges and iptables can't be made here")
    return Host(tmp_path, unshare)


SCRIPTS = [
    (DR, "lb1", "director.sh"),
    (NAT, "lb1", "director.sh"),
    (TUN, "lb1", "director.sh"),
    (DR, "web1", "realserver.sh"),
    (NAT, "web1", "realserver.sh"),
    (TUN, "web1", "realserver.sh"),
]


def addresses_of(text: str, name: str) -> str:
    return SETUP["far1" if text is TUN and name == "web1" else name]


@pytest.mark.parametrize(("text", "name", "script"), SCRIPTS)
def test_applied_checked_and_put_back(host: Host, text: str, name: str, script: str) -> None:
    host.build("a", text)
    path = f"a/{name}/{script}"
    out = host.run(
        addresses_of(text, name),
        f"""
        state >before
        ! {path} check || exit 1
        state >after; diff before after
        {path} apply
        {path} check
        state >applied
        {path} apply
        state >after; diff applied after
        ls "$LVSCONF_STATE/{name}"
        {path} revert
        state >after; diff before after
        ! {path} revert || exit 1
        """,
    )
    assert out.split() == ["1", "claimed"]
    assert f"{name}: already in place\n" in host.said
    assert f"{name}: nothing to put back\n" in host.said


APPLIED = "b/lb1/director.sh apply"


@pytest.mark.parametrize(
    ("first", "failure"),
    [
        ("", "export FAKE_IPVSADM_REFUSES=10.0.0.2:8080"),
        (APPLIED, "export FAKE_IPVSADM_REFUSES=10.0.0.2:8080"),
        ("", "export FAKE_SYSCTL_REFUSES=net.ipv4.vs.expire_nodest_conn"),
        (APPLIED, "export FAKE_SYSCTL_REFUSES=net.ipv4.ip_forward"),
        ("", r"sed -i 's/^COMMIT$/-A INPUT -j NOWHERE\n&/' a/lb1/iptables.rules"),
        ("", "echo 'net.ipv4.no_such_key = 1' >>a/lb1/sysctl.conf"),
        # the gateway can't be reached
        (APPLIED, "ip link set eth0 down"),
    ],
)
def test_a_failure_puts_everything_back(host: Host, first: str, failure: str) -> None:
    host.build("a", NAT)
    host.build("b", cluster(DIRECTOR, NEIGHBOUR, service("tcp 81; method dr; to web1").replace("100", "101")))
    out = host.run(
        SETUP["lb1"],
        f"""
        {first}
        {failure}
        state >before
        code=0; a/lb1/director.sh apply || code=$?
        echo "exit $code"
        unset FAKE_IPVSADM_REFUSES FAKE_SYSCTL_REFUSES
        state >after; diff before after
        ls "$LVSCONF_STATE/lb1"
        """,
    )
    assert out.split() == ["exit", "1", *(["1"] if first else []), "claimed"]
    assert host.said.count("lb1: in place") == (1 if first else 0)
    assert "not everything could be put back" not in host.said


def test_what_was_there_before_comes_back(host: Host) -> None:
    host.build("a", NAT)
    host.run(
        SETUP["lb1"],
        """
        ip route add default via 192.0.2.9
        ip route add 10.9.0.0/16 via 10.0.0.9 metric 5
        ip address add 192.0.2.100/32 dev eth0
        iptables-legacy-restore <<'EOF'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
-A INPUT -m comment --comment "a \\"b\\"" -j mine
COMMIT
EOF
        printf '%s\\n' '-A -u 192.0.2.7:53 -s rr' '-a -u 192.0.2.7:53 -r 10.0.0.7:53 -m -w 1' | ipvsadm -R
        sysctl -q -w net.ipv4.conf.eth0.forwarding=1
        state >before
        a/lb1/director.sh apply
        a/lb1/director.sh check
        a/lb1/director.sh revert
        state >after
        diff before after
        """,
    )


def test_services_that_stay_are_not_taken_down(host: Host) -> None:
    old = changed(NAT, "to web1:8080", "persistent 1h; to web1:8080 weight 3, web1:8081")
    new = changed(NAT, "to web1:8080", "scheduler rr; to web1:8080 weight 1, web1:8082")
    other = "  service other { vip 192.0.2.101; udp 53; method nat; to web1 }\n}\n"
    host.build("a", old.removesuffix("}\n") + other)
    host.build("b", new)
    host.run(
        SETUP["lb1"], 'a/lb1/director.sh apply; : >"$FAKES/ipvs.log"; b/lb1/director.sh apply; b/lb1/director.sh check'
    )
    assert host.commands == [
        "-E -t 192.0.2.100:80 -s rr",
        "-e -t 192.0.2.100:80 -r 10.0.0.2:8080 -m -w 1",
        "-a -t 192.0.2.100:80 -r 10.0.0.2:8082 -m -w 1",
        "-d -u 192.0.2.101:53 -r 10.0.0.2:53",
        "-D -u 192.0.2.101:53",
        "-d -t 192.0.2.100:80 -r 10.0.0.2:8081",
    ]


def test_a_newer_cluster_takes_back_what_the_older_one_added(host: Host) -> None:
    host.build("a", DR)
    host.build("b", changed(changed(DR, "192.0.2.100", "192.0.2.200"), "    route 10.9.0.0/16 via 10.0.0.254\n", ""))
    out = host.run(
        SETUP["lb1"],
        """
        a/lb1/director.sh apply
        state >applied
        b/lb1/director.sh apply
        ip -4 -o address show dev eth0 | tr -s ' ' | cut -d' ' -f4
        ip route show 10.9.0.0/16
        b/lb1/director.sh revert
        state >after; diff applied after
        b/lb1/director.sh revert
        ip -4 -o address show dev eth0 | tr -s ' ' | cut -d' ' -f4
        """,
    )
    assert out.split() == ["192.0.2.2/24", "192.0.2.200/32", "192.0.2.2/24"]


def test_an_address_that_was_there_already_stays(host: Host) -> None:
    host.build("a", DR)
    host.build("b", changed(DR, "192.0.2.100", "192.0.2.200"))
    host.run(
        SETUP["lb1"],
        """
        ip address add 192.0.2.100/32 dev eth0
        a/lb1/director.sh apply
        b/lb1/director.sh apply
        ip -4 -o address show dev eth0 | grep -q 192.0.2.100/32
        """,
    )


def test_another_host_is_left_alone(host: Host) -> None:
    host.build("a", DR)
    out = host.run(
        SETUP["web1"],
        "state >before; code=0; a/lb1/director.sh apply || code=$?; echo $code; state >after; diff before after",
    )
    assert out == "1\n"
    assert "lb1: this host has no 192.0.2.2/24 on eth0: is it the right one?" in host.said


def test_a_missing_file(host: Host) -> None:
    host.build("a", DR)
    host.run(
        SETUP["lb1"],
        "rm a/lb1/sysctl.conf; state >before; ! a/lb1/director.sh apply || exit 1; state >after; diff before after",
    )
    assert "/a/lb1/sysctl.conf is missing" in host.said


def test_usage(host: Host) -> None:
    host.build("a", DR)
    out = host.run(SETUP["lb1"], "for word in '' start; do a/lb1/director.sh $word || echo $?; done")
    assert out == "2\n2\n"
    assert "usage: director.sh apply | revert | check" in host.said


def test_another_directory_and_odd_names(host: Host) -> None:
    host.build("with 'odd' $(names)", DR)
    host.run(SETUP["lb1"], """cd /; "$OLDPWD/with 'odd' \\$(names)/lb1/director.sh" apply""")
