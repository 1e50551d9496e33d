"""Which file is what: by its name in a snapshot, otherwise by its content."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lvsconf.languages import (
    ip_json,
    ip_text,
    ipset,
    iptables,
    ipvsadm,
    keepalived,
    ldirectord,
    modules,
    sockets,
    statements,
    sysctl,
    uname,
)
from lvsconf.languages.ipvsadm import listing, states


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of input. `role` is the part of the host it describes; None is recognised and not read yet.

    `family` is None where the content decides. `aside` says why a sort without a role is left aside for good.
    """

    name: str
    role: str | None
    expects: str
    family: int | None = None
    aside: str = ""


IPTABLES = Kind("iptables", "iptables", iptables.EXPECTS)
IPTABLES4 = Kind("iptables", "iptables", iptables.EXPECTS, 4)
IPTABLES6 = Kind("ip6tables", "ip6tables", iptables.EXPECTS, 6)
IPVSADM = Kind("ipvsadm", "ipvsadm", ipvsadm.EXPECTS)
LISTING = Kind("ipvsadm-listing", "ipvsadm", listing.EXPECTS)
THRESHOLDS = Kind("ipvsadm-thresholds", "ipvsadm-thresholds", "the output of ipvsadm -Ln --thresholds")
TIMEOUT = Kind("ipvsadm-timeout", "ipvsadm-timeout", states.TIMEOUT_EXPECTS)
DAEMON = Kind("ipvsadm-daemon", "ipvsadm-daemon", states.DAEMON_EXPECTS)
IPSET = Kind("ipset", "ipset", ipset.EXPECTS)
SYSCTL = Kind("sysctl", "sysctl", sysctl.EXPECTS)
ADDRESSES = Kind("ip-address", "ip-address", "the output of ip address, with or without -j")
ROUTES4 = Kind("ip-route", "ip-route", "the output of ip route show table all, with or without -j", 4)
ROUTES6 = Kind("ip6-route", "ip6-route", "the output of ip -6 -j route show table all", 6)
RULES4 = Kind("ip-rule", "ip-rule", "the output of ip rule, with or without -j", 4)
RULES6 = Kind("ip6-rule", "ip6-rule", "the output of ip -6 -j rule", 6)
SOCKETS = Kind("sockets", "sockets", sockets.EXPECTS)
UNAME = Kind("uname", "uname", uname.EXPECTS)
MODULES = Kind("modules", "modules", modules.EXPECTS)
KEEPALIVED = Kind("keepalived", "keepalived", keepalived.EXPECTS)
LDIRECTORD = Kind("ldirectord", "ldirectord", ldirectord.EXPECTS)
STATEMENTS = Kind("statements", "statements", statements.EXPECTS)


def _later(what: str) -> Kind:
    return Kind(what, None, what)


def _aside(what: str, why: str) -> Kind:
    return Kind(what, None, what, aside=why)


BY_NAME: dict[str, Kind] = {
    "iptables.rules": IPTABLES4,
    "ip6tables.rules": IPTABLES6,
    "ipvsadm.rules": IPVSADM,
    "ipvsadm-thresholds": THRESHOLDS,
    "ipvsadm-timeout": TIMEOUT,
    "ipvsadm-daemon": DAEMON,
    "ipset.rules": IPSET,
    "sysctl.conf": SYSCTL,
    "ip-address.json": ADDRESSES,
    "ip-route.json": ROUTES4,
    "ip6-route.json": ROUTES6,
    "ip-rule.json": RULES4,
    "ip6-rule.json": RULES6,
    "sockets": SOCKETS,
    "modules": MODULES,
    "uname": UNAME,
    "keepalived.conf": KEEPALIVED,
    "ldirectord.cf": LDIRECTORD,
    **dict.fromkeys(statements.FILES, STATEMENTS),
}
"""The file names of a snapshot."""

LANGUAGES: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        IPTABLES4, IPTABLES6, IPVSADM, LISTING, THRESHOLDS, TIMEOUT, DAEMON, IPSET, SYSCTL, ADDRESSES, ROUTES4,
        ROUTES6, RULES4, RULES6, SOCKETS, UNAME, MODULES, KEEPALIVED, LDIRECTORD, STATEMENTS,
    )
}  # fmt: skip
"""What `--language` may name."""


