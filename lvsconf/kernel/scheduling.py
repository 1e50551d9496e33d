"""New connections: which service, which real server, which template (ip_vs_core.c, ip_vs_proto_tcp.c)."""

from __future__ import annotations

from dataclasses import replace

from lvsconf.kernel import defence, ftp
from lvsconf.kernel.call_id import call_id
from lvsconf.kernel.connections import bind, find, forward
from lvsconf.kernel.families import Family
from lvsconf.kernel.flows import Connection, Template, TemplateKey
from lvsconf.kernel.schedulers import pick
from lvsconf.kernel.settings import Settings
from lvsconf.kernel.skb import Skb
from lvsconf.kernel.world import World
from lvsconf.kernel.xmit import is_localnode
from lvsconf.model.fields import (
    AH,
    DPORT,
    DST,
    ESP,
    MARK,
    PROTO,
    SCTP,
    SCTP_CHUNK,
    SCTP_CHUNKS,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    TcpFlags,
)
from lvsconf.model.ipvs import Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.model.preds import Pred, Within, all_of, equals

FTP_DATA, FTP = 20, 21
SCTP_INIT: Pred = equals(SCTP_CHUNK, SCTP_CHUNKS["INIT"])
SCTP_ABORT: Pred = equals(SCTP_CHUNK, SCTP_CHUNKS["ABORT"])


def service_preds(
    services: tuple[VirtualService, ...], settings: Settings, family: Family
) -> list[tuple[Pred, VirtualService]]:
    """ip_vs_service_find as a list of cases: mark first, then the exact service, then FTP, then port 0."""
    marks, exact, ftp, any_port = [], [], [], []
    for service in services:
        key = service.key
        if isinstance(key, FirewallMark):
            if key.family == family.version:
                marks.append((equals(MARK, key.mark), service))
        elif key.address.version == family.version:
            host = all_of((equals(PROTO, key.proto), equals(DST, int(key.address))))
            if key.port == 0:
                any_port.append((host, service))
            else:
                exact.append((all_of((host, equals(DPORT, key.port))), service))
            if key.proto == TCP and key.port == FTP:
                ftp.append((all_of((host, _ftp_ports(settings))), service))
    return [*marks, *exact, *ftp, *any_port]


def _ftp_ports(settings: Settings) -> Pred:
    """An FTP service takes the VIP's data port and its unprivileged ports (inet_prot_sock)."""
    key = "net.ipv4.ip_unprivileged_port_start"
    first = settings.get(key) if settings.known else None
    return Within(DPORT, ((FTP_DATA, FTP_DATA), (settings.default(key) if first is None else first, DPORT.full)))


def schedule(world: World) -> list[World]:
    """tcp_conn_schedule / udp_conn_schedule, then ip_vs_schedule."""
    skb = world.skb
    if skb.value(PROTO) == TCP:
        flags = skb.value(TCP_FLAGS)
        if flags & TcpFlags.RST:
            return [world]
        if not flags & TcpFlags.SYN:
            done = []
            for sloppy, there in world.setting("net.ipv4.vs.sloppy_tcp"):
                done += find_service(there) if sloppy else [_not_scheduled(there)]
            return done
    if skb.value(PROTO) == SCTP:
        return _schedule_sctp(world)
    if skb.value(PROTO) in (AH, ESP):
        # ah_esp_conn_schedule: these only ever follow a connection.
        return [world]
    return find_service(world)


def _schedule_sctp(world: World) -> list[World]:
    """sctp_conn_schedule: an INIT; with sloppy_sctp anything but an ABORT."""
    done = []
    for chunk, there in world.cases(((SCTP_INIT, "INIT"), (SCTP_ABORT, "ABORT"))):
        if chunk == "INIT":
            done += find_service(there)
            continue
        if chunk == "ABORT":
            done.append(there)
            continue
        for sloppy, then in there.setting("net.ipv4.vs.sloppy_sctp"):
            done += find_service(then) if sloppy else [_not_scheduled(then)]
    return done


