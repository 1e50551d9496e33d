"""`-j CLUSTERIP`: nodes share an address, and each takes its part of the connections (gone since Linux 6.3).

Which part is this node's depends on a hash: what becomes of a packet is not known.
"""

from __future__ import annotations

import re

from lvsconf.extensions.addresses import full_mask
from lvsconf.extensions.codecs import choice, flag, integer
from lvsconf.extensions.options import Around, Codec, Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given

_MODES = ("sourceip", "sourceip-sourceport", "sourceip-sourceport-destport")
_MAC = re.compile(r"[0-9A-Fa-f]{0,2}(?::[0-9A-Fa-f]{0,2}){5}")
_NODES = 16
_NEEDED = frozenset({"new", "hashmode", "clustermac", "total_nodes", "local_node"})


def _parse_mac(words: tuple[str, ...], family: int) -> str:
    if not _MAC.fullmatch(words[0]):
        raise OptionError(f"{words[0]!r} is not a link address such as 01:00:5e:00:00:20")
    octets = [int(part or "0", 16) for part in words[0].split(":")]
    if not octets[0] & 1:
        raise OptionError(f"{words[0]!r} is no multicast address: the lowest bit of its first byte is 0")
    return ":".join(f"{octet:02X}" for octet in octets)


OPTIONS = (
    Option("new", "new", flag()),
    Option("hashmode", "hashmode", choice(_MODES)),
    Option("clustermac", "clustermac", Codec(1, _parse_mac, lambda value, family: (value,), "a multicast address")),
    Option("total-nodes", "total_nodes", integer(1, _NODES)),
    Option("local-node", "local_node", integer(1, _NODES)),
    Option("hash-init", "hash_init", integer()),
)


def check(arguments: Arguments, family: int) -> None:
    """All of it for a new address, nothing for one that another rule has set up."""
    if arguments and not arguments.keys() >= _NEEDED:
        raise OptionError("-j CLUSTERIP needs --new, --hashmode, --clustermac, --total-nodes and --local-node together")
    if arguments and arguments["local_node"].value > arguments["total_nodes"].value:
        raise OptionError("--local-node is above --total-nodes")


def rule_check(arguments: Arguments, around: Around) -> None:
    """The shared address, and the interface that has it (net/ipv4/netfilter/ipt_CLUSTERIP.c, clusterip_tg_check)."""
    address = around.head.get("destination")
    if address is None or address.value[1] != full_mask(4) or address.value[0] == 0:
        raise OptionError("-j CLUSTERIP needs `-d` with the shared address, a single one")
    if arguments and "in_interface" not in around.head:
        raise OptionError("-j CLUSTERIP --new needs `-i` with the interface of the shared address")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A new address prints its hash seed too."""
    return option_words(OPTIONS, {"hash_init": Given(0), **arguments}, family) if arguments else ()


MODULE = TargetModule(
    name="CLUSTERIP",
    options=OPTIONS,
    families=frozenset({4}),
    conntrack=True,
    check=check,
    save=save,
    rule_check=rule_check,
)
