"""The kernel of one host: its tables, routes, services and settings, ready for packets."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lvsconf.findings import KERNEL_DEFAULT
from lvsconf.kernel import answers, eras, path
from lvsconf.kernel.eras.missing import missing
from lvsconf.kernel.families import FAMILIES, IPV4, Family
from lvsconf.kernel.helper_ports import helper_ports
from lvsconf.kernel.net import Net, Nets, masquerades_ftp
from lvsconf.kernel.sets import Sets
from lvsconf.kernel.settings import Settings
from lvsconf.kernel.tunnels import known_tunnels
from lvsconf.kernel.world import World
from lvsconf.model.fields import PROTO, SPORT, SRC
from lvsconf.model.host import Host
from lvsconf.model.ipvs import Endpoint, ForwardingMethod, Timeouts, VirtualService
from lvsconf.model.preds import Pred, all_of, any_of, equals
from lvsconf.packets.compiled import cases_cache, test_cache, ways_cache

if TYPE_CHECKING:
    from lvsconf.kernel.foresight import Foresight
    from lvsconf.packets.asked import Asking

FILE_ORDER = "real servers were added in the order of the file"

PICKS_ONLY = frozenset({"net.ipv4.vs.secure_tcp"})
"""Keys that IPVS's timers and its counts of active connections hang on, and nothing else (ip_vs_ctl.c
update_defense_level): which real server is picked may depend on them, never whether it gets a packet."""


class Kernel:
    """What the engine knows of a host. Building one costs as much as reading its rules once; packets share it."""

    def __init__(self, host: Host, *, merges: bool = False) -> None:
        """`merges` is for verdicts, not for traces.

        Worlds that differ only in the rules they met are joined, and what other traffic has left in limits, lists and
        sets is unknown.
        """
        self.host = host
        self.merges = merges
        self.era, era_assumed, self.foreign = eras.for_kernel(host.kernel)
        self._assumed = [*era_assumed, *self.foreign]
        self.settings = Settings(host.sysctl, self.era)
        self.conntrack_timeouts = conntrack_timeouts(self.era, self.settings)
        retrans = self.settings.listed(MAX_RETRANS)
        self.helper_ports = helper_ports(host, self.settings)
        self.max_retrans = self.settings.default(MAX_RETRANS) if retrans is None else retrans
        self.ipvs_timeouts = ipvs_timeouts(self.era, host.timeouts)
        self.asking: Asking | None = None
        self.foresee: Foresight | None = None
        self.test = test_cache()
        self.ways, self.cases = ways_cache(self.test), cases_cache(self.test)
        self.sets = Sets(host)
        self.nets = Nets(lambda family: Net(host, family, self.sets, self.settings))
        self.services = tuple(host.services or ())
        # What the checks ask about: they know of IPv4 alone.
        ipv4 = self.net(IPV4)
        self.fib, self.tables, self.conntrack = ipv4.fib, ipv4.tables, ipv4.conntrack
        self.service_cases = ipv4.service_cases
        self._indices = {id(service): index for index, service in enumerate(self.services)}
        self.tunnels = known_tunnels(self.services)
        self.real_services = {family: real_services(self.services, family) for family in FAMILIES.values()}

    def for_many(self, asking: Asking, foresee: Foresight | None = None) -> Kernel:
        """The same host for packets that stand for many: what is asked of them is noted."""
        found = copy.copy(self)
        found.asking, found.foresee = asking, foresee
        found.test, found.ways, found.cases = asking.test, asking.ways, asking.cases
        return found

    def net(self, family: Family) -> Net:
        """What packets of a family meet."""
        return self.nets[family]

    def service_index(self, service: VirtualService) -> int:
        """The service's place in load order."""
        return self._indices[id(service)]

    def listens(self, family: Family, proto: int, address: int | None, port: int | None) -> bool | None:
        """Whether a socket takes packets to this port; None when nothing is known of sockets, or of the port."""
        if self.host.sockets is None:
            return None
        mine = [item for item in self.host.sockets if item.proto == proto]
        if not mine:
            return False
        if address is None or port is None:
            return None
        wanted = family.address(address)
        return any(item.port == port and item.address in (None, wanted) for item in mine)

    def local_out(self, world: World) -> list[World]:
        """Let the walking packet go through LOCAL_OUT and POST_ROUTING."""
        return path.local_out(world)

    def post_routing(self, world: World) -> list[World]:
        """Let the walking packet go through POST_ROUTING alone."""
        return path.post_routing(world)

    def refuse(self, world: World, kind: int, code: int, text: str, verdict: str, gateway: int = 0) -> list[World]:
        """Drop the walking packet with an ICMP error."""
        return answers.refuse(world, kind, code, text, verdict, gateway)

    def icmp_send(self, world: World, kind: int, code: int, gateway: int = 0) -> list[World]:
        """Answer the walking packet with an ICMP error."""
        return answers.icmp_send(world, kind, code, gateway)

    @property
    def assumed(self) -> tuple[str, ...]:
        """What the input does not say and the engine took for granted, in words, sorted."""
        said = [*self._assumed, *missing(self.host, self.era)]
        said += [f"unknown: {net.rules_unknown}" for net in self.nets.values() if net.rules_unknown]
        if self.sets.unknown:
            names = ", ".join(sorted(self.sets.unknown))
            said.append(f"unknown: what the sets hold that rules name ({names})")
        said += [f"{key} = {value} {KERNEL_DEFAULT}" for key, value in sorted(self.settings.used_defaults.items())]
        for family, net in self.nets.items():
            prefix = "ip6" if family.version == 6 else "ip"
            if net.fib.known and family.version not in self.host.routing_rules:
                said.append(f"only the default routing rules (no {prefix}-rule.json)")
            if net.fib.known and not net.fib.complete:
                said.append(f"routes are those of the interfaces' own networks (no {prefix}-route.json)")
        if self.host.modules is None and any(masquerades_ftp(self.host, family) for family in self.nets):
            said.append("ip_vs_ftp is not loaded (no modules)")
        if self.host.services is None:
            said.append("no virtual service (no ipvsadm.rules, no --service)")
        elif any(len(service.servers) > 1 for service in self.services):
            said.append(FILE_ORDER)
        return tuple(said)

    @property
    def about_picks(self) -> frozenset[str]:
        """Those of `assumed` that only tell which real server is picked, where what is asked holds for every pick."""
        keys = tuple(f"{key} = " for key in PICKS_ONLY)
        return frozenset(said for said in self.assumed if said == FILE_ORDER or said.startswith(keys))