def _contains(pattern: str) -> Callable[[str], bool]:
    # Compiled when first asked: most files are known by their names.
    return lambda text: bool(re.search(pattern, text, re.MULTILINE))


_TRACKED = (
    r"^(?:\[[0-9. \t]+\][ \t]*)?(?:[ \t]*\[[A-Z]+\][ \t]+)?(?:ipv[46][ \t]+[0-9]+[ \t]+)?[a-z0-9-]+[ \t]+[0-9]+"
    r"[ \t](?:.*[ \t])?src=\S+ dst=\S+"
)
"""A line of `conntrack -L`, `conntrack -E` or /proc/net/nf_conntrack."""

_CONNECTIONS = "a list of connections; lvsconf starts from empty tables"

_BY_CONTENT: tuple[tuple[Callable[[str], bool], Kind], ...] = (
    (_contains(r"\A#!.*\b(?:ba|da|k|z)?sh\b"), _later("a shell script")),
    (iptables.recognise, IPTABLES),
    (_contains(r"^[ \t]*Prot LocalAddress:Port[ \t]+Uthreshold"), THRESHOLDS),
    (listing.recognise, LISTING),
    (states.recognise_timeout, TIMEOUT),
    (states.recognise_daemon, DAEMON),
    (ipvsadm.recognise, IPVSADM),
    (ip_json.recognise_addresses, ADDRESSES),
    (ip_json.recognise_rules, RULES4),
    (ip_json.recognise_routes, ROUTES4),
    (statements.recognise, STATEMENTS),
    (keepalived.recognise, KEEPALIVED),
    (ldirectord.recognise, LDIRECTORD),
    (ipset.recognise, IPSET),
    (ip_text.recognise_addresses, ADDRESSES),
    (_contains(_TRACKED), _aside("conntrack -L", _CONNECTIONS)),
    (_contains(r"^[ \t]*(?:IPVS connection entries|Pro FromIP)"), _aside("ipvsadm -Lnc", _CONNECTIONS)),
    (modules.recognise, MODULES),
    (ip_text.recognise_routes, ROUTES4),
    (ip_text.recognise_rules, RULES4),
    (sockets.recognise, SOCKETS),
    (sysctl.recognise, SYSCTL),
    (uname.recognise, UNAME),
)  # fmt: skip
"""Asked in this order; the first that recognises a text has it."""


def kind_of(name: str, text: str) -> Kind | None:
    """What a file is; `name` may have directories before it. None when nobody recognises it."""
    base = name.rpartition("/")[2]
    known = BY_NAME.get(base)
    if known is None and base.endswith(".sh"):
        known = _later("a shell script")
    return known or kind_by_content(name, text)


def kind_by_content(name: str, text: str) -> Kind | None:
    """What a text is, where its name is none of a snapshot's."""
    for recognises, kind in _BY_CONTENT:
        if recognises(text):
            return _with_family(kind, name, text)
    return None


def _with_family(kind: Kind, name: str, text: str) -> Kind:
    """The kind for the family that name or content shows."""
    base = name.rpartition("/")[2].lower()
    six = bool(re.search(r"ip6|ipv6|(?:^|[._-])v?6(?:[._-]|$)", base))
    if kind is IPTABLES:
        # A copy may be called `dump-6` or `no-ipv6`; addresses and words of one family alone say more than that.
        named = 6 if six else 4 if re.search(r"ipv4|(?:^|[._-])v4(?:[._-]|$)", base) else None
        family = iptables.family_of(text) or named
        return {4: IPTABLES4, 6: IPTABLES6}.get(family or 0, IPTABLES)
    if kind in (ROUTES4, RULES4):
        four = re.search(r"(?<![0-9.:])[0-9]+\.[0-9]+\.[0-9]+\.[0-9]", text)
        six = six or (four is None and bool(re.search(r"[0-9a-fA-F]*:[0-9a-fA-F]*:", text)))
        return {(ROUTES4, True): ROUTES6, (RULES4, True): RULES6}.get((kind, six), kind)
    return kind
