"""`-m conntrack`: the connection a packet belongs to (net/netfilter/xt_conntrack.c, conntrack_mt)."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.extensions.codecs import choice, number_range, word_set
from lvsconf.extensions.conntrack_state import TRACKED, UNTRACKED, has_status, state_codec, state_meaning
from lvsconf.extensions.hosts import network
from lvsconf.extensions.names import protocol_number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError, at_least_one
from lvsconf.extensions.ports import port_range
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_EXPIRES,
    CT_ORIG_DPORT,
    CT_ORIG_DST,
    CT_ORIG_SPORT,
    CT_ORIG_SRC,
    CT_PROTO,
    CT_REPLY_DPORT,
    CT_REPLY_DST,
    CT_REPLY_SPORT,
    CT_REPLY_SRC,
    CtStatus,
)
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Opaque, Pred, all_of, any_of, between, equals, masked, negate, one_of

_STATUS = ("NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED")

_NEVER = 1 << CT_EXPIRES.bits
_ADDRESSES = {
    "ctorigsrc": CT_ORIG_SRC,
    "ctorigdst": CT_ORIG_DST,
    "ctreplsrc": CT_REPLY_SRC,
    "ctrepldst": CT_REPLY_DST,
}
_PORTS = {
    "ctorigsrcport": CT_ORIG_SPORT,
    "ctorigdstport": CT_ORIG_DPORT,
    "ctreplsrcport": CT_REPLY_SPORT,
    "ctrepldstport": CT_REPLY_DPORT,
}


def _protocol() -> Codec:
    def parse(words: tuple[str, ...], family: int) -> int:
        number = protocol_number(words[0])
        if not number:
            raise OptionError(f"{words[0]!r} is not a protocol that a connection can have")
        return number

    return Codec(1, parse, lambda value, family: (str(value),), "a protocol name or number, not 0")


def _status() -> Codec:
    listed = word_set(_STATUS, cut=True)

    def show(value: frozenset[str], family: int) -> tuple[str, ...]:
        return (",".join(name for name in _STATUS if name in value) or "NONE",)

    return Codec(1, lambda words, family: listed.parse(words, family) - {"NONE"}, show, listed.expects)


OPTIONS = (
    Option("ctstate", "ctstate", state_codec(nat=True), invert=True),
    Option("ctproto", "ctproto", _protocol(), invert=True),
    *(Option(name, name, network(short_host=True, cut=False), invert=True) for name in _ADDRESSES),
    *(Option(name, name, port_range(), invert=True) for name in _PORTS),
    Option("ctstatus", "ctstatus", _status(), invert=True),
    Option("ctexpire", "ctexpire", number_range(0xFFFFFFFF), invert=True),
    Option("ctdir", "ctdir", choice(("ORIGINAL", "REPLY"), fold=True)),
)


def _address(name: str) -> Callable[[Given], Pred]:
    return lambda given: masked(_ADDRESSES[name], *given.value)


def _expires(given: Given) -> Pred:
    """Whole seconds left (nf_ct_expires). Since the timer started a tick may have passed, or none."""
    low, high = given.value
    missed = Opaque("whether the clock ticked since the timer started")
    return any_of(
        (between(CT_EXPIRES, low + 1, high), all_of((one_of(CT_EXPIRES, {low, high + 1} - {_NEVER}), missed)))
    )


def _port(name: str) -> Callable[[Given], Pred]:
    return lambda given: between(_PORTS[name], *given.value)


_OF_THE_ENTRY: dict[str, Callable[[Given], Pred]] = {
    "ctproto": lambda given: equals(CT_PROTO, given.value),
    **{name: _address(name) for name in _ADDRESSES},
    **{name: _port(name) for name in _PORTS},
    # NONE is an empty mask, which no entry meets.
    "ctstatus": lambda given: any_of(has_status(CtStatus[name]) for name in sorted(given.value)),
    "ctexpire": _expires,
    "ctdir": lambda given: equals(CT_DIRECTION, 0 if given.value == "ORIGINAL" else 1),
}


def meaning(arguments: Arguments, family: int) -> Pred:
    """The state first. A packet without an entry then matches if a state was asked for, and not otherwise."""
    entry = all_of(
        negate(of_entry(arguments[key]), arguments[key].inverted)
        for key, of_entry in _OF_THE_ENTRY.items()
        if key in arguments
    )
    state = arguments.get("ctstate")
    if state is None:
        return all_of((TRACKED, entry))
    return all_of((state_meaning(state), any_of((UNTRACKED, entry))))


MODULE = MatchModule(
    name="conntrack", options=OPTIONS, meaning=meaning, conntrack=True, check=at_least_one("-m conntrack")
)
