"""Words that print as they stand, or nearly so, told without parsing them: the quick way of a codec (Codec.settled)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from lvsconf.extensions.options import Settled

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
_IPV4 = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_NETWORK = rf"{_OCTET}\.(?:{_OCTET}\.(?:{_OCTET}\.0/24|0\.0/16)|0\.0\.0/8)"
PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
"""A port other than 0, in decimal."""


def matching(pattern: str) -> Callable[[int], Settled]:
    """Words of a pattern print as they stand, for both families."""
    matches = re.compile(pattern).fullmatch
    return lambda family: lambda word: word if matches(word) else None


MARK = "0x[1-9a-f][0-9a-f]{0,7}"
"""A mark other than 0."""


def endpoint(family: int) -> Settled:
    """`address:port` of IPv4."""
    matches = re.compile(f"{_IPV4}:{PORT}").fullmatch
    return lambda word: word if family == 4 and matches(word) else None


def text(limit: int) -> Callable[[int], Settled]:
    """Texts of ASCII without escapes: bare when made of letters, digits, `_` and `-`, in quotes when of more."""
    plain = "A-Za-z0-9_-"
    return matching(rf'[{plain}]{{1,{limit}}}|"(?=[^"]*[^"{plain}])[ !#-&(-\[\]-~]{{1,{limit}}}"')


def address(short_host: bool) -> Callable[[int], Settled]:
    """Single hosts, and IPv4 networks of whole octets. With `short_host` a host prints without its prefix length."""
    return lambda family: (_ipv4 if family == 4 else _ipv6)(short_host)


def _ipv4(short_host: bool) -> Settled:
    network = re.compile(_NETWORK).fullmatch
    bare, full = re.compile(_IPV4).fullmatch, re.compile(_IPV4 + "/32").fullmatch
    if short_host:
        return lambda word: word if bare(word) or network(word) else word[:-3] if full(word) else None
    return lambda word: word if full(word) or network(word) else f"{word}/32" if bare(word) else None


def _ipv6(short_host: bool) -> Settled:
    def show(word: str) -> str | None:
        host, slash, length = word.partition("/")
        try:
            shortest = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))
        except (OSError, ValueError):
            return None
        if shortest != host or "." in host or (slash and length != "128"):
            return None
        return host if short_host else f"{host}/128"

    return show
