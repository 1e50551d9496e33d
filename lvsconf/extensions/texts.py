"""Texts that a module prints in its own way, not through xtables_save_string."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted
from lvsconf.extensions.options import Codec, OptionError


def quoted_text(limit: int) -> Codec:
    """A text of 1 to `limit` bytes, always printed between quotes."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if not 1 <= len(words[0].encode("utf-8", "surrogateescape")) <= limit:
            raise OptionError(f"a text of 1 to {limit} bytes is wanted")
        return words[0]

    return Codec(1, parse, lambda value, family: (Quoted(value),), f"a text of 1 to {limit} bytes")


def cut_word(limit: int) -> Codec:
    """A word that iptables cuts to `limit` bytes and prints without quotes."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if not words[0]:
            raise OptionError("an empty word won't do")
        return words[0].encode("utf-8", "surrogateescape")[:limit].decode("utf-8", "surrogateescape")

    return Codec(1, parse, lambda value, family: (value,), f"a word, of which {limit} bytes are kept")
