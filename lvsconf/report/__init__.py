"""How results are shown: one module for each output format.

A module here that has a `write_findings(result, out, look)` is a format of `lvsconf lint`.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, TextIO, cast

from lvsconf.findings import Result
from lvsconf.report.drawing.screen import Look


class Writer(Protocol):
    """Shows the findings of one run."""

    def __call__(self, result: Result, out: TextIO, look: Look) -> None:
        """Write all of them to `out`."""


def formats() -> tuple[str, ...]:
    """The formats of findings, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return tuple(name for name in names if writer(name) is not None)


def writer(name: str) -> Writer | None:
    """The writer of one format; None when there is none of that name."""
    if name not in {module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg}:
        return None
    module = importlib.import_module(f"{__name__}.{name}")
    return cast("Writer | None", getattr(module, "write_findings", None))
