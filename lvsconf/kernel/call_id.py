"""The Call-ID of a SIP message, as the kernel finds it.

net/netfilter/ipvs/ip_vs_pe_sip.c get_callid; net/netfilter/nf_conntrack_sip.c ct_sip_get_header, callid_len.
"""

from __future__ import annotations

LONGEST = 255
"""IP_VS_PEDATA_MAXLEN."""

_NAME, _COMPACT = b"call-id", b"i"
_BLANKS, _ENDS = b" \t", b"\r\n"
_WORD = frozenset(b"!\"%()*+:<>?[\\]_`{}~-./'")


def call_id(said: bytes) -> bytes | None:
    """The Call-ID of the payload; None for none that can be read, too long a one, or one that no line end follows."""
    start = 0
    while True:
        found = _header(said, start)
        if found is None:
            return None
        offset, length = found
        if length:
            break
        start += offset
    end = offset + length
    if length > LONGEST or said[end : end + 1] not in (b"\r", b"\n"):
        return None
    return said[offset:end]


def _header(said: bytes, start: int) -> tuple[int, int] | None:
    """Where the first Call-ID header's value begins from `start` on, and its length, 0 where it is none."""
    place = start
    while place < len(said):
        if said[place] not in _ENDS:
            place += 1
            continue
        place += 2 if said[place : place + 2] == b"\r\n" else 1
        if place >= len(said):
            return None
        size = 0 if said[place] in _BLANKS else _named(said, place)
        if not size:
            place += 1
            continue
        value = _blanks(said, place + size)
        if value is None or said[value : value + 1] != b":" or value + 1 >= len(said):
            return None
        value = _blanks(said, value + 1)
        return None if value is None else (value, _length(said, value))
    return None


def _named(said: bytes, place: int) -> int:
    """The length of the header's name at a place; its short form must not go on with a letter."""
    if said[place : place + len(_NAME)].lower() == _NAME:
        return len(_NAME)
    short = said[place : place + 1].lower() == _COMPACT and place + 1 < len(said)
    return 1 if short and not _is_letter(said[place + 1]) else 0


def _blanks(said: bytes, place: int) -> int | None:
    """sip_skip_whitespace: past blanks, and once on to a line that continues this one."""
    while place < len(said) and said[place] in _BLANKS:
        place += 1
    if place < len(said) and said[place] in _ENDS:
        place += 2 if said[place : place + 2] == b"\r\n" else 1
        if place >= len(said) or said[place] not in _BLANKS:
            return None
        while place < len(said) and said[place] in _BLANKS:
            place += 1
    return place if place < len(said) else None


def _length(said: bytes, place: int) -> int:
    """callid_len: a word, or two with an @ between them."""
    length = _word(said, place)
    if not length or said[place + length : place + length + 1] != b"@":
        return length
    domain = _word(said, place + length + 1)
    return length + 1 + domain if domain else 0


def _word(said: bytes, place: int) -> int:
    end = place
    while end < len(said) and (_is_letter(said[end]) or said[end] in b"0123456789" or said[end] in _WORD):
        end += 1
    return end - place


def _is_letter(octet: int) -> bool:
    """lib/ctype.c: the letters of Latin 1."""
    return bytes([octet]).isalpha() or (octet >= 0xC0 and octet not in (0xD7, 0xF7))
