"""Schedulers that choose by a hash of the packet's addresses (ip_vs_sh.c, ip_vs_dh.c, ip_vs_mh.c).

Real servers are numbered as the kernel walks them, from the newest to the oldest. A table says which of them each
bucket belongs to; nothing in it depends on connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import cycle
from math import gcd

from lvsconf.model.ipvs import Address

BITS = 8
"""CONFIG_IP_VS_SH_TAB_BITS and CONFIG_IP_VS_DH_TAB_BITS."""

SIZE = 1 << BITS
MH_BITS, MH_SIZE = 6, 4093
"""What CONFIG_IP_VS_MH_TAB_INDEX=12, the default, stands for."""

_GOLDEN_RATIO = 0x61C88647
_WORD, _LONG = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_FIRST, _SECOND = 2654435761, 2654446892
"""generate_hash_secret: no secret at all."""


def fold(address: int, bits: int) -> int:
    """An address as 32 bits: those of IPv6 are put together."""
    folded = 0
    for shift in range(0, bits, 32):
        folded ^= address >> shift & _WORD
    return folded


def hash_32(value: int) -> int:
    """include/linux/hash.h hash_32, of which the tables of sh and dh take the upper bits."""
    return ((value & _WORD) * _GOLDEN_RATIO & _WORD) >> (32 - BITS)


def hsiphash(value: int, key: int) -> int:
    """lib/siphash.c hsiphash_1u32 as 64-bit kernels have it (SipHash-1-3), with both halves of the key alike."""
    v0, v1 = 0x736F6D6570736575 ^ key, 0x646F72616E646F6D ^ key
    v2, v3 = 0x6C7967656E657261 ^ key, 0x7465646279746573 ^ key
    block = 4 << 56 | value & _WORD
    v0, v1, v2, v3 = _round(v0, v1, v2, v3 ^ block)
    v0, v2 = v0 ^ block, v2 ^ 0xFF
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return (v0 ^ v1 ^ v2 ^ v3) & _WORD


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _LONG


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0, v2 = v0 + v1 & _LONG, v2 + v3 & _LONG
    v1, v3 = _rotated(v1, 13) ^ v0, _rotated(v3, 16) ^ v2
    v0, v2 = _rotated(v0, 32) + v3 & _LONG, v2 + v1 & _LONG
    v1, v3 = _rotated(v1, 17) ^ v2, _rotated(v3, 21) ^ v0
    return v0, v1, _rotated(v2, 32), v3


@lru_cache(maxsize=256)
def sh_table(weights: tuple[int, ...]) -> tuple[int, ...]:
    """ip_vs_sh_reassign: each real server gets as many buckets in a row as it has weight, and one with weight 0."""
    row = [place for place, weight in enumerate(weights) for _ in range(max(weight, 1))]
    return tuple(place for place, _ in zip(cycle(row), range(SIZE), strict=False))


@lru_cache(maxsize=256)
def dh_table(count: int) -> tuple[int, ...]:
    """ip_vs_dh_reassign: the buckets in turn."""
    return tuple(bucket % count for bucket in range(SIZE))


@lru_cache(maxsize=256)
def mh_table(servers: tuple[tuple[Address, int], ...], weights: tuple[int, ...]) -> tuple[int, ...] | None:
    """ip_vs_mh_populate, Google's Maglev: each real server fills the next free bucket of its own row in turn.

    None where no real server has weight. An address of another family than the service's is hashed like its own.
    """
    step = gcd(*weights)
    if not step:
        return None
    shift = max((max(weights) // step).bit_length() - MH_BITS, 0)
    turns = [(weight // step >> shift) or int(weight != 0) for weight in weights]
    places, skips = [], []
    for address, port in servers:
        value = fold(int(address), address.max_prefixlen) + port
        places.append(hsiphash(value, _FIRST) % MH_SIZE)
        skips.append(hsiphash(value, _SECOND) % (MH_SIZE - 1) + 1)
    table = [-1] * MH_SIZE
    filled = 0
    while True:
        for server, count in enumerate(turns):
            for _ in range(count):
                while table[places[server]] >= 0:
                    places[server] = (places[server] + skips[server]) % MH_SIZE
                table[places[server]] = server
                filled += 1
                if filled == MH_SIZE:
                    return tuple(table)


def sh_bucket(address: int, port: int, offset: int) -> int:
    """ip_vs_sh_hashkey."""
    return (offset + hash_32(port + address)) % SIZE


def mh_bucket(address: int, port: int, offset: int) -> int:
    """ip_vs_mh_hashkey."""
    return hsiphash(offset + port + address, _FIRST) % MH_SIZE


def chosen(
    table: Sequence[int],
    bucket: Callable[[int, int, int], int],
    client: tuple[int, int],
    usable: Sequence[bool],
    *,
    fallback: bool,
) -> int | None:
    """The real server of a client's (folded) address and port; with `fallback` another one where it takes nothing."""
    first = bucket(*client, 0)
    server = table[first]
    if usable[server]:
        return server
    if not fallback:
        return None
    for offset in range(len(table)):
        server = table[bucket(*client, (offset + first) % len(table))]
        if usable[server]:
            return server
    return None
