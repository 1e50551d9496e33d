"""Each line as `ipvsadm-save -n` prints it, in the order read."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.extensions.addresses import show_host
from lvsconf.languages.endpoints import show_endpoint
from lvsconf.languages.ipvsadm.invocation import Invocation, read_line, refused
from lvsconf.languages.ipvsadm.options import COMMANDS, OPTIONS
from lvsconf.languages.ipvsadm.reader import server_of, service_of
from lvsconf.languages.ipvsadm.services import Key, family_of
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.ipvs import FirewallMark, ForwardingMethod, RealServer, SyncDaemon, VirtualService
from lvsconf.source import Source

_SELECTOR = {TCP: "-t", UDP: "-u", SCTP: "--sctp-service"}


def format_source(source: Source) -> str:
    """The text with each line as the tool prints it; a line that can't be read stays."""
    pieces = source.text.split("\n")
    for index in range(len(source.lines)):
        line, problems = read_line(source, index + 1)
        if line is None or refused(problems):
            continue
        printed = " ".join(_words(line))
        if printed:
            pieces[index] = printed
    return "\n".join(pieces)


def selector(key: Key) -> tuple[str, ...]:
    """`-t 192.0.2.1:80`, `-f 1 -6`."""
    if isinstance(key, FirewallMark):
        return ("-f", str(key.mark), *(("-6",) if key.family == 6 else ()))
    return _SELECTOR[key.proto], show_endpoint(key.address, key.port)


def service_words(service: VirtualService) -> Iterator[str]:
    """The options of a service after its selector."""
    yield from ("-s", service.scheduler)
    if service.persistent is not None:
        yield from ("-p", str(service.persistent))
        six = family_of(service.key) == 6
        if service.netmask is not None and service.netmask != (128 if six else 0xFFFFFFFF):
            yield from ("-M", str(service.netmask) if six else show_host(service.netmask, 4))
    if service.engine is not None:
        yield from ("--pe", service.engine)
    if service.one_packet:
        yield "-o"
    if service.flags:
        yield from ("-b", ",".join(service.flags))


def server_words(server: RealServer) -> Iterator[str]:
    """The options of a real server after the service's selector."""
    yield from ("-r", show_endpoint(server.address, server.port), f"-{server.method.value}", "-w", str(server.weight))
    if server.method is ForwardingMethod.TUN:
        yield from ("--tun-type", server.tunnel)
        if server.tunnel_port is not None:
            yield from ("--tun-port", str(server.tunnel_port))
        if server.tunnel != "ipip":
            yield f"--tun-{server.tunnel_checksum or 'nocsum'}"
    # ipvsadm-save forgets the thresholds; leaving them out here would change the file.
    if server.upper:
        yield from ("-x", str(server.upper))
    if server.lower:
        yield from ("-y", str(server.lower))


def daemon_words(daemon: SyncDaemon) -> Iterator[str]:
    """The options of `--start-daemon` after the state. ipvsadm saves no daemons; these are in the man page's order."""
    yield from ("--mcast-interface", daemon.interface)
    if daemon.syncid:
        yield from ("--syncid", str(daemon.syncid))
    if daemon.maxlen:
        yield from ("--sync-maxlen", str(daemon.maxlen))
    if daemon.group is not None:
        yield from ("--mcast-group", str(daemon.group))
    if daemon.port:
        yield from ("--mcast-port", str(daemon.port))
    if daemon.ttl:
        yield from ("--mcast-ttl", str(daemon.ttl))


def _words(line: Invocation) -> Iterator[str]:
    yield COMMANDS[line.command].words[0]
    key = line.key
    if key is not None:
        yield from selector(key)
    if line.command in ("add-service", "edit-service") and key is not None:
        yield from service_words(service_of(key, line))
    elif line.command in ("add-server", "edit-server", "delete-server") and key is not None:
        server = server_of(key, line)
        if server is not None:
            words = tuple(server_words(server))
            yield from words if line.command != "delete-server" else words[:2]
    elif line.command == "start-daemon":
        yield line.state
        yield from daemon_words(line.sync_daemon())
    elif line.command == "stop-daemon":
        yield line.state
        if "syncid" in line.places:
            yield from ("--syncid", str(line.daemon["syncid"]))
    elif line.command == "set":
        yield from map(str, line.timeouts)
    elif line.command in ("list", "save"):
        given = (option for option in OPTIONS.values() if option.column in line.places and option.column != "service")
        yield from (option.words[0] for option in given)
