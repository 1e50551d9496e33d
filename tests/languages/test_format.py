"""fmt: every line as its own tool prints it."""

from __future__ import annotations

import pytest

from lvsconf.languages import formatting, recognise
from lvsconf.languages.iptables.format import format_source
from lvsconf.languages.ipvsadm.format import format_source as format_ipvsadm
from lvsconf.languages.sysctl import format_source as format_sysctl
from lvsconf.source import Source


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("-A INPUT -p 6 --dport http -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"),
        ("  -A   INPUT  -j   DROP  ", "-A INPUT -j DROP"),
        ("--append INPUT --source 10.0.0.1 --jump DROP", "-A INPUT -s 10.0.0.1/32 -j DROP"),
        ("-A INPUT -j DROP -d 1.2.3.4 -s 10/8", "-A INPUT -s 10.0.0.0/8 -d 1.2.3.4/32 -j DROP"),
        ("-A INPUT -s ! 10.0.0.1 -j DROP", "-A INPUT ! -s 10.0.0.1/32 -j DROP"),
        ("-A INPUT -s 0/0 -i + -p all -j DROP", "-A INPUT -j DROP"),
        ("-A INPUT -s 10.0.0.2,10.0.0.1 -j DROP", "-A INPUT -s 10.0.0.2/32,10.0.0.1/32 -j DROP"),
        ("[1:2] -A INPUT -j DROP", "[1:2] -A INPUT -j DROP"),
        ("[1:2] -A INPUT -c 3 4 -j DROP", "[3:4] -A INPUT -j DROP"),
        ("-A INPUT -c 3,4 -j DROP", "-A INPUT -j DROP"),
        ("-I INPUT 3 -j DROP", "-I INPUT 3 -j DROP"),
        ("-D INPUT 3", "-D INPUT 3"),
        ("--new-chain X", "-N X"),
        ("-P INPUT DROP", "-P INPUT DROP"),
        ("-A INPUT -j SOMEWHERE", "-A INPUT -j SOMEWHERE"),
        ("-A INPUT -g SOMEWHERE -s 10.0.0.1", "-A INPUT -s 10.0.0.1/32 -g SOMEWHERE"),
        (":INPUT ACCEPT", ":INPUT ACCEPT [0:0]"),
        (": X -", ":X - [0:0]"),
        (":X", ":X"),
        (":INPUT ACCEPT [0:0] x", ":INPUT ACCEPT [0:0] x"),
        (" *filter ", "*filter"),
        ("# a  comment ", "# a  comment "),
        ("-A INPUT -m geoip  --x 1", "-A INPUT -m geoip  --x 1"),
        ("-A INPUT  -p tcp --dprot 1", "-A INPUT  -p tcp --dprot 1"),
        ("-A INPUT  -j TARPIT --x", "-A INPUT  -j TARPIT --x"),
        ("-A INPUT  -m tcp --dport 1", "-A INPUT  -m tcp --dport 1"),
        ("what  is this", "what  is this"),
        ("-N X  Y", "-N X  Y"),
        ("", ""),
    ],
)
def test_iptables(line: str, printed: str):
    assert format_source(Source("f", f"*filter\n{line}\nCOMMIT\n"), 4) == f"*filter\n{printed}\nCOMMIT\n"
    assert format_source(Source("f", line), 4) == printed


def test_unread_lines_keep_their_ends():
    assert format_source(Source("f", "what  is\r\n-A INPUT  -j DROP\r\n"), 4) == "what  is\r\n-A INPUT -j DROP\n"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("-A -t 192.0.2.1:80", "-A -t 192.0.2.1:80 -s wlc"),
        ("ipvsadm -A -t 192.0.2.1:http -s rr -p", "-A -t 192.0.2.1:80 -s rr -p 360"),
        ("--add-service --udp-service 192.0.2.1:53 --ops --scheduler rr", "-A -u 192.0.2.1:53 -s rr -o"),
        ("-A -f 7 -6 -M 64 -p 600 --pe sip -s wrr", "-A -f 7 -6 -s wrr -p 600 -M 64 --pe sip"),
        (
            "-A -t [2001:db8::0:1]:80 -s sh -b sh-port,sh-fallback",
            "-A -t [2001:db8::1]:80 -s sh -b sh-fallback,sh-port",
        ),
        ("-A -t 192.0.2.1:80 -s mh -b flag-1", "-A -t 192.0.2.1:80 -s mh -b mh-fallback"),
        ("-A -t 192.0.2.1:80 -s wlc -b flag-1", "-A -t 192.0.2.1:80 -s wlc -b flag-1"),
        (
            "-A --sctp-service 192.0.2.1:80 -s rr -p 9 -M 255.255.255.0",
            "-A --sctp-service 192.0.2.1:80 -s rr -p 9 -M 255.255.255.0",
        ),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2", "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -g", "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1"),
        ("-a -t 192.0.2.1:80 -w 3 -m -r 10.0.0.2:8080", "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 3"),
        ("-a -f 1 -r 10.0.0.2:99", "-a -f 1 -r 10.0.0.2:99 -g -w 1"),
        ("-a -f 1 -r 10.0.0.2", "-a -f 1 -r 10.0.0.2:0 -g -w 1"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -i", "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 1 --tun-type ipip"),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-type gue --tun-port 6080",
            "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum",
        ),
        ("-a -t 192.0.2.1:80 -r 10.0.0.2 -x 9 -y 5", "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1 -x 9 -y 5"),
        ("-d -t 192.0.2.1:80 -r 10.0.0.2:80", "-d -t 192.0.2.1:80 -r 10.0.0.2:80"),
        ("-D  -t 192.0.2.1:80", "-D -t 192.0.2.1:80"),
        ("--clear", "-C"),
        ("-A  -t nonsense:80", "-A  -t nonsense:80"),
        ("# x  y", "# x  y"),
        ("-A  --frob", "-A  --frob"),
    ],
)
def test_ipvsadm(line: str, printed: str):
    assert format_ipvsadm(Source("f", line + "\n")) == printed + "\n"
    assert format_ipvsadm(Source("f", printed + "\n")) == printed + "\n"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("net.ipv4.ip_forward=1", "net.ipv4.ip_forward = 1"),
        ("  net/ipv4/conf/eth0.5/forwarding =  1 ", "net.ipv4.conf.eth0/5.forwarding = 1"),
        ("-net.ipv4.ip_forward=1", "-net.ipv4.ip_forward = 1"),
        ("kernel.domainname=", "kernel.domainname = "),
        ("; a  comment", "; a  comment"),
        ("no  setting", "no  setting"),
    ],
)
def test_sysctl(line: str, printed: str):
    assert format_sysctl(Source("f", line + "\n")) == printed + "\n"


def test_by_kind():
    source = Source("f", "-A  INPUT -j DROP")
    assert formatting.format_source(source, recognise.IPTABLES4) == "-A INPUT -j DROP"
    assert formatting.format_source(Source("f", "-A  -t 1.2.3.4:5 -s rr"), recognise.IPVSADM) == "-A -t 1.2.3.4:5 -s rr"
    assert not formatting.can_format(recognise.SOCKETS)
    with pytest.raises(ValueError, match="no line form"):
        formatting.format_source(source, recognise.UNAME)
