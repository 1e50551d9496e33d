"""`fmt`: a file with each line as its own tool would print it, or its author should have."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.languages import sysctl
from lvsconf.languages.ipset import format as ipset_format
from lvsconf.languages.iptables import format as iptables_format
from lvsconf.languages.ipvsadm import format as ipvsadm_format
from lvsconf.languages.keepalived import format as keepalived_format
from lvsconf.languages.ldirectord import format as ldirectord_format
from lvsconf.languages.recognise import Kind
from lvsconf.source import Source

_FORMATS: dict[str, Callable[[Source, Kind], str]] = {
    "iptables": lambda source, kind: iptables_format.format_source(source, kind.family or 4),
    "ip6tables": lambda source, _kind: iptables_format.format_source(source, 6),
    "ipvsadm": lambda source, _kind: ipvsadm_format.format_source(source),
    "ipset": lambda source, _kind: ipset_format.format_source(source),
    "sysctl": lambda source, _kind: sysctl.format_source(source),
    "keepalived": lambda source, _kind: keepalived_format.format_source(source),
    "ldirectord": lambda source, _kind: ldirectord_format.format_source(source),
}


def can_format(kind: Kind) -> bool:
    """Whether files of this kind are made of lines that a tool prints one by one."""
    return kind.name in _FORMATS


def format_source(source: Source, kind: Kind) -> str:
    """The text as its tool would print it; raises ValueError for a kind without such a form."""
    if not can_format(kind):
        raise ValueError(f"{source.name}: there is no line form for {kind.expects}")
    return _FORMATS[kind.name](source, kind)