def real_services(services: Iterable[VirtualService], family: Family) -> Pred:
    """ip_vs_has_real_service: the packet comes from the port of an LVS-NAT real server."""
    return any_of(
        all_of((equals(PROTO, service.key.proto), equals(SRC, int(server.address)), equals(SPORT, server.port)))
        for service in services
        if isinstance(service.key, Endpoint)
        for server in service.servers
        if server.method is ForwardingMethod.NAT and server.address.version == family.version
    )


def ipvs_timeouts(era: eras.Era, asked: Timeouts | None) -> Mapping[str, int]:
    """The era's timeouts with what `ipvsadm --set` changes of them (ip_vs_set_timeout)."""
    changed = {} if asked is None else {"ES": asked.tcp, "FW": asked.tcp_fin, "udp": asked.udp}
    return {**era.ipvs_timeouts, **{state: seconds for state, seconds in changed.items() if seconds}}


MAX_RETRANS = "net.netfilter.nf_conntrack_tcp_max_retrans"
_TIMEOUTS = {
    "SS": "tcp_timeout_syn_sent",
    "SR": "tcp_timeout_syn_recv",
    "ES": "tcp_timeout_established",
    "FW": "tcp_timeout_fin_wait",
    "CW": "tcp_timeout_close_wait",
    "LA": "tcp_timeout_last_ack",
    "TW": "tcp_timeout_time_wait",
    "CL": "tcp_timeout_close",
    "retrans": "tcp_timeout_max_retrans",
    "unack": "tcp_timeout_unacknowledged",
    "udp": "udp_timeout",
    "udp_stream": "udp_timeout_stream",
    "icmp": "icmp_timeout",
    "generic": "generic_timeout",
}
"""The sysctl key of each timeout (nf_conntrack_standalone.c nf_ct_sysctl_table)."""


def conntrack_timeouts(era: eras.Era, settings: Settings) -> Mapping[str, int]:
    """The era's timeouts in seconds with what the sysctl file lists of them."""
    listed = {name: settings.listed(f"net.netfilter.nf_conntrack_{key}") for name, key in _TIMEOUTS.items()}
    return {**era.conntrack_timeouts, **{name: found for name, found in listed.items() if found is not None}}
