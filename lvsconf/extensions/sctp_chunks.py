"""Lists of SCTP chunk types with flags, as iptables reads and prints them (libxt_sctp.c)."""

from __future__ import annotations

from lvsconf.extensions.options import OptionError

Chunks = frozenset[tuple[str, str]] | None
"""Chunk types with their flags, a capital for one that is set; None for all types there can be."""

_TYPES = {
    "DATA": 0, "INIT": 1, "INIT_ACK": 2, "SACK": 3, "HEARTBEAT": 4, "HEARTBEAT_ACK": 5, "ABORT": 6, "SHUTDOWN": 7,
    "SHUTDOWN_ACK": 8, "ERROR": 9, "COOKIE_ECHO": 10, "COOKIE_ACK": 11, "ECN_ECNE": 12, "ECN_CWR": 13,
    "SHUTDOWN_COMPLETE": 14, "I_DATA": 64, "ASCONF_ACK": 128, "RE_CONFIG": 130, "PAD": 132, "FORWARD_TSN": 192,
    "ASCONF": 193, "I_FORWARD_TSN": 194,
}  # fmt: skip
_FLAGS = {"DATA": "IUBE", "ABORT": "T", "SHUTDOWN_COMPLETE": "T", "I_DATA": "IUBE"}
_WITH_FLAGS = 4
"""So many chunk types can have flags in one match."""

_SAVED_WITH_FLAGS = 14
"""Flags of types beyond this one are not printed."""


def chunk_list(text: str) -> Chunks:
    """`TYPE[:FLAGS],…`, `ALL` or `NONE`, in any case; empty parts are skipped."""
    whole = text.upper()
    if whole in ("ALL", "NONE"):
        return None if whole == "ALL" else frozenset()
    found: dict[str, set[str]] = {}
    for part in filter(None, text.split(",")):
        name, colon, flags = part.partition(":")
        known = _FLAGS.get(name.upper(), "")
        if name.upper() not in _TYPES or not set(flags.upper()) <= set(known):
            raise OptionError(f"{part!r} is not an SCTP chunk type{' with its flags' if colon else ''}")
        found.setdefault(name.upper(), set()).update(flags)
    if sum(bool(flags) for flags in found.values()) > _WITH_FLAGS:
        raise OptionError(f"at most {_WITH_FLAGS} chunk types can have flags")
    return frozenset((name, _in_order(name, flags)) for name, flags in found.items())


def chunk_number(name: str) -> int:
    """The number of a chunk type."""
    return _TYPES[name]


def _in_order(name: str, flags: set[str]) -> str:
    """A flag that is wanted set and not set counts as set."""
    return "".join(
        flag if flag in flags else flag.lower() for flag in _FLAGS.get(name, "") if {flag, flag.lower()} & flags
    )


def show_chunks(chunks: Chunks) -> str:
    """The list in the order of the types' numbers."""
    if chunks is None:
        return "ALL"
    shown = [
        f"{name}:{flags}" if flags and _TYPES[name] <= _SAVED_WITH_FLAGS else name
        for name, flags in sorted(chunks, key=lambda chunk: _TYPES[chunk[0]])
    ]
    return ",".join(shown) or "NONE"


def loses_flags(chunks: Chunks) -> bool:
    """Whether iptables-save prints the list without some of its flags."""
    return any(flags and _TYPES[name] > _SAVED_WITH_FLAGS for name, flags in chunks or ())
