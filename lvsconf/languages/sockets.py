"""`ss -Hlntu`: the sockets that wait for packets."""

from __future__ import annotations

import re

from lvsconf.findings import Problem
from lvsconf.languages.endpoints import parse_address, parse_port
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.host import Socket
from lvsconf.model.ipvs import Address
from lvsconf.source import Source

NAME = "sockets"
EXPECTS = "the output of ss -Hlntu"

_ROW = re.compile(
    r"^(?:(?:tcp|udp|sctp)[ \t]+)?(?:LISTEN|UNCONN|ESTAB)[ \t]+[0-9]+[ \t]+[0-9]+[ \t]+\S+:", re.MULTILINE
)
_HEADER = re.compile(r"^(?:Netid[ \t]+)?State[ \t]+Recv-Q")
_PROTOCOLS = {"tcp": TCP, "udp": UDP, "sctp": SCTP}


def recognise(text: str) -> bool:
    """Whether this lists sockets."""
    return bool(_ROW.search(text))


def read(source: Source) -> tuple[tuple[Socket, ...], tuple[Problem, ...]]:
    """The listening sockets; `*`, 0.0.0.0 and [::] are the wildcard."""
    sockets: list[Socket] = []
    problems: list[Problem] = []
    for number, text in enumerate(source.lines, 1):
        words = text.split()
        if not words or _HEADER.match(text):
            continue
        span = source.span(number, len(text) - len(text.lstrip()) + 1, len(text.rstrip()) + 1)
        try:
            proto, local = _columns(words)
            address, port = _local(local, proto)
        except ValueError as error:
            problems.append(Problem("LVS042", f"this line is no socket of ss: {error}", span))
            continue
        sockets.append(Socket(proto, address, port, span))
    return tuple(sockets), tuple(problems)


def _columns(words: list[str]) -> tuple[int, str]:
    """The protocol and the local address; without a Netid column only TCP has the state LISTEN."""
    if words[0] in _PROTOCOLS:
        proto, rest = _PROTOCOLS[words[0]], words[1:]
    elif words[0] in ("LISTEN", "UNCONN"):
        proto, rest = TCP if words[0] == "LISTEN" else UDP, words
    else:
        raise ValueError(f"`{words[0][:40]}` is no protocol it prints")
    if len(rest) < 4 or not rest[1].isdigit() or not rest[2].isdigit():
        raise ValueError("state, two queues and an address are expected")
    return proto, rest[3]


def _local(text: str, proto: int) -> tuple[Address | None, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"`{text[:80]}` has no port")
    host = re.sub(r"%[^\]]*", "", host)  # the interface a socket is bound to
    address = None if host == "*" else parse_address(host)
    return None if address is None or address.is_unspecified else address, parse_port(port, proto)
