"""Texts that a module prints in its own way, not through xtables_save_string."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted, cut
from lvsconf.extensions.options import Codec, OptionError


def quoted_text(limit: int) -> Codec:
    """A text of at most `limit` bytes, always printed between quotes."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if len(words[0].encode("utf-8", "surrogateescape")) > limit:
            raise OptionError(f"the text is longer than {limit} bytes")
        return words[0]

    return Codec(1, parse, lambda value, family: (Quoted(value),), f"a text of at most {limit} bytes")


def cut_word(limit: int, empty: bool = False) -> Codec:
    """A word that iptables cuts to `limit` bytes and prints without quotes; an empty one, if it may be, not at all."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if not words[0] and not empty:
            raise OptionError("an empty word won't do")
        return cut(words[0], limit)

    return Codec(
        1, parse, lambda value, family: (value,) if value else None, f"a word, of which {limit} bytes are kept"
    )


def proc_name(limit: int, expects: str) -> Codec:
    """A word of which `limit` bytes are kept, and which becomes the name of a file in /proc (xt_check_proc_name)."""

    def parse(words: tuple[str, ...], family: int) -> str:
        kept = cut(words[0], limit)
        if kept in ("", ".", "..") or "/" in kept:
            raise OptionError(f"{words[0]!r} can't be the name of a file in /proc")
        return kept

    return Codec(1, parse, lambda value, family: (value,), expects)
