"""`-m cluster`: this node's share of the connections, by a hash of the source address."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.extensions.codecs import integer, number
from lvsconf.extensions.conntrack_state import TRACKED
from lvsconf.extensions.jhash import jhash_words, network_order, scaled
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.fields import CT_ORIG_SRC, Field
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of, negate

_NODES = 32

_NODE = Codec(
    1,
    lambda words, family: 1 << (number(words[0], 1, _NODES) - 1),
    lambda value, family: (f"{value:#010x}",),
    f"a node from 1 to {_NODES}",
)


def check(arguments: Arguments, family: int) -> None:
    """This node is one of all of them."""
    mask = arguments.get("nodemask")
    if mask is None:
        raise OptionError("-m cluster needs --cluster-local-node or --cluster-local-nodemask")
    if mask.value >> arguments["total_nodes"].value:
        raise OptionError("-m cluster names a local node that is not one of --cluster-total-nodes")


def meaning(arguments: Arguments, family: int) -> Pred:
    """A hash of the connection's client; a packet without an entry never matches (net/netfilter/xt_cluster.c)."""
    mask, nodes, seed = arguments["nodemask"], arguments["total_nodes"].value, arguments["hash_seed"].value

    def mine(values: Mapping[Field, int]) -> bool | None:
        client = values.get(CT_ORIG_SRC)
        if client is None or family == 6:
            return None
        return bool(mask.value >> scaled(jhash_words([network_order(client)], seed), nodes) & 1)

    share = negate(Opaque("this node's share of the connections", mine), mask.inverted)
    return all_of((TRACKED, share))


MODULE = MatchModule(
    name="cluster",
    meaning=meaning,
    options=(
        Option("cluster-local-nodemask", "nodemask", integer(1, _NODES, "#010x"), invert=True),
        Option("cluster-local-node", "nodemask", _NODE, invert=True),
        Option("cluster-total-nodes", "total_nodes", integer(1, _NODES), required=True),
        Option("cluster-hash-seed", "hash_seed", integer(base="#010x"), required=True),
    ),
    conntrack=True,
    check=check,
)
