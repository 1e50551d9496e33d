"""What match and target on ipsets share."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, OptionError

_NAME_LIMIT = 31
_DIMENSIONS = 6


def set_and_directions() -> Codec:
    """The name of a set, and `src` or `dst` for each of its dimensions, of which only the start is looked at."""

    def parse(words: tuple[str, ...], family: int) -> tuple[str, str]:
        name, directions = words
        if not 1 <= len(name.encode("utf-8", "surrogateescape")) <= _NAME_LIMIT:
            raise OptionError(f"the name of a set has 1 to {_NAME_LIMIT} bytes")
        parts = [part[:3] for part in directions.split(",")]
        if not set(parts) <= {"src", "dst"} or len(parts) > _DIMENSIONS:
            raise OptionError(f"{directions!r} is not a list of at most {_DIMENSIONS} src and dst")
        return name, ",".join(parts)

    return Codec(2, parse, lambda value, family: value, "the name of a set, and src or dst for each dimension")
