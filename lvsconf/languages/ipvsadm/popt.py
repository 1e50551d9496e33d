"""How popt finds options in the words of a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsconf.languages.ipvsadm.options import BY_WORD, Option, Takes
from lvsconf.languages.lines import Word
from lvsconf.languages.suggest import suggestion

Columns = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One option of a line, or a word that is none.

    `option` is None for a plain argument, and where `fault` says why the words can't be understood. `place` is where
    the option is written, `value_place` where its value stands. Columns count from 1, the end is one past.
    """

    option: Option | None
    text: str
    place: Columns
    value: str | None = None
    value_place: Columns | None = None
    fault: str = ""
    help: str = ""

    @property
    def at(self) -> Columns:
        """The value if there is one, otherwise the option."""
        return self.value_place or self.place


def options_of(words: Sequence[Word]) -> Iterator[Found]:
    """The options and arguments in order. After `--` all words are arguments, a lone `-` always is one."""
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.text == "--":
            yield from (_argument(each) for each in words[position:])
            return
        if not word.text.startswith("-") or word.text == "-":
            yield _argument(word)
            continue
        found = list(_options_in(word))
        last = found[-1]
        if last.fault:
            while position < len(words) and not words[position].text.startswith("-"):
                position += 1  # probably the values of what is not known
        elif last.option is not None and last.value is None and last.option.takes is not Takes.NOTHING:
            follows = words[position] if position < len(words) else None
            if follows is not None and not (last.option.takes is Takes.PERHAPS and follows.text.startswith("-")):
                position += 1
                columns = (follows.column, follows.end_column)
                found[-1] = Found(last.option, last.text, last.place, follows.text, columns)
            elif last.option.takes is Takes.VALUE:
                found[-1] = Found(None, last.text, last.place, fault=f"`{last.text}` wants a value")
        yield from found


def _argument(word: Word) -> Found:
    return Found(None, word.text, (word.column, word.end_column))


def _options_in(word: Word) -> Iterator[Found]:
    """The options that one word holds: `--name`, `--name=value`, `-x`, `-xvalue`, `-x=value`, `-xyz`."""
    if word.text.startswith("--"):
        name, equals, value = word.text.partition("=")
        yield _found(word, name, word.column, equals, value)
        return
    for index in range(1, len(word.text)):
        name, rest = f"-{word.text[index]}", word.text[index + 1 :]
        option = BY_WORD.get(name)
        takes = option is not None and option.takes is not Takes.NOTHING
        if option is None or takes or rest.startswith("="):
            equals = rest[:1] if rest.startswith("=") else "=" if rest and takes else ""
            yield _found(word, name, word.column, equals, rest.removeprefix("="))
            return
        yield Found(option, name, (word.column, word.end_column))


def _found(word: Word, name: str, column: int, equals: str, value: str) -> Found:
    option = BY_WORD.get(name)
    place = (column, word.end_column)
    if option is None:
        near = suggestion(name, (each for each in BY_WORD if each.startswith("--")))
        return Found(None, word.text, place, fault=f"`{_short(name)}` is no option of ipvsadm", help=near)
    if not equals:
        return Found(option, name, place)
    if option.takes is Takes.NOTHING:
        return Found(None, word.text, place, fault=f"`{name}` takes no value")
    return Found(option, name, place, value, (word.end_column - len(value), word.end_column))


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:79]}…"
