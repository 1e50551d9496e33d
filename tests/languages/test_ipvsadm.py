"""ipvsadm-save -n and `ipvsadm -Ln`."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from lvsconf.languages import ipvsadm, recognise
from lvsconf.languages.ipvsadm import listing
from lvsconf.languages.service_option import parse_service
from lvsconf.model.ipvs import Endpoint, FirewallMark, ForwardingMethod, RealServer, Timeouts, VirtualService
from lvsconf.source import Source, Span

WEB = "-A -t 192.0.2.1:80 -s wlc\n"


def read(text: str):
    tables, problems = ipvsadm.read(Source("f", text))
    return tables.services, problems


def codes(problems) -> list[tuple[str, int]]:
    return [(problem.code, problem.span.line) for problem in problems]


def test_services_and_servers():
    services, problems = read(
        "-A -t 192.0.2.1:80 -s wrr -p 600 -M 255.255.255.0\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -m -w 0 -x 9 -y 5\n"
        "-A -u [2001:db8::1]:53 -s sh -o -b sh-port,sh-fallback\n"
        "-a -u [2001:db8::1]:53 -r [2001:db8::2]:53 -i --tun-type gue --tun-port 6080 --tun-csum\n"
        "-A -f 7 -6 -s rr\n"
    )
    assert not problems
    web, dns, marked = services
    assert web == VirtualService(
        Endpoint(6, ip_address("192.0.2.1"), 80),
        "wrr",
        persistent=600,
        netmask=0xFFFFFF00,
        servers=(
            RealServer(ip_address("10.0.0.2"), 80, ForwardingMethod.DR, 3, span=Span("f", 2, 1, 2, 42)),
            RealServer(ip_address("10.0.0.3"), 8080, ForwardingMethod.NAT, 0, 9, 5, span=Span("f", 3, 1, 3, 54)),
        ),
        span=Span("f", 1, 1, 1, 50),
    )
    assert dns.one_packet
    assert dns.flags == ("sh-fallback", "sh-port")
    tunnel = dns.servers[0]
    assert (tunnel.method, tunnel.tunnel, tunnel.tunnel_port, tunnel.tunnel_checksum) == (
        ForwardingMethod.TUN,
        "gue",
        6080,
        "csum",
    )
    assert marked.key == FirewallMark(7, 6)


def test_defaults():
    services, problems = read("ipvsadm -A -t 192.0.2.1:http -p\nipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2\n")
    assert not problems
    assert (services[0].scheduler, services[0].persistent) == ("wlc", 360)
    server = services[0].servers[0]
    assert (server.port, server.method, server.weight) == (80, ForwardingMethod.DR, 1)


def test_ports_that_have_no_effect():
    services, problems = read(
        WEB + "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -g\n-A -f 1\n-a -f 1 -r 10.0.0.2:99\n-a -f 1 -r 10.0.0.3\n"
    )
    assert codes(problems) == [("LVS033", 2)]
    assert services[0].servers[0].port == 80
    assert [server.port for server in services[1].servers] == [99, 0]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("-A -t 192.0.2.1:80 --sched rr", "LVS030"),
        ("-A -t 192.0.2.1:80 -s", "LVS030"),
        ("-A -t", "LVS030"),
        ("what is this", "LVS030"),
        ("-t 192.0.2.9:80 -s rr", "LVS030"),
        ("# comment", "LVS031"),
        ("-A -t 192.0.2.1:80 -s rr", "LVS032"),
        ("-A -t 192.0.2.2:0 -s rr", "LVS032"),
        ("-A -t 192.0.2.2 -s rr", "LVS032"),
        ("-A -t 192.0.2.2:0 -s rr -p 5", None),
        ("-A -t 192.0.2.2:80 -s rr -o", "LVS032"),
        ("-A -t 192.0.2.2:80 -s rr -p 0", "LVS032"),
        ("-A -t 192.0.2.2:80 -s rr -p 2678401", "LVS032"),
        ("-A -t 192.0.2.2:80 -s rr -b sh-port", "LVS032"),
        ("-A -t 192.0.2.2:80 -s rr -b flag-1", None),
        ("-A -t 192.0.2.2:80 -s nosuch", "LVS032"),
        ("-A -t host.example:80 -s rr", "LVS036"),
        ("-A -t 192.0.2.2:99999 -s rr", "LVS032"),
        ("-A -f 0", "LVS032"),
        ("-A -f x", "LVS032"),
        ("-A -t 192.0.2.2:80 -u 192.0.2.2:80", "LVS032"),
        ("-A -t 192.0.2.2:80 -t 192.0.2.3:80", "LVS032"),
        ("-A -C", "LVS032"),
        ("-A", "LVS032"),
        ("-E -t 192.0.2.9:80", "LVS032"),
        ("-D -t 192.0.2.9:80", "LVS032"),
        ("-a -t 192.0.2.9:80 -r 10.0.0.2", "LVS032"),
        ("-a -t 192.0.2.1:80", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -x 5 -y 6", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -w -1", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -g -m", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -m --tun-type gre", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-type gue", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-type gre --tun-remcsum", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-type what", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-port 5", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 2001:db8::1 -m", "LVS032"),
        ("-a -t 192.0.2.1:80 -r [2001:db8::1] -i", "LVS032"),
        ("-a -t 192.0.2.1:80 -r [2001:db8::1]:80 -i", None),
        ("-a -t 192.0.2.1:80 -r 2001:db8::1 -i", None),
        ("-a -t 192.0.2.1:80 -r 224.0.0.1", "LVS032"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.9:80", "LVS032"),
        ("-e -t 192.0.2.1:80 -r 10.0.0.2:80", "LVS032"),
        ("-d -t 192.0.2.1:80 -r 10.0.0.2:80", "LVS032"),
        ("-e -t 192.0.2.1:80 -r 10.0.0.9:80 -w 5", None),
        ("--set 900 120 300", None),
        ("-Z", None),
        ("-a\0", "LVS030"),
    ],
)
def test_a_line(line: str, code: str | None):
    text = WEB + "-a -t 192.0.2.1:80 -r 10.0.0.9:80 -g -w 1\n" + line + "\n-A -t 192.0.2.7:80\n"
    services, problems = read(text)
    assert codes(problems) == ([] if code is None else [(code, 3)])
    assert services[-1].name == "tcp 192.0.2.7:80"


@pytest.mark.parametrize(
    ("line", "code", "place", "help_"),
    [
        ("-A -t www.example.net:80", "LVS036", "www.example.net:80", "ipvsadm-save -n"),
        ("-a -t 192.0.2.1:80 -r web1:80 -m", "LVS036", "web1:80", "ipvsadm-save -n"),
        ("-A -t 192.0.2.9:80 -p 9 -M 24", "LVS037", "24", "255.255.255.0"),
        ("-A -t 192.0.2.9:80 -p 9 -M255.0.255.0", "LVS037", "255.0.255.0", ""),
        ("-A -f -1", "LVS032", "-1", ""),
        ("-A -t 192.0.2.9:80 -s=wlcc", "LVS032", "wlcc", ""),
        ("-A -t 192.0.2.9:80 -w 1", "LVS032", "1", ""),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 --weight=-1", "LVS032", "-1", ""),
        ("-A -t 192.0.2.9:80 --persistant 9", "LVS030", "--persistant 9", "--persistent"),
        ("--start-daemon bakcup", "LVS032", "bakcup", "backup"),
        ("--add-servise -t 192.0.2.9:80", "LVS030", "--add-servise", "--add-service"),
        ("-L --timeout --daemon", "LVS032", "--daemon", ""),
        ("-t 192.0.2.9:80 -A", "LVS032", "-A", ""),
        ("/sbin/ipvsadm -Z", "LVS032", "/sbin/ipvsadm", "the bare word"),
        ("-v", "LVS032", "-v", ""),
    ],
)
def test_where_a_problem_is(line: str, code: str, place: str, help_: str):
    _, problems = read(WEB + line + "\n")
    (problem,) = problems
    shown = line[problem.span.column - 1 : problem.span.end_column - 1]
    assert (problem.code, problem.span.line) == (code, 2)
    assert shown == place.split()[0] or line.startswith(shown + " ")
    assert help_ in problem.help


def test_what_a_name_stands_for_may_be_anything():
    tables, problems = ipvsadm.read(
        Source("f", "-A -t www:80\n-a -t 192.0.2.1:80 -r 10.0.0.2\n-a -t www:80 -r 10.0.0.2\n")
    )
    assert codes(problems) == [("LVS036", 1), ("LVS036", 3)]
    assert (tables.services, tables.lost) == ((), {1, 3})


def test_timeouts_and_daemons_of_a_file():
    tables, problems = ipvsadm.read(
        Source("f", "--set 900 0 300\n--start-daemon backup --syncid 7 --mcast-group 224.0.0.1\n--set 0 60 0\n")
    )
    assert not problems
    assert tables.timeouts == Timeouts(900, 60, 300)
    (daemon,) = tables.daemons or ()
    assert (daemon.state, daemon.interface, daemon.syncid, str(daemon.group)) == ("backup", "eth0", 7, "224.0.0.1")
    assert ipvsadm.read(Source("f", WEB))[0].daemons is None


def test_commands_in_order():
    services, problems = read(
        WEB + "-a -t 192.0.2.1:80 -r 10.0.0.2:80\n-e -t 192.0.2.1:80 -r 10.0.0.2:80 -w 7\n-E -t 192.0.2.1:80 -s rr\n"
        "-A -t 192.0.2.2:80\n-D -t 192.0.2.2:80\n-a -t 192.0.2.1:80 -r 10.0.0.3:80\n-d -t 192.0.2.1:80 -r 10.0.0.3:80\n"
    )
    assert not problems
    (web,) = services
    assert web.scheduler == "rr"
    assert [server.weight for server in web.servers] == [7]
    assert read(WEB + "-C\n") == ((), ())
    assert read("") == ((), ())


@pytest.mark.parametrize(
    "text", [WEB, "ipvsadm -A -u 1.2.3.4:5\n", "/sbin/ipvsadm -C\n", "-a -f 1 -r 1.2.3.4\n", "--add-service -f 1\n"]
)
def test_recognised(text: str):
    assert ipvsadm.recognise(text)


@pytest.mark.parametrize("text", ["-A INPUT -j ACCEPT\n", "", "#!/bin/sh\nipvsadm -A -t 1.2.3.4:5\n", "some prose\n"])
def test_not_recognised(text: str):
    assert not ipvsadm.recognise(text)


BANNER = "IP Virtual Server version 1.2.1 (size=4096)\n"
TITLES = (
    "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)


def listed(rows: str, titles: str = TITLES):
    found, problems = listing.read(Source("f", BANNER + titles + rows))
    return found.services, problems


def test_listing():
    services, problems = listed(
        "TCP  192.0.2.1:80 mh (mh-port) persistent 600 mask 255.255.255.0 pe sip\n"
        "  -> 10.0.0.2:80                  Masq    1      0          0         \n"
        "  -> 10.0.0.3:80                  Route   2      3          0         \n"
        "  -> 10.0.0.4:80                  Tunnel  0      0          0         \n"
        "  -> 192.0.2.9:80                 Local   1      0          0         \n"
        "UDP  [2001:db8::1]:53 rr ops persistent 60 mask 64\n"
        "SCTP 192.0.2.1:80 wlc\n"
        "FWM  7 rr\n"
        "FWM  7 IPv6 rr\n"
    )
    assert not problems
    assert services is not None
    web, dns, sctp, mark, mark6 = services
    assert (web.scheduler, web.persistent, web.netmask, web.engine, web.flags) == (
        "mh",
        600,
        0xFFFFFF00,
        "sip",
        ("mh-port",),
    )
    assert [(server.method.value, server.weight) for server in web.servers] == [("m", 1), ("g", 2), ("i", 0), ("g", 1)]
    assert (dns.one_packet, dns.netmask, sctp.proto) == (True, 64, 132)
    assert (mark.key, mark6.key) == (FirewallMark(7), FirewallMark(7, 6))
    assert web.servers[0].span == Span("f", 5, 3, 5, 62)


def test_indented():
    text = "".join(f"    {line}\n" for line in (BANNER + TITLES + "TCP  192.0.2.1:80 rr").split("\n"))
    found, problems = listing.read(Source("f", text))
    assert not problems
    assert found.services is not None
    assert len(found.services) == 1


def test_the_kernels_own_listing():
    services, problems = listed(
        "TCP  C0000201:0050 wlc  \n  -> 0A000002:0050      Tunnel  100    248        2\n"
        "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 sh\nFWM  0000000A wlc\n",
        "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n",
    )
    assert not problems
    assert services is not None
    assert [service.name for service in services] == ["tcp 192.0.2.1:80", "tcp [2001:db8::1]:80", "mark 10"]
    assert services[0].servers[0].address == ip_address("10.0.0.2")


def test_the_kernels_own_listing_in_full():
    """Addresses and masks in hex, times in jiffies, the newest real server first."""
    found, problems = listing.read(
        Source(
            "f",
            BANNER + "Prot LocalAddress:Port Scheduler Flags\n"
            "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
            "UDP  C0000201:0035 rr ops persistent 90000 FFFFFF00\n"
            "  -> 0A000003:0035      Route   2      0          0\n  -> 0A000002:0035      Route   1      0          0\n"
            "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 none persistent 15000 40000000\n",
        )
    )
    assert not problems
    dns, web = found.services or ()
    assert (dns.persistent, dns.netmask, dns.one_packet) == (360, 0xFFFFFF00, True)
    assert [str(server.address) for server in dns.servers] == ["10.0.0.2", "10.0.0.3"]
    assert (web.scheduler, web.persistent, web.netmask) == ("none", 60, 64)
    assert found.assumed == ("the kernel's listing tells persistence in jiffies, 250 of them a second",)


def test_a_listing_with_names():
    found, problems = listing.read(
        Source(
            "f",
            BANNER
            + TITLES
            + "TCP  www.example.net:http rr\n  -> 10.0.0.2:http                Route   1      0          0\n"
            "TCP  192.0.2.1:http rr\n  -> 10.0.0.2:http                Masq    1      0          0\n"
            "  -> a-name-that-is-too-long-for-i Route   1      0          0\nFWM  -1 rr\n",
        )
    )
    assert codes(problems) == [("LVS036", 4), ("LVS036", 8)]
    assert found.lost == {4, 8}
    web, mark = found.services or ()
    assert [(str(server.address), server.port) for server in web.servers] == [("10.0.0.2", 80)]
    assert mark.key == FirewallMark(0xFFFFFFFF)


def test_tunnels_of_a_listing():
    titles = TITLES.replace("Weight", "TunnelInfo    Weight")
    found, problems = listing.read(
        Source(
            "f",
            BANNER + titles + "TCP  192.0.2.1:80 rr\n"
            "  -> 10.0.0.2:80                  Tunnel  gue:6080:r+c  1      0          0\n"
            "  -> 10.0.0.3:80                  Tunnel  gre:-c        1      0          0\n"
            "  -> 10.0.0.4:80                  Tunnel  ipip          1      0          0\n"
            "  -> 10.0.0.5:80                  Masq    n/a           1      0          0\n",
        )
    )
    assert not problems
    (web,) = found.services or ()
    assert [(server.tunnel, server.tunnel_port, server.tunnel_checksum) for server in web.servers] == [
        ("gue", 6080, "remcsum"),
        ("gre", None, "nocsum"),
        ("ipip", None, None),
        ("ipip", None, None),
    ]
    assert not found.assumed
    plain = listing.read(Source("f", BANNER + TITLES + "TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80  Tunnel 1 0 0\n"))[0]
    assert plain.assumed == ("tunnels are of type ipip (ipvsadm -Ln --tun-info would tell)",)


def test_counters_only():
    services, problems = listed(
        "TCP  192.0.2.1:80  70 226 26 13588 1236\n",
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n",
    )
    assert services is None
    assert codes(problems) == [("LVS034", 2)]


def test_tunnels_and_thresholds():
    services, problems = listed(
        "TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80                  Tunnel  gue:6080:csum 5      0          0\n",
        TITLES.replace("Weight", "TunnelInfo    Weight"),
    )
    assert not problems
    assert services is not None
    assert services[0].servers[0].weight == 5
    thresholds = Source(
        "f",
        BANNER + "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\n"
        "  -> RemoteAddress:Port\nTCP  192.0.2.1:80 rr\n"
        "  -> 10.0.0.2:80                  9          5          0          0\n",
    )
    table, problems = listing.read_thresholds(thresholds)
    assert not problems
    assert listing.read(thresholds)[0].services is None
    assert recognise.kind_by_content("f", thresholds.text) is recognise.THRESHOLDS
    assert table == {(Endpoint(6, ip_address("192.0.2.1"), 80), ("10.0.0.2", 80)): (9, 5)}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80  FullNat 1 0 0\n", "LVS035"),
        ("TCP  192.0.2.1:80 conhash\n", "LVS035"),
        ("TCP  192.0.2.1:80 rr conn-timeout\n", "LVS035"),
        ("TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80  Masq 1 0 0 inhibited\n", "LVS035"),
        ("  -> 10.0.0.2:80  Masq 1 0 0\n", "LVS030"),
        ("TCP  192.0.2.1:80\n", "LVS030"),
        ("TCP\n", "LVS030"),
        ("FWM  x rr\n", "LVS030"),
        ("TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80  Masq\n", "LVS030"),
        ("TCP  192.0.2.1:80 rr\n  ->\n", "LVS030"),
        ("what is this\n", "LVS030"),
        ("TCP  192.0.2.1:80 rr mask x persistent\n", "LVS030"),
        ("TCP  192.0.2.1:80 rr\nTCP  192.0.2.1:80 rr\n", "LVS030"),
    ],
)
def test_rows_that_are_not_understood(rows: str, code: str):
    _, problems = listed(rows + "TCP  192.0.2.7:80 rr\n")
    assert [problem.code for problem in problems] == [code]


def test_foreign_methods_leave_the_services_unknown():
    assert listed("TCP  192.0.2.1:80 rr\n  -> 10.0.0.2:80  FullNat 1 0 0\n")[0] is None


@pytest.mark.parametrize(
    ("text", "name", "servers"),
    [
        ("tcp:192.0.2.1:80=dr:10.0.0.2", "tcp 192.0.2.1:80", [("10.0.0.2", 80, "g")]),
        (
            "udp:192.0.2.1:53=nat:10.0.0.2:5353,tun:10.0.0.3",
            "udp 192.0.2.1:53",
            [("10.0.0.2", 5353, "m"), ("10.0.0.3", 53, "i")],
        ),
        ("tcp:[2001:db8::1]:80=dr:[2001:db8::2]:80", "tcp [2001:db8::1]:80", [("2001:db8::2", 80, "g")]),
        ("fwmark:1=dr:10.0.0.2,nat:10.0.0.3:8080", "mark 1", [("10.0.0.2", 0, "g"), ("10.0.0.3", 8080, "m")]),
        ("sctp:192.0.2.1:80", "sctp 192.0.2.1:80", []),
    ],
)
def test_service_option(text: str, name: str, servers: list[tuple[str, int, str]]):
    service = parse_service(text)
    assert service.name == name
    assert [(str(item.address), item.port, item.method.value) for item in service.servers] == servers


@pytest.mark.parametrize(
    "text",
    [
        "", "tcp", "tcp:192.0.2.1", "tcp:192.0.2.1:80=", "tcp:192.0.2.1:80=10.0.0.2", "tcp:192.0.2.1:80=dr:",
        "icmp:1.2.3.4:5=dr:1.2.3.4",
        "fwmark:0=dr:10.0.0.2", "fwmark:x", "tcp:host:80=dr:10.0.0.2", "tcp:192.0.2.1:80=dr:10.0.0.2:81",
        "tcp:192.0.2.1:80=dr:10.0.0.2,dr:10.0.0.2", "tcp:192.0.2.1:99999=dr:10.0.0.2",
    ],
)  # fmt: skip
def test_service_option_refused(text: str):
    with pytest.raises(ValueError, match="--service"):
        parse_service(text)
