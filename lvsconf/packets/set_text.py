"""Sets of packets in words, one line for each of the ways to be in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_EXPIRES,
    CT_MARK,
    CT_ORIG_DPORT,
    CT_ORIG_DST,
    CT_ORIG_SPORT,
    CT_ORIG_SRC,
    CT_PROTO,
    CT_REPLY_DPORT,
    CT_REPLY_DST,
    CT_REPLY_SPORT,
    CT_REPLY_SRC,
    CT_STATE,
    CT_STATUS,
    DF,
    DPORT,
    DST,
    FRAGMENT,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    IPVS_PROPERTY,
    OIF,
    PKT_TYPE,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TCP_MSS,
    TCP_OPTION_KINDS,
    Field,
)
from lvsconf.packets.device_text import NO_INTERFACE
from lvsconf.packets.occurring import ICMP_OF, occurring
from lvsconf.packets.packet_set import Bounds, PacketSet
from lvsconf.packets.products import ORDERS, Product, Question
from lvsconf.packets.space import Space
from lvsconf.packets.value_text import Words, icmp_names, protocol, value_words
from lvsconf.packets.words import FIELD_NAMES

HEADERS = frozenset({SPORT, DPORT, TCP_FLAGS, ICMP_TYPE, ICMP_CODE})
"""Only packets with a transport header have these, so not being a later fragment goes without saying."""
INLINE = frozenset({SRC, DST, PROTO, SPORT, DPORT, IIF, OIF, ICMP_TYPE, ICMP_CODE})
"""The fields that have their place in the line; the others follow with their names."""
OTHERS = {
    **FIELD_NAMES,
    CT_STATE: "state",
    TCP_FLAGS: "flags",
    CT_STATUS: "ctstatus",
    TCP_OPTION_KINDS: "tcp-option",
    TCP_MSS: "MSS",
    CT_DIRECTION: "ctdir",
    CT_MARK: "connmark",
    CT_PROTO: "ctproto",
    CT_ORIG_SRC: "ctorigsrc",
    CT_ORIG_DST: "ctorigdst",
    CT_ORIG_SPORT: "ctorigsrcport",
    CT_ORIG_DPORT: "ctorigdstport",
    CT_REPLY_SRC: "ctreplsrc",
    CT_REPLY_DST: "ctrepldst",
    CT_REPLY_SPORT: "ctreplsrcport",
    CT_REPLY_DPORT: "ctrepldstport",
    CT_EXPIRES: "ctexpire",
    PKT_TYPE: "pkt-type",
}
"""What the others are called, as the options of iptables are where there is no common word."""
SETTLED: Mapping[Field, tuple[str, str]] = {
    IPVS_PROPERTY: ("not from IPVS", "from IPVS"),
    DF: ("may be fragmented", "don't fragment"),
}
"""What a bit means, clear and set."""
FRAGMENTS = {False: "no later fragments", True: "later fragments"}
ANYTHING = "anything"
APART = (" but ", " except ", "not ", " only ")
"""After these words an interface needs a comma."""
SPARE = 2
"""Products beyond the lines asked for that are tried, times the lines: some turn out needless."""


@dataclass(frozen=True, slots=True)
class Way:
    """A line, and the packets that it tells of."""

    text: str
    packets: PacketSet


@dataclass(frozen=True, slots=True)
class SetText:
    """A set in words. The packets of its parts are the set as far as anybody asked, unless there is `more` to it."""

    parts: tuple[Way, ...]
    more: bool

    @property
    def ways(self) -> tuple[str, ...]:
        """The lines: a packet is in the set when one of them says so."""
        return tuple(part.text for part in self.parts)

    @property
    def lines(self) -> tuple[str, ...]:
        """The ways, and a last line where there are more."""
        return (*self.ways, "and more") if self.more else self.ways

    @property
    def _length(self) -> tuple[bool, int, int]:
        return self.more, len(self.parts), sum(len(part.text) for part in self.parts)


def describe(space: Space, packets: PacketSet, *, ways: int = 6, within: PacketSet | None = None) -> SetText:
    """A set in at most so many lines. `within` are the packets that were asked about: others need not be told apart.

    Nobody asks for packets that there cannot be (`occurring`). Where `more` is set the lines tell of a part of the set,
    each line of packets that are in it all the same. Takes milliseconds, and as long as working the set out took where
    it has many nodes: a second or two for 250,000. MemoryError: the space is full.
    """
    asked = space.everything if within is None else within
    question = Question(space, packets, asked & occurring(space))
    if not question.wanted:
        return SetText((Way("nothing", space.nothing),), False)
    if not question.wrong:
        return SetText((Way(ANYTHING, space.everything),), False)
    found: list[SetText] = []
    for order in ORDERS:
        found.append(_described(question, order, ways))
        if found[-1].more or len(found[-1].parts) == 1:
            break
    return min(found, key=lambda text: text._length)


def _described(question: Question, order: tuple[Field, ...], ways: int) -> SetText:
    products, complete = question.products(ways * (1 if question.large else SPARE) + 1, order)
    rest, parts = question.wanted, []
    more = not complete or len(products) > ways
    for product in products[:ways]:
        words = _worded(question, product, rest)
        members = question.members({what: each.values for what, each in words.items()})
        rest -= members
        more |= any(each.cut for each in words.values())
        parts.append(Way(line(question.space.family, words), members))
    return SetText(tuple(parts), more)


def _worded(question: Question, product: Product, rest: PacketSet) -> dict[Field, Words]:
    """What is said of each field, given the packets that no line holds yet."""
    space, needed = question.space, rest & question.members(product)
    words = {
        what: value_words(space, what, Bounds(space.only(needed, what), values)) for what, values in product.items()
    }
    kinds = words.get(ICMP_TYPE)
    if kinds is not None and kinds.values & space.masked(ICMP_TYPE, 0, ICMP_TYPE.full) and not _only_icmp(space, words):
        # Packets without a type are meant as well.
        words[ICMP_TYPE] = kinds if kinds.negative else replace(kinds, conditional=True)
    flags = words.get(TCP_FLAGS)
    if flags is not None and PROTO not in words and not flags.values & space.masked(TCP_FLAGS, 0, TCP_FLAGS.full):
        # Flags are those of a TCP header, which need not be said but reads better.
        words[PROTO] = Words(protocol(TCP), space.everything, 0)
    return words


def _only_icmp(space: Space, words: Mapping[Field, Words]) -> bool:
    icmp = ICMP_OF[space.family]
    return PROTO in words and words[PROTO].values == space.within(PROTO, ((icmp, icmp),))


def line(family: int, words: Mapping[Field, Words]) -> str:
    """Everything that is said of the fields, in one line."""
    words = {what: each for what, each in words.items() if each.text}
    places = [_source(words), _target(family, words)]
    devices = [_device(words[what], way) for what, way in ((IIF, "on "), (OIF, "out on ")) if what in words]
    head = ", ".join(filter(None, places))
    if devices and head and not any(word in head for word in APART):
        head = f"{head} {devices.pop(0)}"
    parts = [head, *devices]
    ported = bool(HEADERS & words.keys())
    for what in sorted(words.keys() - INLINE, key=lambda each: (each is not CT_STATE, each.name)):
        if what is not FRAGMENT or not ported or words[what].text != "0":
            parts.append(_other(what, words[what]))
    return ", ".join(filter(None, parts)) or ANYTHING


def _source(words: Mapping[Field, Words]) -> str:
    return f"from {_place(words, SRC, SPORT)}" if SRC in words else ""


def _place(words: Mapping[Field, Words], address: Field, port: Field) -> str:
    found = []
    if address in words:
        found.append(words[address].text)
    if port in words:
        found.append(_ports(words[port]))
    # What is left out are addresses, from whichever port.
    apart = any(word in found[0] for word in APART) or (port in words and words[port].negative)
    return (", " if apart else " ").join(found)


def _ports(words: Words) -> str:
    if words.negative:
        return f"any port but {words.text}"
    if "-" not in words.text:
        return f"port {words.text}"
    return f"ports {words.text.replace(' or ', ' and ')}"


def _target(family: int, words: Mapping[Field, Words]) -> str:
    found = []
    if PROTO in words:
        found.append(f"{'any protocol but ' * words[PROTO].negative}{words[PROTO].text}")
    if {ICMP_TYPE, ICMP_CODE} & words.keys():
        found = _icmp(protocol(ICMP_OF[family]), found, words, icmp_names(family))
    if SPORT in words and SRC not in words:
        found.append(f"from {_ports(words[SPORT])}")
    if {DST, DPORT} & words.keys():
        found += ["to", _place(words, DST, DPORT)]
    return " ".join(found)


def _icmp(
    icmp: str, protocols: list[str], words: Mapping[Field, Words], names: Mapping[tuple[str, ...], str]
) -> list[str]:
    told = {what: words[what] for what in (ICMP_TYPE, ICMP_CODE) if what in words}
    plain = not any(each.negative for each in told.values())
    name = names.get(tuple(each.text for each in told.values()))
    if plain and name is not None:
        told = {ICMP_TYPE: replace(told[ICMP_TYPE], text=name)}
    if protocols != [icmp] and told.keys() == {ICMP_TYPE} and (not plain or told[ICMP_TYPE].conditional):
        # Other protocols have no type at all.
        kinds = told[ICMP_TYPE].text
        return [", ".join([*protocols, f"{icmp} only {kinds}" if plain else f"not {icmp} {kinds}"])]
    found = [icmp]
    for what, each in told.items():
        kind = "type" if what is ICMP_TYPE else "code"
        if each.negative:
            found.append(f"any {kind} but {each.text}")
        else:
            found.append(each.text if what is ICMP_TYPE else f"code {each.text}")
    text = " ".join(found)
    return [text] if protocols in ([], [icmp]) else [*protocols, f"({text})"]


def _device(words: Words, way: str) -> str:
    if words.negative:
        return f"{way}any interface" if words.text == NO_INTERFACE else f"not {way}{words.text}"
    return f"{way}{words.text}"


def _other(what: Field, words: Words) -> str:
    if what in SETTLED:
        return SETTLED[what][words.text == "1"]
    if what is FRAGMENT and words.text in ("0", "1-8191"):
        return FRAGMENTS[(words.text == "0") is words.negative]
    if words.negative and what is TCP_FLAGS:
        return f"any flags but {words.text}"
    return f"{OTHERS.get(what, what.name)} {'not ' * words.negative}{words.text}"
