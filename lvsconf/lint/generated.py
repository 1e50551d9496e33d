"""Rules that programs write and look after: their chains are often empty, unused or in each other's way by design."""

from __future__ import annotations

import re

from lvsconf.model.fields import IIF, OIF, interface_name
from lvsconf.model.preds import Masked
from lvsconf.packets.solve import constraints
from lvsconf.questions.chain_sets import Link

_CHAINS = (
    r"DOCKER(-.*)?",
    r"KUBE6?-.*|IP-MASQ(-AGENT.*)?|AZURE-NPM.*|cali-.*|felix-.*|CILIUM_.*|OLD_CILIUM_.*|FLANNEL-.*|WEAVE-?.*|CNI-.*",
    r"CNI(TUN)?-.*|NETAVARK.*|nerdctl-.*|LIBVIRT_.*",
    r"f2b-.*|fail2ban-.*|sshguard|crowdsec.*|CROWDSEC.*",
    r"ufw6?-.*",
    r"(PRE|POST|IN|FWD|FWDI|FWDO|OUT|INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)(_IN|_OUT)?"
    r"(_[A-Za-z0-9]+)?_(ZONES(_SOURCE)?|POLICIES(_pre|_post)?|direct|log|deny|allow|pre|post)",
    r"(PRE|POST|IN|FWDI|FWDO|OUT)_(public|block|dmz|drop|external|home|internal|trusted|work|docker|libvirt)",
    r"neutron-.*|nova-.*",
    r"(zone_|input_|output_|forwarding_|prerouting_|postrouting_).*|reject|syn_flood|delegate_.*|nat_reflection_.*",
    r"ts-(input|forward|postrouting)|WGQUICK.*|MINIUPNPD.*|GEOIP.*|TRAEFIK.*|ISTIO_.*|PROXY_INIT_.*",
    r"shorewall|~(log|comb|excl|blacklist).*|dynamic|logdrop|logreject|logflags|smurfs|tcpflags|sfilter",
)
"""Of Docker, Kubernetes and its networks, CNI plugins and libvirt, fail2ban and its like, ufw, firewalld, OpenStack,
OpenWrt, VPNs, meshes, shorewall."""
_INTERFACES = (
    r"docker\d+|br-[0-9a-f]{12}|virbr\d+|lxdbr\d+|lxcbr\d+|podman\d+|cni\d+|cali.*|flannel.*|vnet\d+|qbr.*|tap.{9,}"
)
_CHAIN = re.compile("|".join(f"(?:{each})" for each in _CHAINS))
_INTERFACE = re.compile(_INTERFACES)


def chain_is_generated(name: str) -> bool:
    """Whether a chain has a name that programs give."""
    return _CHAIN.fullmatch(name) is not None


def is_generated(link: Link) -> bool:
    """Whether a rule stands in, leads to or speaks of what a program looks after."""
    called = link.deed.called
    if chain_is_generated(link.chain.name) or (called is not None and chain_is_generated(called)):
        return True
    return any(
        isinstance(literal, Masked) and _INTERFACE.fullmatch(interface_name(literal.value))
        for what in (IIF, OIF)
        for literal in constraints(link.rule.pred, what)
    )