def _not_scheduled(world: World) -> World:
    world.step("IPVS knows no connection of this packet, and only what opens one is scheduled", kind="ipvs")
    return world


def find_service(world: World) -> list[World]:
    """ip_vs_service_find, and what follows from it."""
    done = []
    for service, there in world.cases(world.net.service_cases):
        if service is None:
            there.step("IPVS finds no service", kind="ipvs")
            done.append(there)
        else:
            done += _drop_packet(there, service)
    return done


def _drop_packet(world: World, service: VirtualService) -> list[World]:
    done = []
    for drops, there in defence.drop_packet(world):
        if drops:
            there.end("dropped", "IPVS: drop_packet drops this new connection")
            done.append(there)
        else:
            done += _schedule_to(there, service)
    return done


def _schedule_to(world: World, service: VirtualService) -> list[World]:
    skb = world.skb
    dport = skb.value(DPORT)
    if skb.value(SPORT) == FTP_DATA and not world.kernel.era.behaviour.schedules_from_port_20:
        world.step("IPVS does not schedule packets from port 20", kind="ipvs")
        return [world]
    if skb.device in (None, "lo") and find(world.connections, skb.flow.inverted()) is not None:
        return [world]
    if service.persistent is not None:
        return _persistent(world, service)
    if isinstance(service.key, Endpoint) and dport != service.key.port:
        return _leave(world, service)
    done = []
    for server, there in pick(world, world.kernel.service_index(service), service):
        if server is None:
            done += _leave(there, service)
        else:
            done += _connect(there, service, server, server.port or dport)
    return done


def _persistent(world: World, service: VirtualService) -> list[World]:
    """ip_vs_sched_persist: the client's template decides, or makes one."""
    dport = world.skb.value(DPORT)
    key = _template_key(service, world.skb)
    if service.engine is not None:
        # ip_vs_sip_fill_param: UDP alone, and never what an ICMP error quotes.
        name = (
            call_id((world.skb.said or "").encode()) if world.skb.value(PROTO) == UDP and not world.skb.quoted else None
        )
        if name is None:
            world.end("dropped", f"IPVS: no Call-ID that {service.name} could persist by, dropped")
            return [world]
        key = replace(key, data=name)
    done = []
    for template, there in usable_template(world, key):
        if template is not None:
            picks: list[tuple[RealServer | None, World]] = [(template.server, there)]
        else:
            picks = pick(there, there.kernel.service_index(service), service)
        for server, then in picks:
            if server is None:
                done += _leave(then, service)
                continue
            used = then.templates.setdefault(key, Template(server, service, service.persistent or 0, then.now))
            then.arm(used, then.now + used.timeout)
            own_port = isinstance(service.key, Endpoint) and dport == service.key.port
            # A persistent mark service has port 0: the packet's own port stays, whatever the real server's is.
            done += _connect(then, service, server, server.port if own_port and server.port else dport, key)
    return done


def usable_template(world: World, key: TemplateKey) -> list[tuple[Template | None, World]]:
    """ip_vs_ct_in_get and ip_vs_check_template: with expire_quiescent_template a weight of 0 undoes it."""
    found: list[tuple[Template | None, World]] = []
    for quiescent, there in world.setting("net.ipv4.vs.expire_quiescent_template"):
        template = there.templates.get(key)
        if template is not None and quiescent and template.server.weight == 0:
            del there.templates[key]
            template = None
        found.append((template, there))
    return found


def _template_key(service: VirtualService, skb: Skb) -> TemplateKey:
    client = skb.value(SRC) & client_mask(service, skb.family)
    if isinstance(service.key, FirewallMark):
        return TemplateKey(0, client, service.key.mark, 0, by_mark=True, family=skb.family)
    own_port = skb.value(DPORT) == service.key.port and service.key.port != FTP
    port = service.key.port if own_port else 0
    return TemplateKey(skb.value(PROTO), client, int(service.key.address), port, by_mark=False, family=skb.family)


