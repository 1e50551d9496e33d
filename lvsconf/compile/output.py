"""The output directory: writing all of a build or nothing of it, and comparing it with one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MANIFEST = ".lvsconf-build"
"""Lists the files of the last build. Only what it names is ever removed."""


class OutputError(Exception):
    """The directory can't be used; nothing has been changed in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that isn't what a build would write. `kind` is missing, differs or left over."""

    path: str
    kind: str


def compare(directory: Path, files: Mapping[str, str]) -> tuple[Difference, ...]:
    """How a directory differs from a build, by file."""
    return tuple(sorted(_differences(directory, _with_manifest(files)), key=lambda found: found.path))


def _differences(directory: Path, files: Mapping[str, str]) -> Iterator[Difference]:
    for path, text in files.items():
        try:
            found = (directory / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            yield Difference(path, "missing")
            continue
        if found != text.encode():
            yield Difference(path, "differs")
    for path in _left_over(directory, files):
        if (directory / path).exists():
            yield Difference(path, "left over")


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write a build, and remove what the one before it wrote and this one doesn't.

    Everything is written beside its place first, so that a full disk leaves the directory as it was.
    """
    manifested = _with_manifest(files)
    left_over = _left_over(directory, manifested)
    for path in (*manifested, *left_over):
        _refuse_elsewhere(directory, path)
    with _Staged(directory) as staged:
        for path, text in manifested.items():
            staged.add(path, text)
        staged.commit(remove=left_over)


def _with_manifest(files: Mapping[str, str]) -> dict[str, str]:
    head = "# Written by `lvsconf build`: the files that the next build may remove.\n"
    # the manifest comes last: until it is there, the next build still knows of the files before
    return {**files, MANIFEST: head + "".join(f"{path}\n" for path in sorted(files))}


def _left_over(directory: Path, files: Iterable[str]) -> list[str]:
    try:
        text = (directory / MANIFEST).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError as error:
        raise OutputError(f"{directory / MANIFEST} is not a list of files") from error
    listed = [line for line in text.splitlines() if line and not line.startswith("#")]
    for path in listed:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise OutputError(f"{directory / MANIFEST} names {path!r}, which is outside of {directory}")
    return [path for path in listed if path not in set(files)]


def _refuse_elsewhere(directory: Path, path: str) -> None:
    """Refuse a place that can't be written, or that a link leads out of the directory."""
    target = directory / path
    if target.is_dir():
        raise OutputError(f"{target} is a directory")
    for parent in (target.parent, directory):
        if parent.exists() and not parent.is_dir():
            raise OutputError(f"{parent} is not a directory")
    if not target.parent.resolve().is_relative_to(directory.resolve()):
        raise OutputError(f"{target.parent} leads out of {directory}")


class _Staged:
    """Files written beside their places. What has not been committed goes again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting: list[tuple[str, Path]] = []
        self._made: list[Path] = []

    def __enter__(self) -> _Staged:
        return self

    def add(self, path: str, text: str) -> None:
        """Write a file beside its place."""
        target = self._directory / path
        self._make(target.parent)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        self._waiting.append((name, target))
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is a descriptor
            file.write(text.encode())
        Path(name).chmod(0o755 if target.suffix == ".sh" else 0o644)

    def commit(self, remove: Iterable[str]) -> None:
        """Put everything in its place, the manifest after the removals."""
        *rest, manifest = self._waiting
        for waiting in rest:
            self._place(waiting)
        for path in remove:
            target = self._directory / path
            target.unlink(missing_ok=True)
            if target.parent != self._directory:
                with suppress(OSError):  # something else is in it
                    target.parent.rmdir()
        self._place(manifest)
        self._made.clear()

    def _place(self, waiting: tuple[str, Path]) -> None:
        name, target = waiting
        os.replace(name, target)  # noqa: PTH105 - Path.replace is the same
        self._waiting.remove(waiting)

    def _make(self, directory: Path) -> None:
        missing = [found for found in (directory, *directory.parents) if not found.exists()]
        for found in reversed(missing):
            found.mkdir()
            self._made.append(found)

    def __exit__(self, *_: object) -> None:
        for name, _target in self._waiting:
            Path(name).unlink(missing_ok=True)
        for directory in reversed(self._made):
            with suppress(OSError):  # a file came in meanwhile
                directory.rmdir()
