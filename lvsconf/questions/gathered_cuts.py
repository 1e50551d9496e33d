"""A large set of packets that rules take some from, one after the other, and at times give some to.

Cutting one rule's packets out of it takes as long as the set is large, unless the rule names a source. So the cuts of
neighbouring rules are put together first, and made in one go.
"""

from __future__ import annotations

from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

RUN = 128
"""So many cuts are put together at most."""


class GatheredCuts:
    """`(made - gone) | given` are the packets. `cost` counts the nodes that were looked at for cuts of all sources.

    Sources come first in the order of the variables: cuts of few sources are made at once, since they take no time and
    would stand in the way of the others.
    """

    def __init__(self, space: Space, packets: PacketSet) -> None:
        self._space = space
        self.made = packets
        self._gone = self._given = space.nothing
        self.cost = 0
        self._waiting = 0

    def take(self, packets: PacketSet, *, narrow: bool) -> None:
        """Cut packets out; `narrow` ones are those of few sources."""
        if self._given:
            self._given -= packets
        if narrow:
            self.made -= packets
        else:
            self._gone |= packets
            self._noted()

    def give(self, packets: PacketSet) -> None:
        """Put packets in."""
        self._given |= packets
        self._noted()

    def left_of(self, packets: PacketSet) -> PacketSet:
        """What the gathered cuts leave of packets: they are still there if they are in `made`."""
        return packets - self._gone if self._gone else packets

    def settled(self) -> PacketSet:
        """The packets as they are now."""
        if self._waiting:
            self.made = (self.made - self._gone) | self._given
            self._gone = self._given = self._space.nothing
            self.cost += self.made.size
            self._waiting = 0
        return self.made

    def _noted(self) -> None:
        self._waiting += 1
        if self._waiting >= RUN:
            self.settled()
