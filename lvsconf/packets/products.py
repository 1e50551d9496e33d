"""Sets of packets as unions of few, large products: for each field some values, whatever the other fields are.

A product is grown from one packet of the set. First every field is freed that may have any value then, the least
telling first; the others get all values that they may have. No product can be made larger, and they may overlap: a
set that two rules accept is what either accepts. What packets nobody asked for are like does not matter, so that a
field is named only where it tells packets of the set from others that were asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP_FLAGS,
    Field,
)
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

Product = Mapping[Field, PacketSet]
"""For each field that counts the set of all packets with one of its values."""

ORDERS: tuple[tuple[Field, ...], ...] = (
    (PROTO, DST, DPORT, SRC, CT_STATE, IIF, OIF, ICMP_TYPE, ICMP_CODE, TCP_FLAGS, SPORT),
    (IIF, OIF, SRC, DST, PROTO, CT_STATE, DPORT, ICMP_TYPE, ICMP_CODE, TCP_FLAGS, SPORT),
    (CT_STATE, PROTO, DPORT, SRC, DST, ICMP_TYPE, ICMP_CODE, TCP_FLAGS, IIF, OIF, SPORT),
)
"""Ways to rank the fields, the most telling first. Which gives the shortest description hangs on the set."""
LARGE = 3_000
"""In sets of more nodes no field is left out beforehand: that takes longer than doing without it."""
LOOKED_AT = 64
"""So many intervals of a field are looked at where a packet is chosen to grow a product from."""


class Question:
    """Which packets a description has to hold, and which it must not hold, over the fields that count."""

    def __init__(self, space: Space, packets: PacketSet, within: PacketSet) -> None:
        self.space = space
        self.wanted, self.wrong = packets & within, within - packets
        self.large = packets.size > LARGE
        counting = []
        for what in reversed(ranked(space.fields, ORDERS[0])):
            if self.large:
                counting.append(what)
                continue
            freed = space.without(self.wanted, [what])
            if freed & self.wrong:
                counting.append(what)
            else:
                self.wanted, self.wrong = freed, space.without(self.wrong, [what])
        self.fields = tuple(reversed(counting))

    def products(self, limit: int, order: Sequence[Field]) -> tuple[list[Product], bool]:
        """Products without packets that are wrong, those with few fields first, and whether they hold all wanted.

        At most `limit` of them are made; those that the others make needless are left out.
        """
        found: list[tuple[Product, PacketSet]] = []
        rest = self.wanted
        fields = ranked(self.fields, order)
        while rest and len(found) < limit:
            product = self._grown(self._member(rest, fields), fields)
            members = self.members(product)
            found.append((product, members))
            rest -= members
        kept = sorted(_needed(found, self.wanted - rest), key=len)
        return kept, not rest

    def members(self, product: Product, without: Field | None = None) -> PacketSet:
        """The packets of a product; `without` is a field that is left aside."""
        found = self.space.everything
        for what, values in product.items():
            if what is not without:
                found &= values
        return found

    def _member(self, packets: PacketSet, fields: Sequence[Field]) -> dict[Field, PacketSet]:
        """One packet, in each field from the largest interval: its like are many."""
        found = {}
        for what in fields:
            values = islice(self.space.intervals(packets, what), LOOKED_AT)
            low, _ = max(values, key=lambda interval: interval[1] - interval[0])
            found[what] = self.space.within(what, ((low, low),))
            packets &= found[what]
        return found

    def _grown(self, product: dict[Field, PacketSet], fields: Sequence[Field]) -> Product:
        """A product that holds another and cannot be made larger."""
        for what in reversed(fields):
            if not self.members(product, what) & self.wrong:
                del product[what]
        for what in [each for each in reversed(fields) if each in product]:
            product[what] = ~self.space.only(self.members(product, what) & self.wrong, what)
        return product


def ranked(fields: Iterable[Field], order: Sequence[Field]) -> list[Field]:
    """Fields, those of an order first."""
    places = {what: place for place, what in enumerate(order)}
    return sorted(fields, key=lambda what: places.get(what, len(places)))


def _needed(found: Sequence[tuple[Product, PacketSet]], wanted: PacketSet) -> list[Product]:
    """The products without those whose packets the others have, the last first."""
    kept = list(found)
    for item in reversed(found):
        rest = wanted
        for other in kept:
            if other is not item:
                rest -= other[1]
        if not rest:
            kept.remove(item)
    return [product for product, _ in kept]
