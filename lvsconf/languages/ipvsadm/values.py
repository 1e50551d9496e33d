"""How ipvsadm reads the values of its options; every function raises ValueError for what ipvsadm refuses."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address

from lvsconf.extensions.names import service_port
from lvsconf.languages.endpoints import PROTOCOLS
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipvs import Address

INT_MAX = 0x7FFFFFFF
UINT_MAX = 0xFFFFFFFF
LONGEST_TIMEOUT = 31 * 24 * 3600
"""Seconds; MAX_TIMEOUT in ipvsadm's libipvs."""

SCHEDULERS = (
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos",
)  # fmt: skip
NO_SCHEDULER = "none"
"""What the kernel takes for a service that schedules nothing (ip_vs_add_service)."""

FLAGS = {
    "flag-1": {"sh": "sh-fallback", "mh": "mh-fallback"},
    "flag-2": {"sh": "sh-port", "mh": "mh-port"},
    "flag-3": {},
}
"""The flags by number, and the names of their own that schedulers have for them."""

_NUMBER = re.compile(r"[+-]?[0-9]+")
_NAME = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z][A-Za-z0-9_.-]*")


class HostName(ValueError):  # noqa: N818 - not a fault of the input
    """A name where an address can stand: nothing wrong with it, but lvsconf does not look names up."""


def number(text: str, low: int, high: int, what: str) -> int:
    """A decimal number as C's strtol reads it, sign and leading zeros included."""
    if not _NUMBER.fullmatch(text) or len(text) > 24:
        raise ValueError(f"{text[:80]!r} is not {what} from {low} to {high}")
    if not low <= int(text) <= high:
        raise ValueError(f"{text} is not {what} from {low} to {high}")
    return int(text)


def mark(text: str) -> int:
    """A firewall mark."""
    if _NUMBER.fullmatch(text) and text.startswith("-") and -INT_MAX - 1 <= int(text[:12]) < 0:
        raise ValueError(
            f"{text} is no firewall mark: ipvsadm-save prints {int(text) + UINT_MAX + 1} so, and can't load it"
        )
    return number(text, 1, UINT_MAX, "a firewall mark")


def address(text: str) -> Address:
    """An address as inet_pton or inet_aton takes it; raises HostName for what may be a name."""
    if "%" not in text:
        try:
            return IPv6Address(text)
        except ValueError:
            pass
    try:
        return IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeEncodeError):
        pass
    if _NAME.fullmatch(text):
        raise HostName(f"the host name `{text[:80]}` is not looked up")
    raise ValueError(f"{text[:80]!r} is not an address")


def endpoint(text: str, proto: int) -> tuple[Address, int | None]:
    """`host[:port]` or `[address]:port`; the port is None when it is not given."""
    if re.fullmatch("[0-9]+", text):
        raise ValueError(f"{text[:80]!r} is a mere number: host[:port] is expected")
    host: str
    port: str | None
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise ValueError(f"{text[:80]!r} has no closing bracket")
        if not rest.startswith(":"):
            raise ValueError(f"ipvsadm refuses {text[:80]!r}: an address in brackets needs a port")
        # Of brackets around anything but an IPv6 address the port is forgotten (ipvsadm.c, parse_service).
        port = rest[1:] if ":" in host else None
    elif _is_ipv6(text):
        host, port = text, None
    else:
        host, colon, port = text.rpartition(":")
        if not colon:
            host, port = text, None
    found = address(host)
    return found, None if port is None else service_number(port, proto)


def _is_ipv6(text: str) -> bool:
    try:
        return text.count(":") > 1 and IPv6Address(text).scope_id is None
    except ValueError:
        return False


def service_number(text: str, proto: int) -> int:
    """A port, by number or by the name that the protocol has for it."""
    if _NUMBER.fullmatch(text):
        return number(text, 0, 0xFFFF, "a port")
    name = PROTOCOLS.get(proto)
    found = service_port(text, (name,)) if name else None
    if found is None:
        of = f" of {name}" if name else ": name the service before the real server" if text else ""
        raise ValueError(f"{text[:80]!r} is not a port{of}")
    return found


def netmask(text: str, family: int) -> int:
    """`-M`: for IPv4 a mask in address form, for IPv6 a prefix length (what follows its digits does not count)."""
    if family == 6:
        digits = re.match(r"[+]?[0-9]+", text)
        if digits is None or not 1 <= int(digits.group()[:5]) <= 128:
            raise ValueError(f"{text[:80]!r} is not a prefix length from 1 to 128")
        return int(digits.group())
    try:
        return int(IPv4Address(socket.inet_aton(text)))
    except (OSError, UnicodeEncodeError):
        raise ValueError(f"{text[:80]!r} is not a mask such as 255.255.255.0") from None


def flags(text: str, scheduler: str) -> tuple[str, ...]:
    """The scheduler's flags as ipvsadm prints them, in its order."""
    asked = set()
    known = {name: flag for flag, names in FLAGS.items() for name in (flag, *names.values())}
    for name in filter(None, text.split(",")):
        flag = known.get(name)
        if flag is None:
            near = suggestion(name, known)
            raise ValueError(f"there is no scheduler flag `{name[:80]}`" + (f"; {near}" if near else ""))
        if name not in (flag, FLAGS[flag].get(scheduler)):
            raise ValueError(f"scheduler `{scheduler[:80]}` knows no flag `{name}`")
        asked.add(flag)
    return tuple(names.get(scheduler, flag) for flag, names in FLAGS.items() if flag in asked)


def group(text: str) -> Address:
    """The multicast group of the sync daemon."""
    try:
        found: Address = IPv6Address(text) if ":" in text and "%" not in text else IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text[:80]!r} is not an address") from None
    if not found.is_multicast:
        raise ValueError(f"{text} is not a multicast address")
    return found
