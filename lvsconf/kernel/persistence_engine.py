"""Persistence by what a packet says: `ipvsadm --pe sip` (net/netfilter/ipvs/ip_vs_pe_sip.c).

The Call-ID of a SIP message over UDP is part of the template's key. Packets that a real server sends by itself open a
connection too (ip_vs_core.c __ip_vs_rs_conn_out, ip_vs_new_conn_out).
"""

from __future__ import annotations

from lvsconf.kernel.call_id import call_id
from lvsconf.kernel.connections import bind
from lvsconf.kernel.flows import Connection, Template, TemplateKey
from lvsconf.kernel.scheduling import client_mask, usable_template
from lvsconf.kernel.skb import Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import DPORT, DST, PROTO, SPORT, SRC, UDP
from lvsconf.model.ipvs import Endpoint, ForwardingMethod, RealServer, VirtualService
from lvsconf.model.netfilter import Hook


def opened_by_server(world: World) -> list[tuple[Connection | None, World]]:
    """What a packet without a connection opens as it leaves the real server of a service with an engine."""
    skb = world.skb
    if skb.value(PROTO) != UDP or world.hook is Hook.LOCAL_IN:
        return [(None, world)]
    found = _server(world, skb)
    if found is None or found[0].engine is None:
        return [(None, world)]
    service, server = found
    key = service.key
    if not isinstance(key, Endpoint) or not key.port or skb.values[DPORT] is None:
        return [(None, world)]
    if service.persistent is None:
        return _open(world, service, key, server, None)
    name = call_id((skb.said or "").encode())
    if name is None:
        return [(None, world)]
    client = skb.value(DST) & client_mask(service, skb.family)
    wanted = TemplateKey(UDP, client, int(key.address), key.port, by_mark=False, family=skb.family, data=name)
    done = []
    for template, there in usable_template(world, wanted):
        if template is None or template.server is not server:
            template = there.templates[wanted] = Template(server, service, service.persistent, there.now)
        there.arm(template, there.now + template.timeout)
        done += _open(there, service, key, server, wanted)
    return done


def _server(world: World, skb: Skb) -> tuple[VirtualService, RealServer] | None:
    """ip_vs_find_real_service: the last that was added with this address and port, by LVS-NAT."""
    if not any(service.engine for service in world.kernel.services):
        return None
    for service in reversed(world.kernel.services):
        for server in reversed(service.servers):
            same = (int(server.address), server.address.version, server.port) == (
                skb.values[SRC],
                skb.family.version,
                skb.values[SPORT],
            )
            if same and service.proto in (UDP, None) and server.method is ForwardingMethod.NAT:
                return service, server
    return None


def _open(
    world: World, service: VirtualService, key: Endpoint, server: RealServer, template: TemplateKey | None
) -> list[tuple[Connection | None, World]]:
    done: list[tuple[Connection | None, World]] = []
    for conntrack, there in world.setting("net.ipv4.vs.conntrack"):
        skb = there.skb
        connection = Connection(
            proto=UDP,
            caddr=skb.value(DST),
            cport=skb.value(DPORT),
            vaddr=int(key.address),
            vport=key.port,
            daddr=skb.value(SRC),
            dport=skb.value(SPORT),
            method=server.method,
            service=service,
            server=server,
            nfct=bool(conntrack),
            no_output=False,
            direct_answers=there.kernel.era.behaviour.direct_answers,
            one_packet=service.one_packet,
            template=template,
            expires=there.now + 3,
            family=skb.family,
        )
        bind(there, connection)
        done.append((connection, there))
    return done
