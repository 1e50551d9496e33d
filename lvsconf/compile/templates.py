"""The templates, and the guard that lets nothing but Words and numbers out of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined

from lvsconf.compile.quoting import UnsafeTextError, Word


def _finalize(value: Any) -> Any:
    # An Undefined explains itself better than this could. True is an int, but no number.
    if isinstance(value, (Word, Undefined)) or type(value) is int:
        return value
    raise UnsafeTextError(f"{value!r} has not been quoted")


def environment() -> Environment:
    """Jinja as the templates expect it."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - nothing here is HTML; the guard is `finalize`
    )


_environment = cache(environment)


def render(template: str, **values: Any) -> str:
    """The text of a template. Raises UnsafeTextError for a value that is no Word."""
    return _environment().get_template(template).render(values)
