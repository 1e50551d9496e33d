"""A Pred in words, for `when` and for messages."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    IFNAMSIZ,
    IIF,
    LENGTH,
    MARK,
    OIF,
    PROTO,
    PROTOCOLS,
    SPORT,
    SRC,
    TTL,
    CtState,
    Field,
    interface_name,
)
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within

FIELD_NAMES = {
    SRC: "source",
    DST: "destination",
    SPORT: "source port",
    DPORT: "destination port",
    PROTO: "protocol",
    IIF: "in-interface",
    OIF: "out-interface",
    MARK: "mark",
    TTL: "TTL",
    LENGTH: "length",
    CT_STATE: "ctstate",
}


def words(pred: Pred) -> str:
    """What holds when `pred` holds."""
    match pred:
        case Const(value):
            return "always" if value else "never"
        case Opaque(reason, _):
            return f"{reason} matches"
        case Query(question, _):
            return str(question)
        case Not(inner):
            return f"not ({words(inner)})"
        case And(preds):
            return " and ".join(words(item) for item in preds)
        case Or(preds):
            return "(" + " or ".join(words(item) for item in preds) + ")"
        case Masked(what, value, mask):
            return f"{FIELD_NAMES.get(what, what.name)} is {_masked_value(what, value, mask)}"
        case Within(what, intervals):
            ranges = ", ".join(
                _value(what, low) if low == high else f"{_value(what, low)}-{_value(what, high)}"
                for low, high in intervals
            )
            return f"{FIELD_NAMES.get(what, what.name)} is {ranges}"


def _value(what: Field, value: int) -> str:
    if what in (SRC, DST):
        return str(IPv4Address(value)) if value < 1 << 32 else str(IPv6Address(value))
    if what in (IIF, OIF):
        return interface_name(value)
    if what is PROTO:
        return PROTOCOLS.get(value, str(value))
    if what is CT_STATE:
        return CtState(value).name
    return str(value)


def _masked_value(what: Field, value: int, mask: int) -> str:
    if what in (IIF, OIF):
        # A name is compared with its terminating NUL, a prefix of names without.
        return interface_name(value) + "+" * (mask.bit_count() == 8 * len(interface_name(value)) < IFNAMSIZ * 8)
    if mask == what.full:
        return _value(what, value)
    if what in (SRC, DST):
        bits, length = 32 if value < 1 << 32 else 128, mask.bit_count()
        contiguous = mask == (1 << bits) - (1 << (bits - length))
        return f"{_value(what, value)}/{length if contiguous else _value(what, mask)}"
    return f"{value:#x}/{mask:#x}"
