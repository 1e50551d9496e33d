"""Pred for sets of packets, exactly: binary decision diagrams with a variable for each bit of each field.

A Space holds all packets of a family. A PacketSet is a part of it; a Pred has a lower and an upper set, the same
unless something in it is unknown. The diagrams are OxiDD's, and only this module and packet_set.py know of them: what
grows beyond a space's nodes raises its DDMemoryError, a MemoryError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from lvsconf.model.fields import (
    CT_ORIG_DST,
    CT_ORIG_SRC,
    CT_REPLY_DST,
    CT_REPLY_SRC,
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
    interface,
)
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.packet_set import (
    NONE,
    NOTHING_KNOWN,
    Bits,
    Bounds,
    Interval,
    Known,
    PacketSet,
    Values,
    spans,
)

if TYPE_CHECKING:
    from oxidd.bdd import BDDFunction

NODES = 1 << 22
"""How many nodes all diagrams of a space may have together; an eighth as many results of operations are remembered."""

FIRST = (SRC, DST, PROTO, DPORT, SPORT, IIF, OIF, CT_STATE, TCP_FLAGS, ICMP_TYPE, ICMP_CODE)
"""The fields that rules name most, in the order of their variables; others follow when they are met."""
ADDRESSES = frozenset({SRC, DST, CT_ORIG_SRC, CT_ORIG_DST, CT_REPLY_SRC, CT_REPLY_DST})
BITS = {4: 32, 6: 128}

_SCALE = 512
"""Half of what a float's exponent can tell, so that neither all packets nor a single one fall off its ends."""


