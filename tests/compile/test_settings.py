"""sysctl.conf and ipvsadm.rules, by method."""

from __future__ import annotations

import pytest

from tests.compile.example import (
    BEHIND_DIRECTOR,
    DIRECTOR,
    DR,
    NAT,
    ONE_ARMED,
    TUN,
    changed,
    cluster,
    file,
    service,
)

ARP = {
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.all.arp_announce": "2",
    "net.ipv4.conf.lo.arp_ignore": "1",
    "net.ipv4.conf.lo.arp_announce": "2",
}


def settings(text: str, host: str) -> dict[str, str]:
    return dict(line.split(" = ") for line in file(text, f"{host}/sysctl.conf").splitlines())


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (DR, "net.ipv4.ip_forward", "0"),
        (TUN, "net.ipv4.ip_forward", "0"),
        (NAT, "net.ipv4.ip_forward", "1"),
        (DR, "net.ipv4.vs.conntrack", "0"),
        (NAT, "net.ipv4.vs.conntrack", "0"),
        (changed(NAT, "route", "conntrack on\n    route"), "net.ipv4.vs.conntrack", "1"),
        (changed(NAT, "route", "conntrack on\n    route"), "net.netfilter.nf_conntrack_tcp_be_liberal", "1"),
        (changed(NAT, "route", "conntrack off\n    route"), "net.ipv4.vs.conntrack", "0"),
        (changed(DR, "tcp 80", "tcp 80; persistent 5m"), "net.ipv4.vs.expire_quiescent_template", "1"),
        (DR, "net.ipv4.vs.expire_quiescent_template", None),
        (NAT, "net.ipv4.conf.all.send_redirects", None),
    ],
)
def test_director(text: str, key: str, value: str | None) -> None:
    assert settings(text, "lb1").get(key) == value


def test_every_director() -> None:
    for text in (DR, NAT, TUN):
        found = settings(text, "lb1")
        assert found["net.ipv4.vs.expire_nodest_conn"] == "1"
        assert found["net.netfilter.nf_conntrack_tcp_loose"] == "1"
        assert [key for key in found if key.endswith("rp_filter")] == [
            f"net.ipv4.conf.{device}.rp_filter" for device in ("all", "eth0", "eth1")
        ]


def test_one_armed_nat_sends_no_redirects() -> None:
    found = settings(cluster(ONE_ARMED, BEHIND_DIRECTOR, service("tcp 80; method nat; to web1")), "lb1")
    assert (found["net.ipv4.conf.all.send_redirects"], found["net.ipv4.conf.eth0.send_redirects"]) == ("0", "0")


def test_dots_in_interface_names_are_slashes_in_keys() -> None:
    assert "net.ipv4.conf.eth0/100.rp_filter" in settings(changed(DR, "eth0", "eth0.100"), "lb1")


def test_real_servers() -> None:
    assert settings(DR, "web1") == ARP
    assert settings(TUN, "web1") == {
        **ARP,
        "net.ipv4.conf.all.rp_filter": "0",
        "net.ipv4.conf.tunl0.rp_filter": "0",
    }
    assert settings(NAT, "web1") == {}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("tcp 80; method nat; to web1", ["-A -t 192.0.2.100:80 -s wlc", "-a -t 192.0.2.100:80 -r 10.0.0.2:80 -m -w 1"]),
        (
            "tcp 80; method nat; scheduler rr; persistent 1h netmask 255.255.255.0; to web1:8080 weight 0, web1:8081",
            [
                "-A -t 192.0.2.100:80 -s rr -p 3600 -M 255.255.255.0",
                "-a -t 192.0.2.100:80 -r 10.0.0.2:8080 -m -w 0",
                "-a -t 192.0.2.100:80 -r 10.0.0.2:8081 -m -w 1",
            ],
        ),
        (
            "udp 53; method nat; persistent 300 netmask 255.255.255.255; to web1 weight 5",
            ["-A -u 192.0.2.100:53 -s wlc -p 300", "-a -u 192.0.2.100:53 -r 10.0.0.2:53 -m -w 5"],
        ),
    ],
)
def test_nat_services(statements: str, expected: list[str]) -> None:
    assert file(cluster(DIRECTOR, BEHIND_DIRECTOR, service(statements)), "lb1/ipvsadm.rules").splitlines() == expected


def test_other_methods() -> None:
    one_packet = changed(DR, "tcp 80", "udp 80; one-packet; persistent 1m")
    assert file(one_packet, "lb1/ipvsadm.rules").splitlines() == [
        "-A -u 192.0.2.100:80 -s wlc -p 60 -o",
        "-a -u 192.0.2.100:80 -r 10.0.0.2:80 -g -w 1",
    ]
    assert file(TUN, "lb1/ipvsadm.rules").splitlines() == [
        "-A -t 192.0.2.100:80 -s wlc",
        "-a -t 192.0.2.100:80 -r 10.9.1.2:80 -i -w 1 --tun-type ipip",
    ]


def test_a_real_server_is_known_to_have_no_services() -> None:
    assert file(DR, "web1/ipvsadm.rules") == ""
