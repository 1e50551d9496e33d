"""Many sets of packets, and which of them have packets in common with another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvsconf.packets.packet_set import PacketSet


class SetTree:
    """The unions of ever larger groups of neighbours, so that a search passes over those that have nothing to give."""

    def __init__(self, sets: Sequence[PacketSet]) -> None:
        self._levels = [list(sets)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = [below[at] | below[at + 1] for at in range(0, len(below) - 1, 2)]
            self._levels.append(pairs + below[len(pairs) * 2 :])

    def meeting(self, packets: PacketSet, start: int, end: int) -> Iterator[tuple[int, PacketSet]]:
        """The sets from `start` up to `end`, without it, that share packets with the given ones: index and share."""
        if not self._levels[0]:
            return
        todo = [(len(self._levels) - 1, 0)]
        while todo:
            level, at = todo.pop()
            if at << level >= end or (at + 1) << level <= start:
                continue
            shared = packets & self._levels[level][at]
            if not shared:
                continue
            if level == 0:
                yield at, shared
                continue
            below = self._levels[level - 1]
            todo += [(level - 1, each) for each in (at * 2 + 1, at * 2) if each < len(below)]
