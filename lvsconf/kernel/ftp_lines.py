"""Where an FTP command or answer says that a data connection will go, as conntrack's helper reads it.

net/netfilter/nf_conntrack_ftp.c find_pattern, try_rfc959, try_rfc1123, try_eprt, try_epsv_response, get_port.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv6Address

_DIGITS = b"0123456789"
_WORD = 0xFFFFFFFF


class Kind(Enum):
    """Which of them it is (enum nf_ct_ftp_type)."""

    PORT = "PORT"
    EPRT = "EPRT"
    PASV = "227"
    EPSV = "229"


@dataclass(frozen=True, slots=True)
class Told:
    """The place in the payload, and what stands there; `address` is None where none is named."""

    kind: Kind
    offset: int
    length: int
    address: int | None
    port: int


class PartialLineError(Exception):
    """The payload begins as such a line does, and the rest of it can't be read: the packet is dropped."""


@dataclass(frozen=True, slots=True)
class _Line:
    kind: Kind
    begins: bytes
    skip: bytes
    term: bytes
    read: Callable[[bytes, int, bytes, int], tuple[int, int, int | None, int] | None]


def told(said: bytes, *, reply: bool, version: int) -> Told | None:
    """What a packet's payload tells, None for nothing; PartialLineError as said there."""
    for line in _LINES[reply]:
        size = len(line.begins)
        if said[:size].upper() != line.begins[: len(said)]:
            continue
        if len(said) <= size:
            raise PartialLineError
        start = size
        if line.skip:
            found = said.find(line.skip, size, len(said) - 1)
            if found < 0:
                raise PartialLineError
            start = found + 1
        numbers = line.read(said, start, line.term, version)
        if numbers is None:
            raise PartialLineError
        offset, length, address, port = numbers
        return Told(line.kind, offset, length, address, port)
    return None


def _numbers(said: bytes, start: int, count: int, between: bytes, term: bytes) -> tuple[int, list[int]] | None:
    """try_number: the length of what was read, and the numbers."""
    found = [0]
    for place in range(start, len(said)):
        char = said[place : place + 1]
        if char in _DIGITS:
            found[-1] = (found[-1] * 10 + int(char)) & _WORD
        elif char == between:
            found.append(0)
            if len(found) > count:
                return None
        elif char == term or not term:
            return (place - start, found) if len(found) == count else None
        else:
            return None
    return None


def _commas(said: bytes, start: int, term: bytes, _version: int) -> tuple[int, int, int | None, int] | None:
    """try_rfc959: 192,168,1,1,5,6."""
    read = _numbers(said, start, 6, b",", term)
    if read is None:
        return None
    length, (*address, high, low) = read
    return start, length, _joined(address), (high << 8 | low) & 0xFFFF


def _joined(parts: list[int]) -> int:
    total = 0
    for shift, part in zip((24, 16, 8, 0), parts, strict=True):
        total |= part << shift & _WORD
    return total


def _after_digits(said: bytes, start: int, _term: bytes, version: int) -> tuple[int, int, int | None, int] | None:
    """try_rfc1123: the same from the first digit on, whatever ends it."""
    first = next((place for place in range(start, len(said)) if said[place : place + 1] in _DIGITS), None)
    return None if first is None else _commas(said, first, b"", version)


def _delimiter(said: bytes, start: int) -> bytes | None:
    found = said[start : start + 1]
    if len(said) - start <= 3 or found in _DIGITS or not 33 <= found[0] <= 126:
        return None
    return found


def _eprt(said: bytes, start: int, _term: bytes, version: int) -> tuple[int, int, int | None, int] | None:
    """try_eprt: |1|132.235.1.2|6275| or |2|3ffe::1|6275|."""
    mark = _delimiter(said, start)
    wanted = b"1" if version == 4 else b"2"
    if mark is None or said[start + 2 : start + 3] != mark or said[start + 1 : start + 2] != wanted:
        return None
    first = start + 3
    if version == 4:
        read = _numbers(said, first, 4, b".", mark)
        if read is None:
            return None
        length, address = read[0], _joined(read[1])
    else:
        length = said.find(mark, first) - first
        try:
            address = int(IPv6Address(said[first : first + length].decode("ascii", "replace"))) if length > 0 else 0
        except AddressValueError:
            return None
        if length <= 0:
            return None
    port = _port(said, first + length + 1, mark)
    return None if port is None else (start, port[0] - start, address, port[1])


def _epsv(said: bytes, start: int, _term: bytes, _version: int) -> tuple[int, int, int | None, int] | None:
    """try_epsv_response: |||6446|."""
    mark = _delimiter(said, start)
    if mark is None or said[start + 1 : start + 3] != mark * 2:
        return None
    port = _port(said, start + 3, mark)
    return None if port is None else (start, port[0] - start, None, port[1])


def _port(said: bytes, start: int, mark: bytes) -> tuple[int, int] | None:
    """get_port: where it ends, and the number, which has 16 bits."""
    port = 0
    for place in range(start, len(said)):
        char = said[place : place + 1]
        if char == mark:
            return (place + 1, port) if port else None
        if char not in _DIGITS:
            return None
        port = (port * 10 + int(char)) & 0xFFFF
    return None


_LINES: dict[bool, tuple[_Line, ...]] = {
    False: (_Line(Kind.PORT, b"PORT", b" ", b"\r", _commas), _Line(Kind.EPRT, b"EPRT", b" ", b"\r", _eprt)),
    True: (_Line(Kind.PASV, b"227 ", b"", b"", _after_digits), _Line(Kind.EPSV, b"229 ", b"(", b")", _epsv)),
}
"""`search`, by direction."""
