"""The engine for sets of packets: what becomes of all of them, in parts that go the same way.

One packet of the set walks through the same hooks, rules, tables and services as any single packet does, and what the
engine asks of it on the way is noted (packets/drawn.py, packets/asked.py). All packets that give the same answers go
the same way: they are a part. What is left over is looked at in the same manner, until nothing is, or there are too
many parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from lvsconf.kernel.families import Family
from lvsconf.kernel.foresight import Foresight
from lvsconf.kernel.host import Kernel
from lvsconf.model.fields import Field
from lvsconf.packets.asked import Asking
from lvsconf.packets.drawn import Drawn
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

Found = TypeVar("Found")
PARTS = 500
"""So many parts of one set are told apart; what becomes of the rest is unknown."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Found]):
    """Packets that go the same way, one of them, and what became of that one."""

    packets: PacketSet
    sample: Mapping[Field, int]
    found: Found


@dataclass(frozen=True, slots=True)
class Parts(Generic[Found]):
    """All parts of a set: no packet is in two of them. `beyond` are the packets that are in none: too many parts."""

    parts: tuple[Part[Found], ...]
    beyond: PacketSet


class Many:
    """One host, and sets of packets of one family. `kernel` is the host's for packets that stand for many."""

    def __init__(self, kernel: Kernel, family: Family, space: Space | None = None, *, coarse: bool = False) -> None:
        """`coarse`: packets that end alike in a table are one part, whichever of its rules decide."""
        self.space = Space(family.version) if space is None else space
        self._asking = Asking(self.space)
        self._foresight = Foresight(self._asking)
        self.kernel = kernel.for_many(self._asking, self._foresight if coarse else None)

    def parts(
        self,
        packets: PacketSet,
        fields: Iterable[Field],
        sample: Callable[[PacketSet], Mapping[Field, int]],
        walk: Callable[[Mapping[Field, Drawn]], Found],
        limit: int = PARTS,
    ) -> Parts[Found]:
        """Let each part of a set walk once. The packets differ in `fields`; `sample` picks one of a set.

        `walk` is given the picked packet's numbers and has to walk with `kernel`. Where the sets grow too large, what
        is left over is beyond.
        """
        drawn_from = tuple(fields)
        found: list[Part[Found]] = []
        rest = packets
        while rest and len(found) < limit:
            try:
                part, left = self._part(rest, drawn_from, sample, walk)
            except MemoryError:
                break
            found.append(part)
            rest = left
        return Parts(tuple(found), rest)

    def _part(
        self,
        rest: PacketSet,
        fields: tuple[Field, ...],
        sample: Callable[[PacketSet], Mapping[Field, int]],
        walk: Callable[[Mapping[Field, Drawn]], Found],
    ) -> tuple[Part[Found], PacketSet]:
        """One part of a set, and what is left over."""
        picked = sample(rest)
        self._foresight.sample = picked
        facts = self._asking.begin()
        result = walk({what: Drawn(facts, what, picked[what]) for what in fields})
        numbers = {what: picked[what] for what in fields}
        return Part(facts.packets & rest, numbers, result), rest - facts.packets
