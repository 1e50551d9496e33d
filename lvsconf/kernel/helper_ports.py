"""Helpers that a connection gets by its port (net/netfilter/nf_conntrack_helper.c nf_ct_lookup_helper)."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.kernel.settings import Settings
from lvsconf.languages.sysctl import table
from lvsconf.model.fields import TCP, UDP
from lvsconf.model.host import Host

KEY = "net.netfilter.nf_conntrack_helper"
_MODULES: Mapping[str, Mapping[tuple[int, int], str]] = {
    "nf_conntrack_amanda": {(UDP, 10080): "amanda"},
    "nf_conntrack_ftp": {(TCP, 21): "ftp"},
    "nf_conntrack_h323": {(TCP, 1720): "Q.931", (UDP, 1719): "RAS"},
    "nf_conntrack_irc": {(TCP, 6667): "irc"},
    "nf_conntrack_netbios_ns": {(UDP, 137): "netbios-ns"},
    "nf_conntrack_pptp": {(TCP, 1723): "pptp"},
    "nf_conntrack_sane": {(TCP, 6566): "sane"},
    "nf_conntrack_sip": {(UDP, 5060): "sip", (TCP, 5060): "sip"},
    "nf_conntrack_snmp": {(UDP, 161): "snmp"},
    "nf_conntrack_tftp": {(UDP, 69): "tftp"},
}
"""The usual ports of each module; the parameter `ports` of some may name others."""


def helper_ports(host: Host, settings: Settings) -> Mapping[tuple[int, int], str]:
    """The helper of each protocol and port that the loaded modules have; none where the kernel gives none by port."""
    key = table.find(KEY)
    if not settings.listed(KEY) or host.kernel is None or key is None or table.exists(key, host.kernel) is not True:
        return {}
    loaded = host.modules or ()
    return {place: name for module, ports in _MODULES.items() if module in loaded for place, name in ports.items()}