def client_mask(service: VirtualService, family: Family) -> int:
    """The bits of an address that tell clients apart: IPv4 is given a mask, IPv6 the length of a prefix."""
    if service.netmask is None:
        return (1 << family.bits) - 1
    if family.version == 4:
        return service.netmask
    return (1 << family.bits) - (1 << family.bits - service.netmask)


def _connect(
    world: World, service: VirtualService, server: RealServer, dport: int, template: TemplateKey | None = None
) -> list[World]:
    """ip_vs_conn_new, then the first packet is sent."""
    done = []
    for conntrack, there in world.setting("net.ipv4.vs.conntrack"):
        skb = there.skb
        connection = Connection(
            proto=skb.value(PROTO),
            caddr=skb.value(SRC),
            cport=skb.value(SPORT),
            vaddr=skb.value(DST),
            vport=skb.value(DPORT),
            daddr=int(server.address),
            dport=dport,
            method=server.method,
            service=service,
            server=server,
            nfct=bool(conntrack),
            no_output=server.method is not ForwardingMethod.NAT or is_localnode(there, server.address),
            direct_answers=there.kernel.era.behaviour.direct_answers,
            one_packet=service.one_packet and skb.value(PROTO) == UDP,
            template=template,
            expires=there.now + 3,
            family=skb.family,
        )
        connection.helped = ftp.helps(there, connection)
        # ip_vs_ftp_init_conn
        connection.nfct |= connection.helped
        bind(there, connection)
        # For an ICMP error the connection alone is made: the error itself is sent along it.
        skb.opened = connection if skb.quoted else None
        done += [there] if skb.quoted else forward(there, connection, ftp.request)
    return done


def _leave(world: World, service: VirtualService) -> list[World]:
    """ip_vs_leave: no real server. Port unreachable, for TCP too; an FTP VIP's other ports go to the local stack."""
    if isinstance(service.key, Endpoint) and service.key.port == FTP and world.skb.value(DPORT) != FTP:
        world.step("IPVS: the FTP service does not take this port", kind="ipvs")
        return [world]
    if world.skb.quoted:
        world.end("dropped", f"IPVS: {service.name} has no usable real server for the ICMP error")
        return [world]
    fib = world.net.fib
    # ip_vs_addr_is_unicast asks routing in IPv4 only; in IPv6 every unicast address will do.
    here = world.family.version == 4 and (not fib.known or world.split(fib.to_local)[0] is not None)
    if not isinstance(service.key, FirewallMark) or here:
        return _no_destination(world, service)
    done = []
    for bypass, there in world.setting("net.ipv4.vs.cache_bypass"):
        done += _bypass(there, service) if bypass else _no_destination(there, service)
    return done


def _no_destination(world: World, service: VirtualService) -> list[World]:
    text = f"IPVS: {service.name} has no usable real server: port unreachable"
    return world.kernel.refuse(world, *world.family.says["port unreachable"], text, "no destination")


def _bypass(world: World, service: VirtualService) -> list[World]:
    """ip_vs_leave with cache_bypass: a connection without a real server, to where the packet was going anyway."""
    done = []
    for conntrack, there in world.setting("net.ipv4.vs.conntrack"):
        skb = there.skb
        connection = Connection(
            proto=skb.value(PROTO),
            caddr=skb.value(SRC),
            cport=skb.value(SPORT),
            vaddr=skb.value(DST),
            vport=skb.value(DPORT),
            daddr=skb.value(DST),
            dport=skb.value(DPORT),
            method=ForwardingMethod.DR,
            service=service,
            server=RealServer(skb.family.address(skb.value(DST)), 0, ForwardingMethod.DR),
            nfct=bool(conntrack),
            no_output=False,
            direct_answers=there.kernel.era.behaviour.direct_answers,
            bypass=True,
            family=skb.family,
        )
        bind(there, connection)
        done += forward(there, connection, ftp.request)
    return done
