"""The values of the cluster language: text to value, with a ValueError that says what was expected."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, NetmaskValueError

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")  # IFNAMSIZ is 16 with its closing zero
_TAKEN = {
    "lo": "the compiler sets it up itself",
    "tunl0": "the compiler sets it up itself",
    "all": "sysctl means every interface by it",
    "default": "sysctl means interfaces to come by it",
}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MONTH = 31 * 86400  # the longest persistence timeout that ipvsadm takes


def name(text: str) -> str:
    """The name of a cluster, host or service. It becomes a folder's name and part of a script's text."""
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a name: expected letters and digits, with `-`, `_` and `.` between them, 63 at most"
        )
    return text


def interface(text: str) -> str:
    """The name of a network interface."""
    if not _INTERFACE.fullmatch(text):
        raise ValueError(
            f"{text!r} is not the name of an interface: expected one such as `eth0`, of 15 characters at most"
        )
    if text in _TAKEN:
        raise ValueError(f"`{text}` can't be used here: {_TAKEN[text]}")
    return text


def _number(text: str, low: int, high: int, what: str) -> int:
    # isdecimal alone would let other scripts' digits through
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and low <= int(text) <= high):
        raise ValueError(f"{text!r} is not {what}: expected a number from {low} to {high}")
    return int(text)


def port(text: str) -> int:
    """A TCP or UDP port."""
    return _number(text, 1, 65535, "a port")


def weight(text: str) -> int:
    """A real server's weight; 0 gives it no new connections."""
    return _number(text, 0, 65535, "a weight")


def duration(text: str) -> int:
    """A persistence timeout in seconds."""
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 1 <= seconds <= _MONTH:
        raise ValueError(f"{text!r} is not a timeout: expected one such as `300s`, `5m` or `1h`, of 31 days at most")
    return seconds


def _refuse_ipv6(text: str) -> None:
    try:
        IPv6Interface(text)
    except ValueError:
        return
    raise ValueError(f"{text} is an IPv6 address: clusters are IPv4 only so far")


def _host(found: IPv4Address, text: str) -> IPv4Address:
    if found.is_multicast or found.is_unspecified or found.is_loopback or found == IPv4Address("255.255.255.255"):
        raise ValueError(f"{text} is not the address of a host")
    return found


def address(text: str) -> IPv4Address:
    """The address of a host."""
    _refuse_ipv6(text)
    try:
        return _host(IPv4Address(text), text)
    except AddressValueError:
        raise ValueError(f"{text!r} is not an address: expected one such as `192.0.2.1`, without a length") from None


def network(text: str) -> IPv4Network:
    """A network, or one address."""
    _refuse_ipv6(text)
    try:
        found = IPv4Interface(text)
    except (AddressValueError, NetmaskValueError):
        raise ValueError(f"{text!r} is not a network: expected one such as `192.0.2.0/24`") from None
    if found.ip != found.network.network_address:
        raise ValueError(f"{text} is a host in a network: did you mean `{found.network}`?")
    return found.network


def interface_address(text: str) -> IPv4Interface:
    """A host's address with the length of its network."""
    _refuse_ipv6(text)
    try:
        if "/" not in text:
            raise AddressValueError
        found = IPv4Interface(text)
    except (AddressValueError, NetmaskValueError):
        raise ValueError(f"{text!r} is not an interface's address: expected one such as `192.0.2.2/24`") from None
    _host(found.ip, text)
    ends = (found.network.network_address, found.network.broadcast_address)
    if found.network.prefixlen < 31 and found.ip in ends:
        raise ValueError(f"{text} names the network or its broadcast address, not a host in it")
    return found


def host_address(text: str) -> tuple[IPv4Address, int | None]:
    """A real server's address; the length of its network may be left out."""
    if "/" not in text:
        return address(text), None
    found = interface_address(text)
    return found.ip, found.network.prefixlen


def netmask(text: str) -> int:
    """How many bits of a client's address persistence looks at."""
    masks = {str(IPv4Network(f"0.0.0.0/{bits}").netmask): bits for bits in range(1, 33)}
    if text not in masks:
        raise ValueError(f"{text!r} is not a netmask: expected one such as `255.255.255.0`")
    return masks[text]


def destination(text: str) -> tuple[str, int | None]:
    """A real server's name, with another port where it has one: `web1`, `web1:8080`."""
    server, colon, number = text.partition(":")
    return name(server), port(number) if colon else None
