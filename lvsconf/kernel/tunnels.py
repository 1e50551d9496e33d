"""IPVS tunnels: what stands between the outer and the inner IP header (ip_vs_xmit.c ipvs_gue_encap, ipvs_gre_encap)."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.kernel.families import FAMILIES, Family
from lvsconf.kernel.flows import FlowTuple
from lvsconf.kernel.skb import EMPTY, RouteResult, Skb
from lvsconf.model.fields import (
    DF,
    DPORT,
    DST,
    GRE,
    IPVS_PROPERTY,
    LENGTH,
    MARK,
    PROTO,
    SPORT,
    SRC,
    TOS,
    TTL,
    UDP,
)
from lvsconf.model.ipvs import ForwardingMethod, RealServer, VirtualService

_BETWEEN = {"ipip": 0, "gue": 8 + 4, "gre": 4}
_GRE_CHECKSUM = 4
_PROTOCOLS = {"gue": UDP, "gre": GRE}
"""An ipip tunnel's packets say what family is inside (Family.tunnel)."""

Tunnels = dict[tuple[Family, int, int], str]
"""Tunnel types by the real server's address and tunnel port, 0 where the type has none."""


def overhead(server: RealServer) -> int:
    """How many bytes the tunnel puts before a packet.

    The private part of remcsum is for checksums that a device still has to fill in: a packet from a wire has none.
    """
    checksum = _GRE_CHECKSUM if server.tunnel == "gre" and server.tunnel_checksum == "csum" else 0
    return FAMILIES[server.address.version].header + _BETWEEN[server.tunnel] + checksum


def known_tunnels(services: Iterable[VirtualService]) -> Tunnels:
    """What ip_vs_find_tunnel finds: the real server that was added last (ip_vs_rs_hash)."""
    return {
        (
            FAMILIES[server.address.version],
            int(server.address),
            (server.tunnel_port or 0) if server.tunnel == "gue" else 0,
        ): server.tunnel
        for service in services
        for server in service.servers
        if server.method is ForwardingMethod.TUN
    }


def carries(tunnels: Tunnels, outer: Skb) -> bool:
    """Whether the outer packet is one of a tunnel's (ipvs_udp_decap, ipvs_gre_decap and the case of IPIP)."""
    if not tunnels:
        return False
    proto = outer.value(PROTO)
    address, port = outer.values[DST], outer.values[DPORT] if proto == UDP else 0
    kind = tunnels.get((outer.family, address, port)) if address is not None and port is not None else None
    return kind is not None and proto == _PROTOCOLS.get(kind, outer.family.tunnel)


def encapsulate(inner: Skb, server: RealServer, route: RouteResult, *, discover: bool) -> Skb:
    """The packet that leaves for the real server."""
    outer = Skb(
        {
            **EMPTY,
            SRC: route.source if route.source is not None else None,
            DST: int(server.address),
            PROTO: _PROTOCOLS.get(server.tunnel, inner.family.tunnel),
            TTL: inner.values[TTL],
            TOS: inner.values[TOS],
            MARK: inner.values[MARK],
            LENGTH: inner.value(LENGTH) + overhead(server),
            DF: inner.values[DF] if discover else 0,
            IPVS_PROPERTY: 1,
        },
        inner.device,
        tunnelled=inner,
        route=route,
        ignore_df=True,
        verified=inner.verified,
        family=FAMILIES[server.address.version],
    )
    if server.tunnel == "gue":
        # udp_flow_src_port: a secret hash of the inner flow chooses the port.
        outer.values[SPORT], outer.values[DPORT] = None, server.tunnel_port or 0
        outer.hidden_port = hidden_port(inner.flow)
    return outer


def hidden_port(flow: FlowTuple) -> int:
    """A number that stands for the source port of a flow's outer packets: the same for each of them, and no port."""
    ends = sorted(((flow.src, flow.sport), (flow.dst, flow.dport)))
    number = flow.proto
    for address, port in ends:
        number = (number << 128 | address) << 16 | port & 0xFFFF
    return -2 - number
