"""The sets while a file is read: what each command does to them, and what the kernel refuses (net/netfilter/ipset)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lvsconf.languages.ipset.create import Header
from lvsconf.languages.ipset.elements import Written, show_key
from lvsconf.languages.ipset.faults import FaultError
from lvsconf.languages.lines import Word
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipset import Element, IpSet, Key
from lvsconf.source import Span

MOST_ELEMENTS = 1 << 20
"""So many elements of ranges are followed one by one in a file; what a set holds beyond is not known."""

_FEATURES = {"ip": "address", "host": "address", "net": "address", "number": "port"}


@dataclass(slots=True)
class OpenSet:
    """One set. `header` None: its `create` could not be read. `whole` as in the model.

    `elements` are by what the kernel tells them apart by. `wild` has the interfaces of hash:net,iface that stand for
    all that begin like them, by network and kind.
    """

    header: Header | None
    span: Span
    elements: dict[Key, Element] = field(default_factory=dict)
    wild: dict[Key, list[str]] = field(default_factory=dict)
    whole: bool = True

    @property
    def lists(self) -> bool:
        """Whether its elements are sets."""
        return self.header is not None and self.header.type.parts == ("set",)

    def find(self, key: Key) -> Key | None:
        """The element that the kernel takes for the same as this one."""
        name = self.header.type.name if self.header is not None else ""
        if name == "bitmap:ip,mac":
            key = key[:1]
        elif name == "hash:net,iface" and self.wild and key not in self.elements:
            net, iface = key
            if isinstance(iface, tuple):
                begun = (each for each in self.wild.get((net, iface[1]), ()) if str(iface[0]).startswith(each))
                stem = next(begun, None)
                return None if stem is None else (net, (stem, bool(iface[1])))
        return key if key in self.elements else None

    def put(self, element: Element) -> None:
        """Add an element that is not there."""
        key = element.parts
        self.elements[key[:1] if self.header is not None and self.header.type.optional else key] = element
        if element.wildcard and isinstance(key[1], tuple):
            self.wild.setdefault((key[0], key[1][1]), []).append(str(key[1][0]))

    def take(self, key: Key) -> Element:
        """Remove an element that `find` has found."""
        element = self.elements.pop(key)
        iface = element.parts[1] if element.wildcard else None
        if isinstance(iface, tuple):
            self.wild[element.parts[0], iface[1]].remove(str(iface[0]))
        return element

    def clear(self) -> None:
        """Remove all elements."""
        self.elements, self.wild = {}, {}
        self.whole = self.header is not None

    def closed(self, name: str) -> IpSet:
        """The set as it stands."""
        header = self.header
        if header is None:
            return IpSet(name, "", None, whole=False, span=self.span)
        return IpSet(
            name=name,
            type=header.type.name,
            family=header.family,
            elements=tuple(self.elements.values()),
            mask=header.mask,
            markmask=header.values.get("markmask", 0xFFFFFFFF),
            range=header.range,
            timeout=header.values.get("timeout"),
            counters="counters" in header.values,
            forceadd="forceadd" in header.values,
            whole=self.whole,
            span=self.span,
        )


@dataclass(slots=True)
class Sets:
    """All sets by name; `exist` is whether `-exist` was given, which holds for the rest of the file."""

    sets: dict[str, OpenSet] = field(default_factory=dict)
    exist: bool = False
    followed: int = 0

    def find(self, word: Word) -> OpenSet:
        """The set of a name; raises FaultError."""
        found = self.sets.get(word.text)
        if found is None:
            near = suggestion(word.text, self.sets)
            raise FaultError(f"there is no set `{word.text}`", word, near)
        return found

    def create(self, word: Word, header: Header, span: Span) -> None:
        """A new set."""
        known = self.sets.get(word.text)
        if known is None:
            self.sets[word.text] = OpenSet(header, span)
        elif not (self.exist and (known.header is None or known.header.same(header))):
            raise FaultError(f"there is a set `{word.text}` already", word)

    # -- elements --------------------------------------------------------------------------------------------------

    def add(self, opened: OpenSet, header: Header, written: Written, given: Mapping[str, Any], line: int) -> None:
        """Add what a line stands for, to a set whose `create` was read."""
        if not self._follow(opened, written):
            return
        timeout = given.get("timeout", header.values.get("timeout")) or None
        options = "nomatch" in given, "wildcard" in given, timeout, line
        for key in written.elements():
            self._add(opened, header, Element(key, *options))

    def _follow(self, opened: OpenSet, written: Written) -> bool:
        """Whether the elements can be followed one by one."""
        count = written.total
        if count > 1:
            self.followed += count
            if self.followed > MOST_ELEMENTS:
                self.followed -= count
                opened.whole = False
        return opened.whole

    def _add(self, opened: OpenSet, header: Header, element: Element) -> None:
        old = opened.find(element.parts)
        if old is not None:
            known = opened.elements[old].parts[-1]
            # bitmap:ip,mac learns a link address, and keeps the one that it has when it is given none.
            if not self.exist and not (header.type.optional and known is None and element.parts[-1] is not None):
                raise FaultError(f"{show_key(header, element.parts)} is in the set already")
            if element.parts[-1] is None:
                element = replace(element, parts=(*element.parts[:-1], known))
            opened.take(old)
        elif header.type.hashed and len(opened.elements) >= header.values["maxelem"]:
            if "forceadd" not in header.values:
                raise FaultError(f"the set is full (maxelem {header.values['maxelem']})")
            opened.whole = False  # some element has to go, and nobody can tell which
        opened.put(element)

    def delete(self, opened: OpenSet, header: Header, written: Written) -> None:
        """Delete what a line stands for."""
        if not self._follow(opened, written):
            return
        for key in written.elements():
            old = opened.find(key)
            if old is not None:
                opened.take(old)
            elif not self.exist:
                raise FaultError(f"{show_key(header, key)} is not in the set")

    # -- lists of sets -----------------------------------------------------------------------------------------------

    def check_member(self, word: Word, name: str) -> None:
        """A set can be in a list when it exists and is no list."""
        member = self.sets.get(name)
        if member is None:
            raise FaultError(f"there is no set `{name}`", word, suggestion(name, self.sets))
        if member.lists:
            raise FaultError(f"`{name}` is a list of sets, which can't be in another", word)

    def place(self, opened: OpenSet, key: Key, beside: str, *, before: bool) -> None:
        """Move a member that was just added next to another."""
        element = opened.elements.pop(key)
        listed = list(opened.elements.values())
        index = next(index for index, each in enumerate(listed) if each.parts == (beside,))
        listed.insert(index if before else index + 1, element)
        opened.elements = {each.parts: each for each in listed}

    # -- whole sets --------------------------------------------------------------------------------------------------

    def flush(self, word: Word | None) -> None:
        """Empty one set or all."""
        for opened in [self.find(word)] if word else self.sets.values():
            opened.clear()

    def destroy(self, word: Word | None) -> None:
        """Take one set away or all."""
        if word is not None and self.exist and word.text not in self.sets:
            return
        if word is not None:
            self.find(word)
        self._check_free([word.text] if word else self.sets, word, "destroyed")
        for name in [word.text] if word else list(self.sets):
            del self.sets[name]

    def _check_free(self, names: Iterable[str], word: Word | None, what: str) -> None:
        lists = [(name, opened) for name, opened in self.sets.items() if opened.lists]
        for name in names:
            holder = next((each for each, opened in lists if (name,) in opened.elements), None)
            if holder is not None:
                raise FaultError(f"`{name}` can't be {what}: it is in the list `{holder}`", word)

    def rename(self, word: Word, new: Word) -> None:
        """Give a set another name."""
        opened = self.find(word)
        if new.text in self.sets:
            raise FaultError(f"there is a set `{new.text}` already", new)
        self._check_free([word.text], word, "renamed")
        del self.sets[word.text]
        self.sets[new.text] = opened

    def swap(self, word: Word, other: Word) -> None:
        """Exchange what two names stand for."""
        first, second = self.find(word), self.find(other)
        if first.header is not None and second.header is not None:
            one, two = ((_features(each), each.family) for each in (first.header, second.header))
            if one != two:
                kinds = f"{first.header.type.name} and {second.header.type.name}"
                raise FaultError(f"sets that hold different things can't be swapped ({kinds})", other)
        self.sets[word.text], self.sets[other.text] = second, first


def _features(header: Header) -> tuple[list[str], bool]:
    return sorted(_FEATURES.get(part, part) for part in header.type.parts), header.type.nets
