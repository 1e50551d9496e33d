"""`--service tcp:192.0.2.100:80=dr:10.0.0.2,nat:10.0.0.3:8080`, `--service fwmark:1=dr:10.0.0.2`."""

from __future__ import annotations

from lvsconf.languages.endpoints import parse_endpoint
from lvsconf.model.ipvs import Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Span

FORM = "tcp:ADDRESS:PORT=dr:ADDRESS[:PORT][,…] or fwmark:NUMBER=…, with dr, nat or tun before each real server"

_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
_METHODS = {"dr": ForwardingMethod.DR, "nat": ForwardingMethod.NAT, "tun": ForwardingMethod.TUN}


def parse_service(text: str, span: Span | None = None) -> VirtualService:
    """The service that the option states; raises ValueError with what is wrong."""
    left, equals, right = text.partition("=")
    try:
        key = _key(left)
        servers = tuple(_server(part, key, span) for part in right.split(",")) if right else ()
    except ValueError as error:
        raise ValueError(f"--service {text!r}: {error}; expected {FORM}") from None
    if equals and not right:
        raise ValueError(f"--service {text!r}: no real server stands after `=`; expected {FORM}")
    places = [(server.address, server.port) for server in servers]
    if len(set(places)) != len(places):
        raise ValueError(f"--service {text!r}: a real server is named twice")
    return VirtualService(key, "rr", servers=servers, span=span)


def _key(text: str) -> Endpoint | FirewallMark:
    kind, _, rest = text.partition(":")
    if kind in ("fwmark", "fwmark6"):
        if not rest.isascii() or not rest.isdigit() or not 0 < int(rest[:12]) <= 0xFFFFFFFF:
            raise ValueError(f"{rest!r} is not a firewall mark: a number above 0")
        return FirewallMark(int(rest), 6 if kind == "fwmark6" else 4)
    if kind not in _PROTOCOLS:
        raise ValueError(f"{kind!r} is none of {', '.join(_PROTOCOLS)} and fwmark")
    address, port = parse_endpoint(rest, _PROTOCOLS[kind])
    if port is None:
        raise ValueError("the service has no port")
    return Endpoint(_PROTOCOLS[kind], address, port)


def _server(text: str, key: Endpoint | FirewallMark, span: Span | None) -> RealServer:
    word, colon, rest = text.partition(":")
    if word not in _METHODS or not colon:
        raise ValueError(f"{text!r} does not begin with dr:, nat: or tun:")
    method = _METHODS[word]
    proto = key.proto if isinstance(key, Endpoint) else 6
    address, port = parse_endpoint(rest, proto)
    if isinstance(key, FirewallMark):
        return RealServer(address, port or 0, method, span=span)
    if port is None or method is ForwardingMethod.NAT:
        return RealServer(address, key.port if port is None else port, method, span=span)
    if port != key.port:
        raise ValueError(f"with {word} packets keep port {key.port}, so {rest} can't be reached at {port}")
    return RealServer(address, port, method, span=span)
