"""What a table does with all packets that a walking one stands for, known before it walks.

Most rules of a long table take packets to the same few ends. Of a packet whose end is certain it is enough to note who
else has that end, whichever rules lead there; only packets that a rule remembers, or whose end nobody knows, have to be
told apart by the rules that they meet.
"""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.kernel.chains import LoadedTable
from lvsconf.kernel.ends import Ends, certain
from lvsconf.kernel.world import World
from lvsconf.model.effects import Assign
from lvsconf.model.fields import Field
from lvsconf.packets.asked import Asking, fields_of, seen
from lvsconf.packets.drawn import Drawn, plain
from lvsconf.packets.packet_set import PacketSet, Seen

Key = tuple[int, str, tuple[Seen, ...]]


class Foresight:
    """For the walks of one `asking`; `sample` is the packet that walks, by the fields that it was drawn from."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.sample: Mapping[Field, int] = {}
        self._fields: dict[int, tuple[Field, ...]] = {}
        self._ends: dict[Key, list[PacketSet]] = {}

    def settles(self, world: World, table: LoadedTable, builtin: str) -> bool:
        """Note who else ends in a built-in chain as the walking packet does; False if its end is not certain."""
        values = world.skb.values
        fields = self._asked_for(table)
        state = tuple(seen(values[what]) for what in fields)
        if not any(isinstance(values[what], Drawn) for what in fields):
            return False
        key = (id(table), builtin, state)
        if key not in self._ends:
            self._ends[key] = self._sets(table, builtin, dict(zip(fields, state, strict=True)))
        space = self.asking.space
        numbers = {what: plain(self.sample.get(what, 0)) for what in space.fields}
        mine = next((packets for packets in self._ends[key] if space.holds(packets, numbers)), None)
        if mine is None:
            return False
        self.asking.facts.note(mine)
        return True

    def _sets(self, table: LoadedTable, builtin: str, state: Mapping[Field, Seen]) -> list[PacketSet]:
        space = self.asking.space
        done = Ends(space, table, state).run(builtin, space.everything)
        return [packets - done.singular for packets in certain(space, done.ends()).values()]

    def _asked_for(self, table: LoadedTable) -> tuple[Field, ...]:
        """The fields that the rules of a table ask for or change; tables live as long as their host."""
        if id(table) not in self._fields:
            rules = [rule for chain in table.chains.values() for rule in chain.rules]
            asked = frozenset[Field]().union(*(fields_of(rule.pred) for rule in rules))
            changed = {effect.field for rule in rules for effect in rule.effects if isinstance(effect, Assign)}
            self._fields[id(table)] = tuple(sorted(asked | changed, key=lambda what: what.name))
        return self._fields[id(table)]
