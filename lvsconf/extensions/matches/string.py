"""`-m string`: bytes that stand somewhere in the packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted, choice, flag, integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments

_LIMIT = 128
_TOP = 0xFFFF


def _limited(pattern: bytes) -> bytes:
    if not 1 <= len(pattern) <= _LIMIT:
        raise OptionError(f"the text to look for must have 1 to {_LIMIT} bytes")
    return pattern


def _parse(words: tuple[str, ...], family: int) -> bytes:
    return _limited(words[0].encode("utf-8", "surrogateescape"))


def _parse_hex(words: tuple[str, ...], family: int) -> bytes:
    """Text with `|…|` around bytes in hexadecimal; a backslash takes the next character as it is."""
    found = bytearray()
    text = words[0]
    place = 0
    while place < len(text):
        if text[place] == "|":
            end = text.find("|", place + 1)
            if end < 0:
                raise OptionError("a `|` is missing")
            found += _hex(text[place + 1 : end])
            place = end + 1
        else:
            place += text[place] == "\\" and place + 1 < len(text)
            found += text[place].encode("utf-8", "surrogateescape")
            place += 1
    return _limited(bytes(found))


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise OptionError(f"{text!r} is not a number of bytes in hexadecimal") from None


def _show(value: bytes, family: int) -> tuple[str, ...]:
    return (Quoted(value.decode("ascii")),)


def _show_hex(value: bytes, family: int) -> tuple[str, ...]:
    return (Quoted(f"|{value.hex()}|"),)


_ALGORITHM = Option("algo", "algo", choice(("bm", "kmp")), required=True)
_TEXT = Option("string", "pattern", Codec(1, _parse, _show, "a text"), invert=True)
_HEX = Option("hex-string", "pattern", Codec(1, _parse_hex, _show_hex, "a text with bytes as |0a|"), invert=True)
_REST = (
    Option("from", "from", integer(0, _TOP)),
    Option("to", "to", integer(0, _TOP)),
    Option("icase", "icase", flag()),
)
_DEFAULTS = {"from": 0, "to": _TOP}


def check(arguments: Arguments, family: int) -> None:
    """Something to look for, in an order that makes sense."""
    if "pattern" not in arguments:
        raise OptionError("-m string needs --string or --hex-string")
    if "from" in arguments and "to" in arguments and arguments["from"].value > arguments["to"].value:
        raise OptionError("-m string: --from lies behind --to")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Bytes that can be printed are printed as text, others all in hexadecimal; the defaults are left out."""
    pattern = arguments["pattern"].value
    printable = pattern.isascii() and pattern.decode("ascii").isprintable()
    kept = {key: given for key, given in arguments.items() if given.value != _DEFAULTS.get(key, -1)}
    return option_words((_TEXT if printable else _HEX, _ALGORITHM, *_REST), kept, family)


MODULE = MatchModule(name="string", options=(_TEXT, _HEX, _ALGORITHM, *_REST), save=save, check=check)
