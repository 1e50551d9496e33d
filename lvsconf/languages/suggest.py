"""`did you mean`, for words that are nearly right."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?` for the nearest known word, or nothing."""
    from difflib import get_close_matches  # only a mistake pays for the import

    if len(word) > 64:
        return ""
    near = get_close_matches(word, sorted(set(known)), n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`?" if near else ""
