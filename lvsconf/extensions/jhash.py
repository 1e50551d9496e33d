"""Jenkins' hash as the kernel has it (include/linux/jhash.h), on a little-endian machine."""

from __future__ import annotations

from collections.abc import Sequence

_WORD = 0xFFFFFFFF
_INITVAL = 0xDEADBEEF


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _WORD


def jhash_words(words: Sequence[int], seed: int) -> int:
    """jhash_1word, jhash_2words, jhash_3words: one to three words, filled up with 0."""
    start = (_INITVAL + (len(words) << 2) + seed) & _WORD
    a, b, c = ((word + start) & _WORD for word in (*words, 0, 0)[:3])
    c = ((c ^ b) - _rotated(b, 14)) & _WORD
    a = ((a ^ c) - _rotated(c, 11)) & _WORD
    b = ((b ^ a) - _rotated(a, 25)) & _WORD
    c = ((c ^ b) - _rotated(b, 16)) & _WORD
    a = ((a ^ c) - _rotated(c, 4)) & _WORD
    b = ((b ^ a) - _rotated(a, 14)) & _WORD
    return ((c ^ b) - _rotated(b, 24)) & _WORD


def scaled(value: int, parts: int) -> int:
    """reciprocal_scale: a hash of 32 bits as a number below `parts`."""
    return value * parts >> 32


def network_order(address: int) -> int:
    """An IPv4 address as the machine reads the word of the header."""
    return int.from_bytes(address.to_bytes(4, "big"), "little")
