"""What ipvsadm and the kernel refuse, measured with ipvsadm 1.31 on Linux 6.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvsconf.extensions.addresses import parse_mask
from lvsconf.extensions.options import OptionError
from lvsconf.languages.ipvsadm_options import Found
from lvsconf.languages.ipvsadm_services import Key, family_of
from lvsconf.languages.suggest import suggestion
from lvsconf.model.fields import UDP
from lvsconf.model.ipvs import Endpoint, ForwardingMethod, RealServer, VirtualService

SCHEDULERS = (
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos",
)  # fmt: skip
CHECKSUMS = ("tun-nocsum", "tun-csum", "tun-remcsum")
LONGEST_PERSISTENCE = 31 * 24 * 3600

_OWN_FLAGS = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}
_GENERIC_FLAGS = ("flag-1", "flag-2", "flag-3")


def netmask(text: str, key: Key) -> int:
    """`-M`: a mask for IPv4, a prefix length for IPv6; raises ValueError."""
    family = family_of(key)
    if family == 6:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 128:
            raise ValueError(f"{text[:80]!r} is not a prefix length from 1 to 128")
        return int(text)
    try:
        return parse_mask(text, 4)
    except OptionError as error:
        raise ValueError(str(error)) from None


def service_faults(service: VirtualService) -> Iterator[str]:
    """Why a service would be refused."""
    key = service.key
    if isinstance(key, Endpoint) and key.port == 0 and service.persistent is None:
        yield "a service for every port (port 0) has to be persistent (-p)"
    if service.one_packet and service.proto not in (UDP, None):
        yield "one-packet scheduling (-o) is for UDP only"
    if service.persistent is not None and not 0 < service.persistent <= LONGEST_PERSISTENCE:
        yield f"the persistence timeout is not between 1 and {LONGEST_PERSISTENCE} seconds"
    if service.scheduler not in SCHEDULERS:
        near = suggestion(service.scheduler, SCHEDULERS)
        yield f"there is no scheduler `{service.scheduler}`" + (f"; {near}" if near else "")
    for flag in service.flags:
        if flag not in (*_OWN_FLAGS.get(service.scheduler, ()), *_GENERIC_FLAGS):
            yield f"scheduler `{service.scheduler}` knows no flag `{flag}`"


def server_faults(key: Key, server: RealServer, options: Mapping[str, Found]) -> Iterator[str]:
    """Why a real server would be refused."""
    if server.lower > server.upper:
        yield "the lower threshold (-y) is above the upper one (-x)"
    if server.method is ForwardingMethod.NAT and server.address.version != family_of(key):
        yield "NAT (-m) can't cross from one address family to the other"
    if server.address.is_multicast:
        yield "a real server can't be a multicast address"
    tunnel = [name for name in ("tun-type", "tun-port", *CHECKSUMS) if name in options]
    if tunnel and server.method is not ForwardingMethod.TUN:
        yield f"`--{tunnel[0]}` goes with a tunnel (-i) only"
    elif server.tunnel not in ("ipip", "gue", "gre"):
        yield f"there is no tunnel type `{server.tunnel}`: ipip, gue, gre"
    elif server.tunnel == "gue" and server.tunnel_port is None:
        yield "a gue tunnel needs --tun-port"
    elif server.tunnel != "gue" and server.tunnel_port is not None:
        yield "`--tun-port` goes with a gue tunnel only"
    elif (server.tunnel == "ipip" and server.tunnel_checksum) or (
        server.tunnel == "gre" and server.tunnel_checksum == "remcsum"
    ):
        yield f"an {server.tunnel} tunnel knows no `--tun-{server.tunnel_checksum}`"
