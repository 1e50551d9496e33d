"""One packet that stands for many: numbers drawn from a set of packets, which note what is asked of them.

The engine walks with the packet as with any other. Whatever it asks of a drawn number is noted as a fact about the
field that the number was drawn from; the packets of which all these facts hold go the same way. A question that can't
be put as a mask or an interval notes the whole number, so that the set becomes smaller, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import fields, is_dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex, TypeVar

from lvsconf.model.fields import Field
from lvsconf.model.preds import Masked, Within

if TYPE_CHECKING:
    from lvsconf.packets.packet_set import PacketSet
    from lvsconf.packets.space import Space

Key = TypeVar("Key")
Value = TypeVar("Value")
_plain = int.__int__


class Facts:
    """What a walk has asked of the packets of a space, and which of them answer as the walking one does."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.packets = space.everything
        self._noted: set[tuple[Masked | Within, bool]] = set()

    def note(self, packets: PacketSet) -> None:
        """The walk goes on for these packets only."""
        self.packets &= packets

    def literal(self, literal: Masked | Within, *, holds: bool) -> None:
        """What a literal says of the packet."""
        if (literal, holds) not in self._noted:
            self._noted.add((literal, holds))
            found = self.space.literal(literal)
            self.note(found if holds else ~found)


class Drawn(int):
    """`(field & mask) ^ change` of the walking packet, which is one of many.

    An index is the one use of an int that Python does not tell of: lists must not be indexed by numbers of packets.
    """

    field: Field
    mask: int
    change: int
    facts: Facts

    def __new__(cls, facts: Facts, field: Field, origin: int, mask: int | None = None, change: int = 0) -> Drawn:
        """`origin` is the field's own value in the packet that walks; all bits count where there is no mask."""
        mask = field.full if mask is None else mask
        found = super().__new__(cls, (origin & mask) ^ change)
        found.field, found.mask, found.change, found.facts = field, mask, change, facts
        return found

    @property
    def whole(self) -> bool:
        """Whether it is the field as it is."""
        every = (1 << self.facts.space.width(self.field)) - 1
        return self.mask & every == every and not self.change

    @property
    def shape(self) -> tuple[Field, int, int]:
        """What makes two of a walk the same for all packets."""
        return self.field, self.mask, self.change

    def literal(self, value: int, mask: int) -> Masked:
        """That its bits of `mask`, which is part of its own, are those of a value."""
        return Masked(self.field, (value ^ self.change) & mask, mask)

    def _pin(self) -> int:
        value = _plain(self)
        self.facts.literal(self.literal(value, self.mask), holds=True)
        return value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Drawn):
            return self._same(other)
        if not isinstance(other, int):
            return NotImplemented
        if (other ^ self.change) & ~self.mask:
            return False
        equal = _plain(self) == other
        self.facts.literal(self.literal(other, self.mask), holds=equal)
        return equal

    def __ne__(self, other: object) -> bool:
        found = self.__eq__(other)
        return found if found is NotImplemented else not found

    def _same(self, other: Drawn) -> bool:
        if self.shape == other.shape:
            return True
        mine, theirs = _plain(self), _plain(other)
        if mine == theirs:
            self._pin()
            other._pin()
            return True
        # One bit that is not the same will do.
        bit = 1 << (mine ^ theirs).bit_length() - 1
        for number in (self, other):
            if number.mask & bit:
                number.facts.literal(number.literal(_plain(number), bit), holds=True)
        return False

    def _less(self, bound: int) -> bool:
        """Whether it is less than a number."""
        if bound <= 0 or bound > self.field.full:
            return bound > 0
        found = _plain(self) < bound
        if self.whole:
            self.facts.literal(Within(self.field, ((0, bound - 1),)), holds=found)
        else:
            self._pin()
        return found

    def _compared(self, other: int, more: int, alike: bool) -> bool:
        """Whether it is less than `other + more`; `alike` is said where both are the same number in all packets."""
        if isinstance(other, Drawn):
            return alike if self.shape == other.shape else self._less(other._pin() + more)
        return self._less(other + more)

    def __lt__(self, other: int) -> bool:
        return self._compared(other, 0, False)

    def __le__(self, other: int) -> bool:
        return self._compared(other, 1, True)

    def __gt__(self, other: int) -> bool:
        return not self._compared(other, 1, True)

    def __ge__(self, other: int) -> bool:
        return not self._compared(other, 0, False)

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        # Looking it up asks for all of it; Keyed tables ask for less.
        return hash(self._pin())

    def __and__(self, other: int) -> int:
        if isinstance(other, Drawn):
            other = other._pin()
        mask = self.mask & other
        if not mask:
            return self.change & other
        return Drawn(self.facts, self.field, _plain(self) ^ self.change, mask, self.change & other)

    __rand__ = __and__

    def __xor__(self, other: int) -> int:
        if isinstance(other, Drawn):
            other = other._pin()
        return Drawn(self.facts, self.field, _plain(self) ^ self.change, self.mask, self.change ^ other)

    __rxor__ = __xor__

    def __or__(self, other: int) -> int:
        if isinstance(other, Drawn):
            other = other._pin()
        return (self & ~other) ^ other

    __ror__ = __or__

    def __int__(self) -> int:
        return self._pin()

    def __index__(self) -> int:
        return self._pin()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a drawn number belongs to its walk")


