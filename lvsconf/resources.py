"""Where the data files are: grammars and rules, in the wheel and in a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def data_root() -> Path:
    """The directory that holds `grammars/` and `rules/`.

    A wheel carries them inside the package. A checkout, editable install included, has them beside it, so that
    an edit is seen at once.
    """
    package = Path(__file__).resolve().parent
    packed = package / "_data"
    return packed if packed.is_dir() else package.parent


def grammars_path() -> Path:
    """The directory of the Lark grammars."""
    return data_root() / "grammars"


def grammar_path(name: str) -> Path:
    """The file of one grammar, by its stem."""
    return grammars_path() / f"{name}.lark"


def rules_path() -> Path:
    """The directory of the lint rules' metadata."""
    return data_root() / "rules"
