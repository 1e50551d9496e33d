"""Each line as `ipvsadm-save -n` prints it, in the order read."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.extensions.addresses import show_host
from lvsconf.languages.endpoints import show_endpoint
from lvsconf.languages.ipvsadm_options import COMMANDS
from lvsconf.languages.ipvsadm_save import Invocation, key_of, read_line, server_of, service_of
from lvsconf.languages.ipvsadm_services import Key
from lvsconf.model.ipvs import FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Source

_SELECTOR = {6: "-t", 17: "-u", 132: "--sctp-service"}
_LETTERS = {name: letter for letter, name in COMMANDS.items() if len(letter) == 1}
_FLAG_NUMBERS = {"flag-1": 0, "flag-2": 1}


def format_source(source: Source) -> str:
    """The text with each line as the tool prints it; a line that can't be read stays."""
    pieces = source.text.split("\n")
    for index in range(len(source.lines)):
        invocation, problems = read_line(source, index + 1)
        if invocation is None or problems:
            continue
        try:
            printed = " ".join(_words(invocation))
        except ValueError:
            continue  # refused, so there is no form in which the tool would print it
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
        six = service.key.family == 6 if isinstance(service.key, FirewallMark) else service.key.address.version == 6
        if service.netmask is not None and service.netmask != (128 if six else 0xFFFFFFFF):
            yield from ("-M", str(service.netmask) if six else show_host(service.netmask, 4))
    if service.engine is not None:
        yield from ("--pe", service.engine)
    if service.one_packet:
        yield "-o"
    if service.flags:
        yield from ("-b", ",".join(_flags(service)))


def _flags(service: VirtualService) -> list[str]:
    """sh and mh have names of their own for the first two flags, fallback before port."""
    own = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}.get(service.scheduler)
    named = {own[_FLAG_NUMBERS[flag]] if own and flag in _FLAG_NUMBERS else flag for flag in service.flags}
    return sorted(named)


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


def _words(line: Invocation) -> Iterator[str]:
    letter = _LETTERS.get(line.command)
    if letter is None:
        return
    if line.command == "clear":
        yield "-C"
        return
    key = key_of(line.options)
    if key is None:
        return
    yield from (f"-{letter}", *selector(key))
    if letter in ("A", "E"):
        yield from service_words(service_of(key, line))
    elif letter in ("a", "e"):
        yield from server_words(server_of(key, line)[0])
    elif letter == "d":
        server = server_of(key, line)[0]
        yield from ("-r", show_endpoint(server.address, server.port))