def _pinning(name: str) -> Callable[..., Any]:
    operation = getattr(int, name)

    def asked(self: Drawn, *others: Any) -> Any:
        return operation(self._pin(), *(other._pin() if isinstance(other, Drawn) else other for other in others))

    return asked


_ASKING_FOR_ALL = (
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__floordiv__", "__rfloordiv__"),
    *("__mod__", "__rmod__", "__divmod__", "__truediv__", "__rtruediv__", "__lshift__", "__rlshift__"),
    *("__rshift__", "__rrshift__", "__neg__", "__invert__", "__abs__", "bit_length", "to_bytes"),
)
"""What an int can do besides: what comes of it is a plain number."""
for _name in _ASKING_FOR_ALL:
    setattr(Drawn, _name, _pinning(_name))


def shape(value: object) -> object:
    """A value to compare without asking: two numbers are the same when they are so for all packets."""
    return value.shape if isinstance(value, Drawn) else value


def plain(number: SupportsIndex) -> int:
    """The number of the packet that walks, without a question: for words and for what every packet has anyway."""
    return _plain(number) if isinstance(number, int) else number.__index__()


class Written(str):
    """A drawn number in words, which still knows its number."""

    number: Drawn

    def __new__(cls, text: str, number: Drawn) -> Written:
        """The text that people read, and what it was written from."""
        found = super().__new__(cls, text)
        found.number = number
        return found


def among(number: int, values: frozenset[int]) -> bool:
    """Whether a number is one of some; of a drawn one it is noted whether it is, not which."""
    if not isinstance(number, Drawn):
        return number in values
    if not number.whole:
        return number._pin() in values
    found = _plain(number) in values
    number.facts.literal(Within(number.field, tuple((value, value) for value in sorted(values))), holds=found)
    return found


class _Address:
    """An address with a drawn number: networks ask it for their bits alone."""

    __slots__ = ()
    _ip: Drawn

    def __int__(self) -> int:
        return int(self._ip)

    def __str__(self) -> str:
        return str((IPv4Address if isinstance(self, IPv4Address) else IPv6Address)(_plain(self._ip)))


class _IPv4(_Address, IPv4Address):
    __slots__ = ()


class _IPv6(_Address, IPv6Address):
    __slots__ = ()


def address4(number: int) -> IPv4Address:
    """A field's value as an address."""
    return _IPv4(number) if isinstance(number, Drawn) else IPv4Address(number)


def address6(number: int) -> IPv6Address:
    """A field's value as an IPv6 address."""
    return _IPv6(number) if isinstance(number, Drawn) else IPv6Address(number)


class Keyed(MutableMapping[Key, Value]):
    """A table whose keys may have drawn numbers in them: what it finds and what it misses is noted."""

    def __init__(self, items: Iterable[tuple[Key, Value]] = ()) -> None:
        self._items: dict[tuple[object, ...], tuple[Key, Value]] = {}
        for key, value in items:
            self[key] = value

    def _find(self, key: Key) -> tuple[tuple[object, ...], bool]:
        wanted = _parts(key)
        mine = tuple(_plain(part) if isinstance(part, Drawn) else part for part in wanted)
        if mine in self._items:
            # Comparing notes what makes them equal.
            return mine, wanted == _parts(self._items[mine][0])
        for other in self._items.values():
            _apart(wanted, _parts(other[0]))
        return mine, False

    def __getitem__(self, key: Key) -> Value:
        place, there = self._find(key)
        if not there:
            raise KeyError(key)
        return self._items[place][1]

    def __setitem__(self, key: Key, value: Value) -> None:
        place, there = self._find(key)
        self._items[place] = (self._items[place][0] if there else key, value)

    def __delitem__(self, key: Key) -> None:
        place, there = self._find(key)
        if not there:
            raise KeyError(key)
        del self._items[place]

    def __iter__(self) -> Iterator[Key]:
        return iter([key for key, _ in self._items.values()])

    def __len__(self) -> int:
        return len(self._items)


def _parts(key: object) -> tuple[object, ...]:
    if isinstance(key, tuple):
        return key
    if is_dataclass(key):
        return tuple(getattr(key, item.name) for item in fields(key))
    return (key,)


def _apart(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    """Two keys that are not the same: a part that is known tells them apart if there is one.

    Else it is one that is known on one side, since which numbers two fields share takes large diagrams to tell.
    """
    if len(one) != len(other):
        return
    drawn: list[tuple[object, object]] = []
    for mine, theirs in zip(one, other, strict=True):
        if mine is theirs:
            continue
        if isinstance(mine, Drawn) or isinstance(theirs, Drawn):
            drawn.append((mine, theirs))
        elif mine != theirs:
            return
    drawn.sort(key=lambda pair: all(isinstance(each, Drawn) for each in pair))
    next((mine for mine, theirs in drawn if mine != theirs), None)
