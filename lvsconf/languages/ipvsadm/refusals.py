"""What ipvsadm refuses about a whole command and the kernel about its tables, measured with 1.31 on 6.1 and 6.12."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.languages.ipvsadm.services import Key, family_of
from lvsconf.languages.ipvsadm.values import NO_SCHEDULER, SCHEDULERS
from lvsconf.languages.suggest import suggestion
from lvsconf.model.fields import UDP
from lvsconf.model.ipvs import Address, Endpoint, ForwardingMethod, RealServer, VirtualService

ENGINES = ("sip",)

_LIMITED_BROADCAST = 0xFFFFFFFF

Fault = tuple[str, tuple[str, ...]]
"""What is wrong, and the columns of the options it is about."""


def service_faults(service: VirtualService) -> Iterator[Fault]:
    """Why a service would be refused."""
    key = service.key
    if isinstance(key, Endpoint) and key.port == 0 and service.persistent is None:
        yield "a service for every port (port 0) has to be persistent (-p)", ("service",)
    if service.one_packet and service.proto not in (UDP, None):
        yield "one-packet scheduling (-o) is for UDP only", ("ops",)
    if service.scheduler not in (*SCHEDULERS, NO_SCHEDULER):
        near = suggestion(service.scheduler, SCHEDULERS)
        yield f"there is no scheduler `{service.scheduler[:80]}`" + (f"; {near}" if near else ""), ("scheduler",)
    if service.engine is not None and service.engine not in ENGINES:
        yield f"there is no persistence engine `{service.engine[:80]}`: {', '.join(ENGINES)}", ("pe",)


def server_faults(key: Key, server: RealServer) -> Iterator[Fault]:
    """Why a real server would be refused, wherever the host stands."""
    if server.method is not ForwardingMethod.TUN and server.address.version != family_of(key):
        method = {ForwardingMethod.NAT: "NAT (-m)", ForwardingMethod.DR: "direct routing (-g)"}[server.method]
        yield f"{method} can't cross from one address family to the other", ("server",)
    if server.lower > server.upper:
        yield "the lower threshold (-y) is above the upper one (-x)", ("l-threshold",)


def not_unicast(address: Address) -> str:
    """Why no real server can have this address, "" when it can (ip_vs_new_dest); the host may rule out more."""
    if address.is_multicast:
        return "a real server can't be a multicast address"
    if address.version == 4:
        if int(address) == _LIMITED_BROADCAST or int(address) >> 24 == 0:
            return f"a real server can't have the address {address}"
    elif int(address) == 0 or address.ipv4_mapped is not None:
        return f"a real server can't have the address {address}"
    elif address.is_link_local:
        return "a real server can't have a link-local address, unless it is one of the director's own"
    return ""
