"""Real sockets for what `ss -Hlntu` lists."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

IP_FREEBIND, IPV6_FREEBIND = 15, 78
_LINE = re.compile(r"(?P<proto>tcp|udp)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(?P<local>\S+):(?P<port>\d+)(?:\s|$)")


@dataclass(frozen=True)
class Listener:
    """One socket: `address` is None for a socket that serves both families."""

    proto: str
    address: str | None
    port: int
    device: str | None = None


def parse(listing: str) -> list[Listener]:
    """The sockets of a listing; lines of other kinds are passed over."""
    found = []
    for line in listing.splitlines():
        match = _LINE.match(line.strip())
        if match:
            local, _, device = match["local"].partition("%")
            address = None if local == "*" else local.strip("[]")
            found.append(Listener(match["proto"], address, int(match["port"]), device.strip("[]") or None))
    return found


def open_socket(listener: Listener) -> socket.socket:
    """Open it in the current namespace."""
    six = listener.address is None or ":" in listener.address
    kind = socket.SOCK_STREAM if listener.proto == "tcp" else socket.SOCK_DGRAM
    opened = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    if six:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(listener.address is not None))
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    if listener.device:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, listener.device.encode())
    opened.bind((listener.address or "::", listener.port))
    if listener.proto == "tcp":
        opened.listen(128)
    return opened
