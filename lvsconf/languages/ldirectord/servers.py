"""`virtual`, `real` and `fallback`: addresses, ports and forwarding methods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from lvsconf.extensions.names import service_port
from lvsconf.model.ipvs import Address, ForwardingMethod

METHODS = {"gate": ForwardingMethod.DR, "masq": ForwardingMethod.NAT, "ipip": ForwardingMethod.TUN}
MOST_SERVERS = 4096
"""Real servers that one range may stand for."""

_HOST = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]"
_REAL = re.compile(rf"({_HOST})(->({_HOST}))?(:([0-9]+|[A-Za-z0-9_-]+))?\s+(.*)")
_FLAGS = re.compile(r"(\w+)(.*)", re.ASCII)
_CHECKS = re.compile(r'\s+"(.*)"[, ]\s*"(.*)"(.*)')


class UnresolvedError(ValueError):
    """A host name: which address it has is not in the file."""


@dataclass(frozen=True, slots=True)
class Real:
    """A `real` line: one address or several, a port (0: none given), the method, weight and thresholds."""

    addresses: tuple[Address, ...]
    port: int
    method: ForwardingMethod
    weight: int = 1
    lower: int = 0
    upper: int = 0


def virtual_of(text: str, family: int) -> tuple[Address, str] | int:
    """Address and port (a number or a name), or a firewall mark; raises ValueError."""
    if found := re.match(r"([0-9A-Za-z._+-]+):([0-9A-Za-z_-]+)", text):
        return host(found[1], family), found[2]
    if found := re.match(r"[0-9]+", text):
        return int(found[0][:12])
    if found := re.match(r"\[([0-9A-Fa-f:]+)\]:([0-9A-Za-z_-]+)", text):
        if family == 4:
            raise ValueError("an IPv6 address needs `virtual6`")
        return host(found[1], 6), found[2]
    raise ValueError("expected ADDRESS:PORT, [ADDRESS]:PORT or a firewall mark")


def host(text: str, family: int) -> Address:
    """An address; UnresolvedError for a name, ValueError for an address of the other family."""
    bare = text.removeprefix("[").removesuffix("]")
    try:
        found: Address = IPv6Address(bare) if ":" in bare else IPv4Address(bare)
    except AddressValueError:
        if re.fullmatch(r"[0-9.]+|.*:.*", bare):
            raise ValueError(f"`{bare[:80]}` is not an address") from None
        raise UnresolvedError(f"the host name `{bare[:80]}` is not looked up") from None
    if found.version != family:
        raise ValueError(f"`{bare[:80]}` is not an IPv{family} address")
    return found


def port_of(text: str, protocol: str) -> int:
    """A port by number or name; a protocol that is empty is any. Raises ValueError."""
    if re.fullmatch(r"[0-9]+", text):
        number = int(text[:9])
    else:
        named = service_port(text, (protocol,) if protocol else ("tcp", "udp"))
        if named is None:
            raise ValueError(f"`{text[:80]}` is not a port")
        number = named
    if number > 65535:
        raise ValueError(f"`{text[:80]}` is not a port")
    return number


def real_of(text: str, family: int) -> Real:
    """A `real` line; raises ValueError with what is wrong."""
    found = _REAL.search(text)
    if found is None:
        raise ValueError("expected ADDRESS:PORT and gate, masq or ipip")
    first = host(found[1], family)
    port = port_of(found[5] or "0", "")
    last = host(found[3], family) if found[3] else first
    if found[3] and family == 6:
        raise ValueError("there are no ranges of IPv6 addresses")
    if int(last) < int(first):
        raise ValueError(f"the range ends with {last}, before it begins")
    if int(last) - int(first) >= MOST_SERVERS:
        raise UnresolvedError(f"a range of more than {MOST_SERVERS:,} addresses is not looked at")
    flags = _FLAGS.search(found[6])
    if flags is None or flags[1] not in METHODS:
        raise ValueError("expected gate, masq or ipip after the address")
    method, rest = METHODS[flags[1]], flags[2]
    weight, rest = _number(r"\s+([0-9]+)(.*)", rest, 1)
    checks = _CHECKS.search(rest)
    rest = checks[3] if checks else rest
    lower, rest = _number(r"\s+l:([0-9]+)(.*)", rest, 0)
    upper, rest = _number(r"\s+u:([0-9]+)(.*)", rest, 0)
    if rest.strip():
        raise ValueError(f"`{rest.strip()[:80]}` can't stand here")
    addresses = tuple(type(first)(number) for number in range(int(first), int(last) + 1))
    return Real(addresses, port, method, weight, lower, upper)


def _number(pattern: str, text: str, otherwise: int) -> tuple[int, str]:
    found = re.search(pattern, text)
    return (int(found[1][:10]), found[2]) if found else (otherwise, text)


def fallback_of(text: str, family: int) -> tuple[Address, str | None, ForwardingMethod]:
    """A `fallback`: address, port as written, method; raises ValueError."""
    found = re.search(r"(\S+)(\s+(\S+))?\s*$", text)
    place, method = (found[1], found[3]) if found else (text, None)
    port = re.search(r":([A-Za-z0-9_-]+)$", place)
    address = host(place[: port.start()] if port else place, family)
    if method is not None and method not in METHODS:
        raise ValueError("expected gate, masq or ipip after the address")
    return address, port[1] if port else None, METHODS[method or "gate"]
