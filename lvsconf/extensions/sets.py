"""What match and target on ipsets share."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, OptionError


def set_and_directions() -> Codec:
    """The name of a set, and `src` or `dst` for each of its dimensions."""

    def parse(words: tuple[str, ...], family: int) -> tuple[str, str]:
        name, directions = words
        if len(name) > 31:
            raise OptionError(f"the set name {name!r} is longer than 31 characters")
        parts = directions.split(",")
        if not all(part.lower() in ("src", "dst") for part in parts) or len(parts) > 6:
            raise OptionError(f"{directions!r} is not a list of at most six src and dst")
        return name, directions.lower()

    return Codec(2, parse, lambda value, family: value, "the name of a set, and src or dst for each dimension")
