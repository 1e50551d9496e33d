"""Outputs that are compared with a file."""

from __future__ import annotations

from pathlib import Path


def assert_golden(path: Path, text: str, *, update: bool = False) -> None:
    """The text is that of the file. With `--update-golden` the file is written, to be read before it is kept."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.is_file(), f"{path.name} is missing; write it with pytest --update-golden"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; see what changed with --update-golden"
