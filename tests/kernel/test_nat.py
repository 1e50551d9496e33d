"""What nobody can know of a translation: ports taken at random, addresses that are not listed, timeout policies."""

from __future__ import annotations

import json

from lvsconf.extensions.jhash import jhash_array
from lvsconf.kernel.world import PacketResult
from tests.kernel.builders import director, packets, run, shown
from tests.kernel.stories import story

UNKNOWN_GROUND = ("ip-address.json", "ip-route.json", "ip-rule.json")


def told(files: dict[str, str], *lines: str) -> list[list[tuple[str, str]]]:
    """What becomes of each packet: of each way what leaves, and what has to be so for it."""
    found = run(files, packets(*lines))
    return [
        [(story(way.trace, way.egress, way.fate, "egress"), shown("; ".join(way.when))) for way in each.outcomes]
        for each in found
    ]


def one_packet(files: dict[str, str], line: str) -> tuple[PacketResult, ...]:
    (found,) = run(files, packets(line))
    return found.outcomes


def test_a_port_taken_at_random_is_left_out_and_settled_by_the_answer() -> None:
    files = director(rules=["nat -A POSTROUTING -o eth0 -j MASQUERADE --random"])
    lines = ["< udp RIP:40000>CIP:53", "> udp CIP:53>EIP:7777", "< udp RIP:40000>CIP:53", "> udp CIP:53>EIP:80"]
    sent, answered, again, other = told(files, *lines)
    taken, left = (f"the port that nat takes at random is {word}7777" for word in ("", "not "))
    refused = "local: eth0(GW) EIP>CIP icmp:3/3 64"
    assert sent == [("eth0(GW) EIP>CIP:53 udp 63", "")]
    assert answered == [("eth1 CIP:53>RIP:40000 udp 63", taken), (refused, left)]
    assert again == [("eth0(GW) EIP:7777>CIP:53 udp 63", taken), ("eth0(GW) EIP>CIP:53 udp 63", left)]
    # A port from 1024 on is given one of those.
    assert other == [(refused, taken), (refused, left)]


def test_rules_ask_for_what_a_random_port_may_be() -> None:
    rules = [
        "nat -A PREROUTING -d EIP -p tcp -j DNAT --to-destination RIP:3000-4000",
        "filter -A FORWARD -p tcp --dport 2999:4001",
        "filter -A FORWARD -p tcp --dport 80",
        "filter -A FORWARD -p tcp --dport 3500 -j DROP",
    ]
    ways = one_packet(director(rules=rules), "> S CIP:40000>EIP:80")
    assert sorted(str(way.fate) for way in ways) == ["dropped", "forwarded"]
    for way in ways:
        rules_met = [line.split()[0] for line in way.trace if line.startswith("filter:FORWARD:rule")]
        assert rules_met == ["filter:FORWARD:rule:1", "filter:FORWARD:rule:3"][: len(rules_met)]


def test_a_random_port_that_may_be_a_services_decides_too_much() -> None:
    services = ["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1"]
    for ports, fate in (("80-90", None), ("3000-4000", "local")):
        rules = [f"nat -A PREROUTING -d EIP -p tcp -j DNAT --to-destination VIP:{ports}"]
        ways = one_packet(director(services, rules), "> S CIP:40000>EIP:8080")
        assert [way.fate for way in ways] == [fate]


def test_an_id_taken_at_random_comes_back_through_the_host() -> None:
    rules = [
        "nat -A OUTPUT -d FAR -p icmp -j DNAT --to-destination VIP",
        "nat -A INPUT -p icmp -j SNAT --to-source :7-9",
    ]
    (way,) = one_packet(director(rules=rules), "^ icmp:8/0 DIP>FAR")
    assert "SRC=198.18.0.5 DST=10.0.0.1" in way.trace[-1]


def test_addresses_that_nobody_listed() -> None:
    rules = ["nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80", "nat -A POSTROUTING -j MASQUERADE"]
    files = director(rules=rules)
    bare = {name: text for name, text in files.items() if name not in UNKNOWN_GROUND}
    lines = ["< S RIP:40000>CIP:80", "> SA CIP:80>EIP:40000 seq=5000 ack=1001", "> S CIP:5000>EIP:81"]
    sent, answered, redirected = (each.outcomes for each in run(bare, packets(*lines)))
    assert any(item["src"] == "?" for way in sent for item in way.egress)
    mine = "the address that MASQUERADE takes is 192.0.2.2"
    back = [way for way in answered if mine in way.when and way.fate == "forwarded"]
    assert {item["dst"] for way in back for item in way.egress} == {"10.0.0.2"}
    assert {way.fate for way in redirected} == {"local"}


def test_a_timeout_policy_may_have_ended_a_connection() -> None:
    rules = [
        "raw -A PREROUTING -p udp -j CT --timeout short",
        "filter -A FORWARD -p udp --dport 53 -j ACCEPT",
        "filter -A FORWARD -m conntrack --ctstate NEW -j DROP",
    ]
    lines = ["> udp CIP:40000>RIP:53", "< udp RIP:53>CIP:40000", "< udp RIP:53>CIP:40000 at=5"]
    sent, at_once, later = told(director(rules=rules), *lines)
    answer = "eth0(GW) RIP:53>CIP:40000 udp 63"
    assert sent == [("eth1 CIP:40000>RIP:53 udp 63", "")]
    assert at_once == [(answer, "")]
    assert later == [
        (answer, "the timeout policy short still keeps the connection"),
        ("dropped", "the timeout policy short has let the connection go"),
    ]


def test_an_interface_without_an_address_has_none_to_redirect_to() -> None:
    files = director(rules=["nat -A PREROUTING -i eth1 -p udp -j REDIRECT"])
    links = json.loads(files["ip-address.json"])
    bare = [{**link, "addr_info": []} if link["ifname"] == "eth1" else link for link in links]
    assert told({**files, "ip-address.json": json.dumps(bare)}, "< udp RIP:5000>CIP:53") == [[("dropped", "")]]


def test_the_hash_over_four_words_is_the_kernels() -> None:
    # What a C program with the kernel's jhash2 prints.
    assert jhash_array((0, 0, 0, 0), 0) == 0xBAF9078C
    assert jhash_array((1, 2, 3, 4), 5) == 0x73558C35


def test_nobody_answers_a_frame_for_everybody_that_nat_made_one_for_the_host() -> None:
    # tcp_v4_rcv looks at skb->pkt_type, ip_forward and ip_vs_in_hook do too.
    services = ["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1"]
    for rule in ("-j REDIRECT", "-j DNAT --to-destination VIP", "-j DNAT --to-destination RIP"):
        files = director(services, [f"nat -A PREROUTING -d 255.255.255.255 {rule}"])
        (way,) = one_packet(files, "> S CIP:40000>255.255.255.255:80")
        assert not way.egress
