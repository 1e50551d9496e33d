"""How to show things on the stream that is at hand."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from lvsconf.cli.support.options import When
from lvsconf.report.drawing.screen import Look

_LEAST, _MOST = 40, 120


def look_for(stream: TextIO, when: When = When.AUTO, *, quiet: bool = False) -> Look:
    """Colours and width for a stream. What is not a terminal is 80 columns wide, so that output is always the same."""
    terminal = stream.isatty()
    width = min(max(shutil.get_terminal_size().columns, _LEAST), _MOST) if terminal else 80
    return Look(colour=_coloured(terminal, when), width=width, quiet=quiet)


def _coloured(terminal: bool, when: When) -> bool:
    if when is not When.AUTO:
        return when is When.ALWAYS
    # https://no-color.org: set and not empty, whatever its value.
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"
