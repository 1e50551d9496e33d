"""The set types as data: what their elements are made of, and which options they take.

Sources: ipset(8), lib/ipset_*.c of ipset 7.17 (the newest revision of each type), net/netfilter/ipset of Linux 6.1.
"""

from __future__ import annotations

from dataclasses import dataclass

EXTENSIONS = ("timeout", "counters", "comment", "skbinfo")
_TABLE = ("timeout", "counters", "comment", "forceadd", "skbinfo", "bucketsize", "initval")
_HASH = ("family", "hashsize", "maxelem", *_TABLE)
_VALUES = ("packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue")
_OLD = ("probes", "resize")
_OLD_RANGE = ("from", "to", "network")


@dataclass(frozen=True, slots=True)
class SetType:
    """One type.

    `parts` are the kinds of an element's parts: ip (a host, a range or a network of them), host (one address and no
    prefix), net, port (with its protocol), number (a port without one), mac, mark, iface, set; `optional` is how many
    of them may be left out at the end. `families` is empty for types without a family. `create` and `add` are the
    options, in the order in which `ipset save` prints them; those in `ignored` are read and do nothing. With `zero` a
    network may have prefix length 0.
    """

    name: str
    alias: str
    parts: tuple[str, ...]
    families: frozenset[int]
    create: tuple[str, ...]
    add: tuple[str, ...] = ("timeout", *_VALUES)
    ignored: tuple[str, ...] = ()
    optional: int = 0
    zero: bool = False

    @property
    def hashed(self) -> bool:
        """Whether it is a hash, which holds `maxelem` elements at most."""
        return self.name.startswith("hash:")

    @property
    def nets(self) -> bool:
        """Whether its elements may be exceptions (nomatch)."""
        return "net" in self.parts


_BOTH = frozenset({4, 6})
_FOUR = frozenset({4})
_NONE: frozenset[int] = frozenset()
_NET = ("timeout", "nomatch", *_VALUES)

TYPES: dict[str, SetType] = {
    each.name: each
    for each in (
        SetType("bitmap:ip", "ipmap", ("ip",), _FOUR, ("range", "netmask", *EXTENSIONS)),
        SetType("bitmap:ip,mac", "macipmap", ("host", "mac"), _FOUR, ("range", *EXTENSIONS), optional=1),
        SetType("bitmap:port", "portmap", ("number",), _NONE, ("range", *EXTENSIONS)),
        SetType(
            "hash:ip", "iphash", ("ip",), _BOTH,
            ("family", "hashsize", "maxelem", "netmask", "bitmask", *_TABLE), ignored=(*_OLD, "gc"),
        ),
        SetType("hash:mac", "machash", ("mac",), _NONE, ("hashsize", "maxelem", *_TABLE)),
        SetType("hash:ip,mac", "ipmachash", ("host", "mac"), _BOTH, _HASH),
        SetType(
            "hash:ip,mark", "ipmarkhash", ("ip", "mark"), _BOTH,
            ("family", "markmask", "hashsize", "maxelem", *_TABLE), ignored=(*_OLD, *_OLD_RANGE),
        ),
        SetType(
            "hash:ip,port", "ipporthash", ("ip", "port"), _BOTH,
            (*_HASH, "netmask", "bitmask"), ignored=(*_OLD, *_OLD_RANGE),
        ),
        SetType("hash:ip,port,ip", "ipportiphash", ("ip", "port", "host"), _BOTH, _HASH, ignored=(*_OLD, *_OLD_RANGE)),
        SetType(
            "hash:ip,port,net", "ipportnethash", ("ip", "port", "net"), _BOTH, _HASH, _NET,
            ignored=(*_OLD, *_OLD_RANGE),
        ),
        SetType("hash:net", "nethash", ("net",), _BOTH, _HASH, _NET, ignored=_OLD),
        SetType("hash:net,net", "netnethash", ("net", "net"), _BOTH, (*_HASH, "bitmask", "netmask"), _NET),
        SetType("hash:net,port", "netporthash", ("net", "port"), _BOTH, _HASH, _NET),
        SetType("hash:net,port,net", "netportnethash", ("net", "port", "net"), _BOTH, _HASH, _NET, zero=True),
        SetType(
            "hash:net,iface", "netifacehash", ("net", "iface"), _BOTH, _HASH,
            ("timeout", "nomatch", "wildcard", *_VALUES), zero=True,
        ),
        SetType(
            "list:set", "setlist", ("set",), _NONE, ("size", *EXTENSIONS),
            ("timeout", "before", "after", *_VALUES),
        ),
    )
}  # fmt: skip
"""By name."""

BY_WORD: dict[str, SetType] = {word: each for each in TYPES.values() for word in (each.name, each.alias)}
"""By every word that names one."""
