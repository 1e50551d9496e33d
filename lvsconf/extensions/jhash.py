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
    return _final(*((word + start) & _WORD for word in (*words, 0, 0)[:3]))


def jhash_array(words: Sequence[int], seed: int) -> int:
    """jhash2 of four words."""
    a = b = c = (_INITVAL + (len(words) << 2) + seed) & _WORD
    a, b, c = ((part + word) & _WORD for part, word in zip((a, b, c), words, strict=False))
    for shift in (4, 6, 8, 16, 19, 4):
        # __jhash_mix; the three words take turns.
        a = ((a - c) & _WORD) ^ _rotated(c, shift)
        c = (c + b) & _WORD
        a, b, c = b, c, a
    a = (a + words[3]) & _WORD
    return _final(a, b, c)


def _final(a: int, b: int, c: int) -> int:
    """__jhash_final."""
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
