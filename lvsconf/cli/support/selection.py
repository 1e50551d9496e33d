"""Which rules are meant by `--select` and `--ignore`."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.cli.support.errors import unknown
from lvsconf.lint.registry import codes, rules


def selection(words: Iterable[str] | None) -> tuple[str, ...]:
    """Codes, beginnings of codes and names of rules; one that no rule has is an error, not an empty choice."""
    wanted = [word.strip() for group in words or () for word in group.split(",") if word.strip()]
    chosen = []
    for word in wanted:
        if any(code.startswith(word.upper()) for code in codes()):
            chosen.append(word.upper())
        elif any(rule.slug == word.lower() for rule in rules()):
            chosen.append(word.lower())
        else:
            raise unknown("rule", word, [*codes(), *(rule.slug for rule in rules())])
    return tuple(dict.fromkeys(chosen))