class Space:
    """All packets of a family. `fixed` fields have one value in all of them, or None where nothing is known of it.

    Unless it `asks`, what a Query's answer is now counts for nothing: it may be another one tomorrow. `first` are the
    fields whose variables come first.
    """

    def __init__(
        self,
        family: int,
        fixed: Known = NOTHING_KNOWN,
        nodes: int = NODES,
        *,
        asks: bool = True,
        first: Sequence[Field] = FIRST,
    ) -> None:
        self.family, self.nodes = family, nodes
        self._asks = asks
        self._fixed = fixed
        # Not before somebody asks: a host without rules has no need of it.
        from oxidd.bdd import BDDManager

        # One thread: what it takes from the others is not worth what it gains here.
        self._manager = BDDManager(nodes, nodes // 8, 1)
        self._first: dict[Field, int] = {}
        self._width: dict[Field, int] = {}
        self._positive: list[BDDFunction] = []
        self._negative: list[BDDFunction] = []
        for what in first:
            self._place(what)
        self.everything, self.nothing = PacketSet(self._manager.true()), PacketSet(self._manager.false())
        self._certain = Bounds(self.everything, self.everything), Bounds(self.nothing, self.nothing)
        self._unknown = Bounds(self.nothing, self.everything)
        # The Preds are kept alive so that their identity stays their own.
        self._known: dict[int, tuple[Pred, Bounds]] = {}
        self._cubes: dict[frozenset[Field], BDDFunction] = {}
        self._bytes: dict[tuple[int, int, int], BDDFunction] = {}
        self._literals: dict[Masked | Within, PacketSet] = {}

    def _place(self, what: Field) -> tuple[int, int]:
        """A field's first variable, that of its highest bit, and how many it has."""
        if what not in self._first:
            width = self._width[what] = BITS[self.family] if what in ADDRESSES else what.bits
            variables = self._manager.add_vars(width)
            self._first[what] = variables.start
            self._positive += [self._manager.var(at) for at in variables]
            self._negative += [self._manager.not_var(at) for at in variables]
        return self._first[what], self._width[what]

    def width(self, what: Field) -> int:
        """How many bits a field has."""
        return self._place(what)[1]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields in which packets may differ as far as somebody has asked for them."""
        return tuple(self._first)

    def bounds(self, pred: Pred, state: Values = NONE) -> Bounds:
        """The packets for which a Pred holds; `state` are fields of which something else holds now than at first."""
        if state:
            return self._bounds(pred, state)
        found = self._known.get(id(pred))
        if found is None:
            found = self._known[id(pred)] = (pred, self._bounds(pred, state))
        return found[1]

    def _bounds(self, pred: Pred, state: Values) -> Bounds:
        match pred:
            case Const(value):
                return self._settled(value)
            case Not(inner):
                lower, upper = self._bounds(inner, state)
                return Bounds(~upper, ~lower)
            case And(preds):
                lower = upper = self.everything
                # From the last to the first, that stand in the order of the variables: each is put on top of the rest.
                for some, most in (self._bounds(item, state) for item in reversed(preds)):
                    exact = lower is upper and some is most
                    lower = some & lower
                    upper = lower if exact else most & upper
                return Bounds(lower, upper)
            case Or(preds):
                lower = upper = self.nothing
                for some, most in (self._bounds(item, state) for item in preds):
                    lower, upper = lower | some, upper | most
                return Bounds(lower, upper)
            case Masked() | Within():
                return self._literal(pred, state)
            case Query(_, known):
                return self._bounds(known, state) if self._asks and known is not None else self._unknown
            case Opaque():
                return self._unknown

    def _settled(self, holds: bool) -> Bounds:
        return self._certain[0 if holds else 1]

    def _literal(self, literal: Masked | Within, state: Values) -> Bounds:
        what = literal.field
        values = state if what in state else self._fixed
        if what in values:
            value = values[what]
            if value is None:
                return self._unknown
            if isinstance(value, Bits):
                found = self.moved(self.literal(literal), what, value)
                return Bounds(found, found)
            if isinstance(literal, Masked):
                return self._settled(value & literal.mask == literal.value)
            return self._settled(any(low <= value <= high for low, high in literal.intervals))
        found = self.literal(literal)
        return Bounds(found, found)

    def by_device(self, names: Iterable[str]) -> PacketSet:
        """The packets that come in by one of some interfaces."""
        return self.within(IIF, [(number, number) for number in sorted(map(interface, names))])

    def literal(self, literal: Masked | Within) -> PacketSet:
        """The packets of which a literal holds; it is not asked whether the field is fixed."""
        found = self._literals.get(literal)
        if found is None:
            if isinstance(literal, Masked):
                found = self.masked(literal.field, literal.value, literal.mask)
            else:
                found = self.within(literal.field, literal.intervals)
            self._literals[literal] = found
        return found

    def masked(self, what: Field, value: int, mask: int) -> PacketSet:
        """The packets whose field has a value under a mask."""
        first, width = self._place(what)
        if value >> width:
            return self.nothing
        found = self._manager.true()
        mask &= (1 << width) - 1
        for low in range(0, width, 8):
            if part := mask >> low & 255:
                found = self._byte(first + width - 1 - low, value >> low & part, part) & found
        return PacketSet(found)

    def _byte(self, last: int, value: int, mask: int) -> BDDFunction:
        """The packets with a value in up to eight variables, of which the last is that of the lowest bit."""
        found = self._bytes.get((last, value, mask))
        if found is None:
            found = self._manager.true()
            for bit in range(mask.bit_length()):
                if mask >> bit & 1:
                    found = (self._positive if value >> bit & 1 else self._negative)[last - bit] & found
            self._bytes[last, value, mask] = found
        return found

    def within(self, what: Field, intervals: Iterable[Interval]) -> PacketSet:
        """The packets whose field lies in one of the intervals."""
        found = self.nothing
        for low, high in intervals:
            if low == high:
                found |= self.masked(what, low, what.full)
            elif not low >> self._place(what)[1]:
                found |= self._at_least(what, low) - self._at_least(what, high + 1)
        return found

    def _at_least(self, what: Field, low: int) -> PacketSet:
        first, width = self._place(what)
        if low >> width:
            return self.nothing
        found = self._manager.true()
        for bit in range(width):
            variable = self._positive[first + width - 1 - bit]
            found = variable & found if low >> bit & 1 else variable | found
        return PacketSet(found)

    def classes(self, packets: PacketSet, what: Field) -> list[tuple[PacketSet, PacketSet]]:
        """The values of a field in classes that go with the same rest; what comes before the field must be settled.

        Each is the set of all packets with the values, and the set of what they go with in `packets`.
        """
        first, width = self._place(what)
        beyond = first + width
        memo: dict[BDDFunction, dict[BDDFunction, BDDFunction]] = {}
        true = self._manager.true()

        def parts(function: BDDFunction) -> dict[BDDFunction, BDDFunction]:
            found = memo.get(function)
            if found is not None:
                return found
            variable = function.node_var()
            if variable is None or variable >= beyond:
                found = {function: true}
            elif variable < first:
                raise ValueError(f"the packets differ in a field that comes before {what.name}")
            else:
                yes, no = function.cofactors() or (function, function)
                found = {rest: values & self._positive[variable] for rest, values in parts(yes).items()}
                for rest, values in parts(no).items():
                    mine = values & self._negative[variable]
                    found[rest] = found[rest] | mine if rest in found else mine
            memo[function] = found
            return found

        return [(PacketSet(values), PacketSet(rest)) for rest, values in parts(packets.function).items()]

    def swapped(self, packets: PacketSet, one: Field, other: Field) -> PacketSet:
        """The same packets with two fields of the same width exchanged."""
        pairs = []
        for here, there in ((one, other), (other, one)):
            start, width = self._place(there)
            pairs += [(self._place(here)[0] + at, self._positive[start + at]) for at in range(width)]
        return PacketSet(packets.function.substitute(packets.function.make_substitution(pairs)))

    def moved(self, packets: PacketSet, what: Field, now: Bits) -> PacketSet:
        """The packets that are in a set with such a field `what`."""
        origin, mask, change = now
        (first, width), (start, _) = self._place(what), self._place(origin)
        every = (1 << width) - 1
        if origin is what and mask & every == every and not change & every:
            return packets
        pairs = []
        for bit in range(width):
            changed, at = change >> bit & 1, start + width - 1 - bit
            if mask >> bit & 1:
                function = (self._negative if changed else self._positive)[at]
            else:
                function = self._manager.true() if changed else self._manager.false()
            pairs.append((first + width - 1 - bit, function))
        return PacketSet(packets.function.substitute(packets.function.make_substitution(pairs)))

    def holds(self, packets: PacketSet, values: Mapping[Field, int]) -> bool:
        """Whether a packet is one of a set; the fixed fields are not asked for."""
        arguments = [
            (first + self._width[what] - 1 - bit, bool(values[what] >> bit & 1))
            for what, first in self._first.items()
            for bit in range(self._width[what])
        ]
        return packets.function.eval(arguments)

    def count(self, packets: PacketSet) -> float:
        """A measure of how many packets there are, for comparing sets of one space: 2 ** _SCALE for all."""
        return packets.function.sat_count_float(_SCALE)

    def pick(self, packets: PacketSet) -> dict[Field, int] | None:
        """One of the packets, with 0 in all bits that do not matter; None when there is none."""
        bits = packets.function.pick_cube()
        if bits is None:
            return None
        return self.values([bool(bit) for bit in bits])

    def values(self, packet: Sequence[bool]) -> dict[Field, int]:
        """A packet's fields."""
        digits = "".join(["1" if bit else "0" for bit in packet]).ljust(len(self._positive), "0")
        return {what: int(digits[first : first + self._width[what]], 2) for what, first in self._first.items()}

    def shared(self, one: PacketSet, other: PacketSet, like: Sequence[bool]) -> list[bool] | None:
        """A packet of the first set, as much like a given one as that leaves open, where the second set has it too.

        The sets are not compared: None says nothing of whether they share others.
        """
        bits = one.function.pick_cube()
        if bits is None:
            return None
        found = [bool(given) if bit is None else bit for bit, given in zip_longest(bits, like)]
        return found if other.function.eval(enumerate(found)) else None

    def assigned(self, packets: PacketSet, what: Field, value: int, mask: int) -> PacketSet:
        """The packets after `field = (field & ~mask) ^ value`."""
        first, width = self._place(what)
        gone, flipped = self._manager.true(), []
        for bit in range(width):
            at = first + width - 1 - bit
            if mask >> bit & 1:
                gone = self._positive[at] & gone
            elif value >> bit & 1:
                flipped.append((at, self._negative[at]))
        found = packets.function.exists(gone)
        if flipped:
            found = found.substitute(found.make_substitution(flipped))
        return PacketSet(found) & self.masked(what, value & mask, mask)

    def without(self, packets: PacketSet, fields: Iterable[Field]) -> PacketSet:
        """The packets that differ from one of these in the given fields alone, or not at all."""
        wanted = frozenset(fields)
        for what in wanted:
            self._place(what)
        gone = self._cube(wanted)
        return PacketSet(packets.function.exists(gone))

    def _cube(self, fields: frozenset[Field]) -> BDDFunction:
        found = self._cubes.get(fields)
        if found is None:
            found = self._manager.true()
            for what, first in reversed(self._first.items()):
                if what in fields:
                    for at in range(first + self._width[what] - 1, first - 1, -1):
                        found = self._positive[at] & found
            self._cubes[fields] = found
        return found

    def only(self, packets: PacketSet, *kept: Field) -> PacketSet:
        """All packets whose values of the given fields are those of one of these."""
        return self.without(packets, self._first.keys() - set(kept))

    def intervals(self, packets: PacketSet, what: Field) -> Iterator[Interval]:
        """The values of a field in a set, in order; neighbouring intervals are joined."""
        values = self.only(packets, what).function
        first, width = self._place(what)
        start: int | None = None
        last = -1
        for low, high in spans(values, first, width):
            if start is None or low != last + 1:
                if start is not None:
                    yield start, last
                start = low
            last = high
        if start is not None:
            yield start, last

    def how_many(self, packets: PacketSet, what: Field) -> int:
        """How many values a field has in a set."""
        first, width = self._place(what)
        known: dict[BDDFunction, int] = {}

        def below(function: BDDFunction) -> int:
            """So many values of the bits from the function's first variable on satisfy it."""
            if function not in known:
                yes, no = function.cofactors() or (function, function)
                known[function] = sum(below(half) << _depth(half) - _depth(function) - 1 for half in (yes, no))
            return known[function]

        def _depth(function: BDDFunction) -> int:
            variable = function.node_var()
            return width if variable is None else variable - first

        known[self._manager.true()], known[self._manager.false()] = 1, 0
        values = self.only(packets, what).function
        return below(values) << _depth(values)

    @property
    def fixed(self) -> Known:
        """The fields that are the same in all packets, and their value where it is known."""
        return self._fixed

    def halves(self, values: PacketSet, what: Field, bit: int) -> tuple[PacketSet, PacketSet]:
        """What values of one field go on with where a bit is set, and where it is not; higher bits must be settled."""
        first, width = self._place(what)
        function = values.function
        if function.node_var() != first + width - 1 - bit:
            return values, values
        yes, no = function.cofactors() or (function, function)
        return PacketSet(yes), PacketSet(no)
