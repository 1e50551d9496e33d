"""The options of a rule that belong to no module: `-p -s -d -i -o -f`."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.extensions.addresses import address_mask, full_mask
from lvsconf.extensions.codecs import flag, protocol
from lvsconf.extensions.options import Codec, Option, OptionError
from lvsconf.extensions.settled import matching
from lvsconf.model.fields import DST, FRAGMENT, IFNAMSIZ, IIF, OIF, PROTO, SRC, Field
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import TRUE, Pred, all_of, equals, interface_is, masked, negate


def _interface() -> Codec:
    def parse(words: tuple[str, ...], family: int) -> str:
        name = words[0]
        if not name:
            raise OptionError("an empty interface name would match nothing; `+` matches all")
        if len(name.encode("utf-8", "surrogateescape")) >= IFNAMSIZ:
            raise OptionError(f"interface name {name!r} is longer than {IFNAMSIZ - 1} bytes")
        return name

    return Codec(
        1,
        parse,
        lambda value, family: (value,),
        "an interface name, or the start of one and `+`",
        settled=matching(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{IFNAMSIZ - 3}}}\+?"),
    )


SOURCE = Option("source", "source", address_mask(), ("src",), invert=True)
DESTINATION = Option("destination", "destination", address_mask(), ("dst",), invert=True)
IN_INTERFACE = Option("in-interface", "in_interface", _interface(), invert=True)
OUT_INTERFACE = Option("out-interface", "out_interface", _interface(), invert=True)
PROTOCOL = Option("protocol", "protocol", protocol(), invert=True)
FRAGMENTS = Option("fragments", "fragments", flag(), invert=True)

OPTIONS = (SOURCE, DESTINATION, IN_INTERFACE, OUT_INTERFACE, PROTOCOL, FRAGMENTS)
"""In the order in which iptables-save prints them."""

LETTERS = {
    "s": SOURCE,
    "d": DESTINATION,
    "i": IN_INTERFACE,
    "o": OUT_INTERFACE,
    "p": PROTOCOL,
    "f": FRAGMENTS,
}
_LETTER_OF = {option.key: letter for letter, option in LETTERS.items()}


def _covers_all(option: Option, given: Given) -> bool:
    """Whether an option says nothing (`-s 0/0`, `-i +`, `-p all`), in which case it is not printed."""
    value = given.value
    if value == "+":  # also with `!`, when the rule never matches (iptables/xshared.c, save_iface)
        return True
    if given.inverted or option is FRAGMENTS:
        return False
    return value == 0 or (isinstance(value, tuple) and value[1] == 0)


def head_words(head: Arguments, family: int) -> tuple[str, ...]:
    """The options as iptables-save prints them."""
    words: list[str] = []
    for option in OPTIONS:
        given = head.get(option.key)
        if given is None or _covers_all(option, given):
            continue
        if given.inverted:
            words.append("!")
        words.append(f"-{_LETTER_OF[option.key]}")
        words.extend(option.codec.format(given.value, family) or ())
    return tuple(words)


def head_meaning(head: Arguments, family: int) -> Pred:
    """What the options ask of a packet (net/ipv4/netfilter/ip_tables.c, ip_packet_match)."""
    return all_of(negate(_MEANING[key](given, family), given.inverted) for key, given in head.items())


def _masked_address(where: Field, given: Given, family: int) -> Pred:
    address, mask = given.value
    return masked(where, address, mask & full_mask(family))


def _protocol(given: Given, family: int) -> Pred:
    return equals(PROTO, given.value) if given.value else TRUE


_MEANING: dict[str, Callable[[Given, int], Pred]] = {
    "source": lambda given, family: _masked_address(SRC, given, family),
    "destination": lambda given, family: _masked_address(DST, given, family),
    "in_interface": lambda given, family: interface_is(IIF, given.value),
    "out_interface": lambda given, family: interface_is(OIF, given.value),
    "protocol": _protocol,
    # `-f` is about every fragment but the first.
    "fragments": lambda given, family: negate(equals(FRAGMENT, 0)),
}
