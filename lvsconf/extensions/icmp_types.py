"""ICMP types and codes by name, for both families."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, OptionError
from lvsconf.model.fields import ICMP_CODE, ICMP_TYPE
from lvsconf.model.netfilter import Given
from lvsconf.model.preds import TRUE, Pred, Within, all_of, equals, negate

TypeAndCodes = tuple[int, int, int]
"""A type and the first and last code."""

ANY: TypeAndCodes = (255, 0, 255)

IPV4: dict[str, TypeAndCodes] = {
    "any": ANY,
    "echo-reply": (0, 0, 255),
    "pong": (0, 0, 255),
    "destination-unreachable": (3, 0, 255),
    "network-unreachable": (3, 0, 0),
    "host-unreachable": (3, 1, 1),
    "protocol-unreachable": (3, 2, 2),
    "port-unreachable": (3, 3, 3),
    "fragmentation-needed": (3, 4, 4),
    "source-route-failed": (3, 5, 5),
    "network-unknown": (3, 6, 6),
    "host-unknown": (3, 7, 7),
    "network-prohibited": (3, 9, 9),
    "host-prohibited": (3, 10, 10),
    "TOS-network-unreachable": (3, 11, 11),
    "TOS-host-unreachable": (3, 12, 12),
    "communication-prohibited": (3, 13, 13),
    "host-precedence-violation": (3, 14, 14),
    "precedence-cutoff": (3, 15, 15),
    "source-quench": (4, 0, 255),
    "redirect": (5, 0, 255),
    "network-redirect": (5, 0, 0),
    "host-redirect": (5, 1, 1),
    "TOS-network-redirect": (5, 2, 2),
    "TOS-host-redirect": (5, 3, 3),
    "echo-request": (8, 0, 255),
    "ping": (8, 0, 255),
    "router-advertisement": (9, 0, 255),
    "router-solicitation": (10, 0, 255),
    "time-exceeded": (11, 0, 255),
    "ttl-exceeded": (11, 0, 255),
    "ttl-zero-during-transit": (11, 0, 0),
    "ttl-zero-during-reassembly": (11, 1, 1),
    "parameter-problem": (12, 0, 255),
    "ip-header-bad": (12, 0, 0),
    "required-option-missing": (12, 1, 1),
    "timestamp-request": (13, 0, 255),
    "timestamp-reply": (14, 0, 255),
    "address-mask-request": (17, 0, 255),
    "address-mask-reply": (18, 0, 255),
}

IPV6: dict[str, TypeAndCodes] = {
    "destination-unreachable": (1, 0, 255),
    "no-route": (1, 0, 0),
    "communication-prohibited": (1, 1, 1),
    "beyond-scope": (1, 2, 2),
    "address-unreachable": (1, 3, 3),
    "port-unreachable": (1, 4, 4),
    "failed-policy": (1, 5, 5),
    "reject-route": (1, 6, 6),
    "packet-too-big": (2, 0, 255),
    "time-exceeded": (3, 0, 255),
    "ttl-exceeded": (3, 0, 255),
    "ttl-zero-during-transit": (3, 0, 0),
    "ttl-zero-during-reassembly": (3, 1, 1),
    "parameter-problem": (4, 0, 255),
    "bad-header": (4, 0, 0),
    "unknown-header-type": (4, 1, 1),
    "unknown-option": (4, 2, 2),
    "echo-request": (128, 0, 255),
    "ping": (128, 0, 255),
    "echo-reply": (129, 0, 255),
    "pong": (129, 0, 255),
    "mld-listener-query": (130, 0, 255),
    "mld-listener-report": (131, 0, 255),
    "mld-listener-done": (132, 0, 255),
    "mld-listener-reduction": (132, 0, 255),
    "router-solicitation": (133, 0, 255),
    "router-advertisement": (134, 0, 255),
    "neighbour-solicitation": (135, 0, 255),
    "neighbor-solicitation": (135, 0, 255),
    "neighbour-advertisement": (136, 0, 255),
    "neighbor-advertisement": (136, 0, 255),
    "redirect": (137, 0, 255),
}


def icmp_type(table: dict[str, TypeAndCodes], any_prints: bool) -> Codec:
    """`name`, `type`, `type/code` or `type/first:last`; a name may be cut short while it stays unambiguous."""

    def parse(words: tuple[str, ...], family: int) -> TypeAndCodes:
        text = words[0]
        lowered = text.lower()
        exact = [value for name, value in table.items() if name.lower() == lowered]
        cut = [value for name, value in table.items() if lowered and name.lower().startswith(lowered)]
        if exact or cut:
            if not exact and len(cut) > 1:
                raise OptionError(f"{text!r} is short for more than one ICMP type")
            return (exact or cut)[0]
        kind, found, codes = text.partition("/")
        value = number_of(kind)
        if value is None or value > 255:
            raise OptionError(f"{text!r} is neither an ICMP type by name nor type[/code]")
        if not found:
            return value, 0, 255
        low, colon, high = codes.partition(":")
        first = number(low, 0, 255)
        last = number(high, 0, 255) if colon else first
        if first > last:
            raise OptionError(f"the codes {codes!r} are the wrong way round")
        return value, first, last

    def show(value: TypeAndCodes, family: int) -> tuple[str, ...]:
        kind, first, last = value
        if any_prints and value == ANY:
            return ("any",)
        if (first, last) == (0, 255):
            return (str(kind),)
        return (f"{kind}/{first}" if first == last else f"{kind}/{first}:{last}",)

    return Codec(1, parse, show, "an ICMP type: a name, a number, or type/code")


def type_meaning(given: Given, wildcard: bool) -> Pred:
    """Type and code range; with `wildcard`, type 255 is every type (icmp_type_code_match)."""
    kind, first, last = given.value
    found: Pred
    if wildcard and kind == 255:
        found = TRUE
    else:
        codes: Pred = TRUE if (first, last) == (0, 255) else Within(ICMP_CODE, ((first, last),))
        found = all_of((equals(ICMP_TYPE, kind), codes))
    return negate(found, given.inverted)
