"""`-m string`: bytes that stand somewhere in the packet."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import Quoted, choice, flag, integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import BytesQuestion, Octets

_LIMIT = 128
_BAR, _BACKSLASH = b"|\\"
_PAIR = re.compile(rb"([0-9A-Fa-f]{2}) ?")
_TOP = 0xFFFF


def _limited(pattern: bytes) -> bytes:
    if not 1 <= len(pattern) <= _LIMIT:
        raise OptionError(f"the text to look for must have 1 to {_LIMIT} bytes")
    return pattern


def _parse(words: tuple[str, ...], family: int) -> bytes:
    return _limited(words[0].encode("utf-8", "surrogateescape"))


def _parse_hex(words: tuple[str, ...], family: int) -> bytes:
    """Text with `|…|` around bytes in hexadecimal; outside of these a backslash takes the next character as it is.

    As libxt_string.c has it (parse_hex_string): one blank may follow each pair of digits, several may begin a block.
    """
    text = words[0].encode("utf-8", "surrogateescape")
    found = bytearray()
    place, hexadecimal = 0, False
    while place < len(text):
        if text[place] == _BAR:
            hexadecimal = not hexadecimal
            place += 1
            while hexadecimal and text[place : place + 1] == b" ":
                place += 1
            if place >= len(text):
                break
        if hexadecimal:
            digits = _PAIR.match(text, place)
            if digits is None or digits.end() >= len(text):
                raise OptionError(f"{words[0]!r} has no pairs of hexadecimal digits between its two `|`")
            found.append(int(digits[1], 16))
            place = digits.end()
            continue
        if text[place] == _BACKSLASH:
            place += 1
            if place >= len(text):
                raise OptionError("nothing follows the last backslash")
        found.append(text[place])
        place += 1
    return _limited(bytes(found))


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
    printable = pattern.isascii() and pattern.decode("ascii").isprintable() and pattern[-1] != _BACKSLASH
    kept = {key: given for key, given in arguments.items() if given.value != _DEFAULTS.get(key, -1)}
    return option_words((_TEXT if printable else _HEX, _ALGORITHM, *_REST), kept, family)


def _found(pattern: bytes, low: int, high: int, folds: bool, octets: Octets) -> bool | None:
    """skb_find_text: whether the pattern begins at a place from `low` to `high`, and lies in the packet."""

    def same(octet: int | None, wanted: int) -> bool | None:
        if octet is None:
            return None
        return bytes((octet,)).upper() == bytes((wanted,)).upper() if folds else octet == wanted

    unsure = False
    for place in range(low, min(high, len(octets) - len(pattern)) + 1):
        found = [same(octet, wanted) for octet, wanted in zip(octets[place:], pattern, strict=False)]
        if False not in found:
            if None not in found:
                return True
            unsure = True
    return None if unsure else False


def meaning(arguments: Arguments, family: int) -> Pred:
    """The bytes stand somewhere in the packet, its headers included (net/netfilter/xt_string.c, string_mt)."""
    given = arguments["pattern"]
    low, high = (arguments[key].value if key in arguments else _DEFAULTS[key] for key in ("from", "to"))
    folds = "icase" in arguments
    question = BytesQuestion(
        f"the text {' '.join(save(arguments, family))}",
        lambda octets: _found(given.value, low, high, folds, octets),
    )
    return negate(Query(question), given.inverted)


MODULE = MatchModule(name="string", meaning=meaning, options=(_TEXT, _HEX, _ALGORITHM, *_REST), save=save, check=check)
