"""`address:port` as ipvsadm writes and reads it."""

from __future__ import annotations

import socket
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from lvsconf.extensions.names import plain_number, service_port
from lvsconf.model.ipvs import Address

PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}


def parse_address(text: str) -> Address:
    """An address, IPv6 with or without brackets; raises ValueError, since host names are not looked up."""
    try:
        if ":" in text:
            return IPv6Address(text.removeprefix("[").removesuffix("]"))
        return IPv4Address(text)
    except AddressValueError:
        raise ValueError(f"{text[:80]!r} is not an address (host names are not looked up)") from None


def parse_port(text: str, proto: int = 6) -> int:
    """A port number or the name of a service."""
    number = plain_number(text)
    if number is None:
        number = service_port(text, (PROTOCOLS.get(proto, "tcp"), "tcp", "udp"))
    if number is None or number > 0xFFFF:
        raise ValueError(f"{text[:80]!r} is not a port")
    return number


def parse_endpoint(text: str, proto: int = 6) -> tuple[Address, int | None]:
    """`10.0.0.1`, `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`; the port is None when it is not given."""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text[:80]!r} is not [address]:port")
        return parse_address(host + bracket), parse_port(rest[1:], proto) if rest else None
    if text.count(":") > 1:
        return parse_address(text), None
    host, colon, port = text.partition(":")
    return parse_address(host), parse_port(port, proto) if colon else None


def show_endpoint(address: Address, port: int) -> str:
    """As ipvsadm prints it."""
    return f"[{show_address(address)}]:{port}" if address.version == 6 else f"{address}:{port}"


def show_address(address: Address) -> str:
    """As inet_ntop does, which prints the end of some IPv6 addresses as an IPv4 address."""
    return socket.inet_ntop(socket.AF_INET6, address.packed) if address.version == 6 else str(address)
