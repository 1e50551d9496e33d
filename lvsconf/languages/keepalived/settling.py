"""What keepalived settles once it has read everything (check_data.c, validate_check_config; ipvswrapper.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lvsconf.findings import Problem
from lvsconf.languages.keepalived.groups import Group
from lvsconf.languages.keepalived.method import Method
from lvsconf.languages.keepalived.services import PERSISTENCE
from lvsconf.languages.keepalived.virtual import Server, Virtual
from lvsconf.model.fields import UDP
from lvsconf.model.ipvs import Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Span

SCHEDULER = "wlc"

Key = Endpoint | FirewallMark


class Settling:
    """Turns what was read into services."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        self.groups = groups
        self.problems: list[Problem] = []
        self.services: dict[Key, VirtualService] = {}
        self.gaps: list[Span] = []
        self._twice: set[Span] = set()

    def _problem(self, message: str, span: Span, help_text: str = "") -> None:
        self.problems.append(Problem("LVS053", message, span, help=help_text))

    def add(self, virtual: Virtual) -> None:
        """Settle one virtual_server and add its services."""
        group = self.groups.get(virtual.group) if virtual.group is not None else None
        if virtual.group is not None and group is None:
            self._problem(f"there is no group `{virtual.group[:80]}`: keepalived drops the service", virtual.span)
            return
        if not virtual.complete or (group is not None and not group.complete):
            self.gaps.append(virtual.span)
        if not virtual.servers:
            if virtual.complete:
                self._problem("keepalived drops a service without real servers", virtual.span)
            return
        if group is not None and not self._one_family(virtual, group):
            return
        by_address = bool(group.places) if group is not None else virtual.address is not None
        self._service(virtual, group, by_address)
        self._servers(virtual)
        self._quorum(virtual)
        for key, place in self._keys(virtual, group):
            self._add(key, virtual, place)

    def _one_family(self, virtual: Virtual, group: Group) -> bool:
        """Whether a group and its real servers go together; a group of one family settles that of the service."""
        found = {place.address.version for place in group.places} | {mark.family for mark in group.marks}
        found.discard(None)
        if virtual.family is not None and found - {virtual.family}:
            self._problem("the group and its real servers are of different address families", virtual.span)
            return False
        if len(found) == 1:
            virtual.family = found.pop()
        return True

    def _service(self, virtual: Virtual, group: Group | None, by_address: bool) -> None:
        name = virtual.name
        marks = bool(group.marks) if group is not None else virtual.mark is not None
        if virtual.ha_suspend and marks:
            self._problem("`ha_suspend` has no effect on firewall marks", virtual.span)
        if by_address:
            if virtual.protocol is None:
                message = f"no protocol is set for {name}: keepalived takes UDP"
                self._problem(message, virtual.span, "write `protocol TCP` for a TCP service")
                virtual.protocol = UDP
            if virtual.one_packet and virtual.protocol != UDP:
                self._problem("`ops` has no effect: one-packet scheduling is for UDP", virtual.span)
                virtual.one_packet = False
            ports = [place.port for place in group.places] if group is not None else [virtual.port]
            if 0 in ports and not virtual.persistent:
                message = f"a service for every port has to be persistent: keepalived sets {PERSISTENCE} seconds"
                self._problem(message, virtual.span)
                virtual.persistent = PERSISTENCE
        elif virtual.protocol is not None:
            self._problem("a firewall mark has no protocol: keepalived ignores it", virtual.span)
        if virtual.scheduler is None:
            self._problem(f"no scheduler is set for {name}: keepalived takes {SCHEDULER}", virtual.span)
            virtual.scheduler = SCHEDULER

    def _servers(self, virtual: Virtual) -> None:
        kept: list[Server] = []
        seen = set()
        for server in virtual.servers:
            if (server.address, server.port) in seen:
                message = f"{server.address} {server.port} is in this service already: keepalived drops it"
                self._problem(message, server.span)
                continue
            seen.add((server.address, server.port))
            kept.append(server)
        virtual.servers = kept
        sorry = virtual.sorry
        for server in [*kept, *([sorry] if sorry else [])]:
            if server.method is None and virtual.method is None:
                self._problem(f"no forwarding method is set for {virtual.name}: keepalived takes NAT", virtual.span)
                virtual.method = Method(ForwardingMethod.NAT)
            server.method = server.method or virtual.method
            server.inhibit = virtual.inhibit if server.inhibit is None and server is not sorry else server.inhibit
            server.weight = virtual.weight if server.weight is None else server.weight
        for server in kept:
            if sorry and (server.address, server.port) == (sorry.address, sorry.port):
                if bool(server.inhibit) is not bool(sorry.inhibit):
                    self._problem("the sorry server is a real server too, and only one is inhibited", sorry.span)
                sorry.inhibit = server.inhibit

    def _quorum(self, virtual: Virtual) -> None:
        total = sum(server.weight or 0 for server in virtual.servers)
        if not virtual.complete:
            return
        if virtual.quorum > total:
            message = f"quorum {virtual.quorum} is above the weight of all real servers ({total}): keepalived lowers it"
            self._problem(message, virtual.span)
            virtual.quorum = total
        if virtual.hysteresis >= virtual.quorum:
            message = f"hysteresis {virtual.hysteresis} is not below the quorum ({virtual.quorum})"
            self._problem(message, virtual.span)

    # -- the table ---------------------------------------------------------------------------------------------------

    def _keys(self, virtual: Virtual, group: Group | None) -> Iterator[tuple[Key, Span]]:
        family = virtual.family or 4
        if group is None:
            if virtual.address is not None:
                yield Endpoint(virtual.protocol or UDP, virtual.address, virtual.port), virtual.span
            else:
                yield FirewallMark(virtual.mark or 0, family), virtual.span
            return
        for place in group.places:
            yield Endpoint(virtual.protocol or UDP, place.address, place.port), place.span
        for mark in group.marks:
            yield FirewallMark(mark.mark, mark.family or family), mark.span

    def _add(self, key: Key, virtual: Virtual, place: Span) -> None:
        servers = [self._server(key, server) for server in virtual.servers]
        other = self.services.get(key)
        if other is not None:
            # The kernel has the service; keepalived's real servers go into it.
            if place not in self._twice:  # a range of addresses is one fault
                self._twice.add(place)
                self._problem(f"the service {other.name} is there already", place)
            known = {(server.address, server.port) for server in other.servers}
            more = tuple(each for each in servers if (each.address, each.port) not in known)
            self.services[key] = replace(other, servers=(*other.servers, *more))
            return
        self.services[key] = VirtualService(
            key,
            virtual.scheduler or SCHEDULER,
            virtual.persistent,
            virtual.netmask,
            virtual.one_packet,
            virtual.engine,
            tuple(sorted(virtual.flags)),
            tuple({(each.address, each.port): each for each in reversed(servers)}.values())[::-1],
            self._server(key, virtual.sorry, sorry=True) if virtual.sorry else None,
            virtual.span,
        )

    def _server(self, key: Key, server: Server, *, sorry: bool = False) -> RealServer:
        method = server.method or Method(ForwardingMethod.NAT)
        return RealServer(
            server.address,
            self._port(key, server, method, sorry=sorry),
            method.method,
            server.weight or 0,
            server.upper,
            server.lower,
            method.tunnel,
            method.port,
            method.checksum,
            bool(server.inhibit),
            server.span,
        )

    def _port(self, key: Key, server: Server, method: Method, *, sorry: bool) -> int:
        """With NAT the server's own port; DR and TUN can't change the packet's."""
        what = "sorry server" if sorry else "real server"
        if isinstance(key, FirewallMark):
            if method.method is ForwardingMethod.NAT or not server.port:
                return server.port
            message = f"port {server.port} of this {what} is ignored: with a firewall mark and {method.method.name}"
            self._once(f"{message} packets keep theirs", server.span)
            return 0
        if method.method is ForwardingMethod.NAT:
            return server.port or key.port
        if server.port not in (0, key.port):
            message = (
                f"port {server.port} of this {what} is ignored: with {method.method.name} packets keep port {key.port}"
            )
            self._once(message, server.span)
        return key.port

    def _once(self, message: str, span: Span) -> None:
        if not any(each.span == span and each.message == message for each in self.problems[-64:]):
            self._problem(message, span)
