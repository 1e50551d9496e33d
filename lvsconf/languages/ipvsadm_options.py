"""ipvsadm's options as data, and how popt finds them: no abbreviations, short ones may be bundled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lvsconf.languages.lines import Word
from lvsconf.languages.suggest import suggestion

COMMANDS = {
    "A": "add-service",
    "E": "edit-service",
    "D": "delete-service",
    "a": "add-server",
    "e": "edit-server",
    "d": "delete-server",
    "C": "clear",
    "Z": "zero",
    "R": "restore",
    "S": "save",
    "L": "list",
    "l": "list",
    "set": "set",
    "start-daemon": "start-daemon",
    "stop-daemon": "stop-daemon",
}
"""Commands, by letter; three have only a long name."""

_VALUES = {
    "t": "tcp-service",
    "u": "udp-service",
    "sctp-service": "sctp-service",
    "f": "fwmark-service",
    "s": "scheduler",
    "p": "persistent",
    "M": "netmask",
    "b": "sched-flags",
    "pe": "pe",
    "r": "real-server",
    "w": "weight",
    "x": "u-threshold",
    "y": "l-threshold",
    "tun-type": "tun-type",
    "tun-port": "tun-port",
    "mcast-interface": "mcast-interface",
    "syncid": "syncid",
    "sync-maxlen": "sync-maxlen",
    "mcast-group": "mcast-group",
    "mcast-port": "mcast-port",
    "mcast-ttl": "mcast-ttl",
}
_FLAGS = {
    "6": "ipv6",
    "o": "ops",
    "g": "gatewaying",
    "i": "ipip",
    "m": "masquerading",
    "tun-nocsum": "tun-nocsum",
    "tun-csum": "tun-csum",
    "tun-remcsum": "tun-remcsum",
    "n": "numeric",
}

OPTIONAL_VALUE = frozenset({"persistent"})

_BY_WORD: dict[str, str] = {}
for _table in (COMMANDS, _VALUES, _FLAGS):
    for _short, _long in _table.items():
        if len(_short) == 1:
            _BY_WORD[f"-{_short}"] = _long
        _BY_WORD[f"--{_long}"] = _long

COMMAND_NAMES = frozenset(COMMANDS.values())
VALUE_NAMES = frozenset(_VALUES.values())


@dataclass(frozen=True, slots=True)
class Found:
    """One option in a line. `name` is its long name, None for a word that means nothing; `value` is its value."""

    name: str | None
    words: tuple[Word, ...]
    value: str | None = None
    message: str = ""
    help: str = ""

    @property
    def columns(self) -> tuple[int, int]:
        """Where it stands."""
        return self.words[0].column, self.words[-1].end_column


def options_of(words: tuple[Word, ...]) -> Iterator[Found]:
    """The options of one line in order."""
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        text, _, attached = word.text.partition("=") if word.text.startswith("--") else (word.text, "", "")
        names = [text] if text in _BY_WORD else _bundle(text)
        if not names:
            lost = [word]
            while position < len(words) and not words[position].text.startswith("-"):
                lost.append(words[position])
                position += 1
            yield _unknown(tuple(lost))
            continue
        for part in names[:-1]:
            yield Found(_BY_WORD[part], (word,))
        name = _BY_WORD[names[-1]]
        if name == "set":
            values = words[position : position + 3]
            position += 3
            yield Found(name, (word, *values), " ".join(value.text for value in values))
        elif name not in VALUE_NAMES:
            yield Found(name, (word,), attached or None)
        elif attached:
            yield Found(name, (word,), attached)
        elif position < len(words) and not (name in OPTIONAL_VALUE and words[position].text.startswith("-")):
            yield Found(name, (word, words[position]), words[position].text)
            position += 1
        elif name in OPTIONAL_VALUE:
            yield Found(name, (word,))
        else:
            yield Found(None, (word,), message=f"`{word.text}` wants a value")


def _bundle(text: str) -> list[str]:
    """`-At` as `-A -t`; only the last of a bundle may take a value."""
    if len(text) < 3 or text[0] != "-" or text[1] == "-" or len(text) > 8:
        return []
    names = [f"-{letter}" for letter in text[1:]]
    if not all(name in _BY_WORD for name in names) or any(_BY_WORD[name] in VALUE_NAMES for name in names[:-1]):
        return []
    return names


def _unknown(words: tuple[Word, ...]) -> Found:
    """An option that there is not, with the words that may be its values."""
    text = words[0].text
    known = (name for name in _BY_WORD if name.startswith("--"))
    return Found(None, words, message=f"`{text}` is no option of ipvsadm", help=suggestion(text, known))
