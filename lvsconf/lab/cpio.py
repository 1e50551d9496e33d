"""Writing cpio archives in the format an initramfs is made of."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One file, directory, link or device of an archive; `name` has no leading slash."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


class Archive:
    """The content of an archive; later entries of one name replace earlier ones."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def file(self, name: str, data: bytes | str, executable: bool = False) -> None:
        """Add a regular file."""
        content = data.encode() if isinstance(data, str) else data
        self._add(Entry(name.strip("/"), stat.S_IFREG | (0o755 if executable else 0o644), content))

    def link(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self._add(Entry(name.strip("/"), stat.S_IFLNK | 0o777, target.encode()))

    def directory(self, name: str) -> None:
        """Add a directory and those above it."""
        parts = name.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            path = "/".join(parts[:count])
            if path and path not in self._entries:
                self._entries[path] = Entry(path, stat.S_IFDIR | 0o755)

    def character_device(self, name: str, major: int, minor: int) -> None:
        """Add a device node."""
        self._add(Entry(name.strip("/"), stat.S_IFCHR | 0o600, b"", (major, minor)))

    def tree(self, source: Path, name: str) -> None:
        """Add the regular files below a directory of this host."""
        for path in sorted(source.rglob("*")):
            if path.is_file():
                self.file(f"{name}/{path.relative_to(source)}", path.read_bytes(), os.access(path, os.X_OK))

    def __contains__(self, name: str) -> bool:
        return name.strip("/") in self._entries

    def _add(self, entry: Entry) -> None:
        self.directory(entry.name.rpartition("/")[0])
        self._entries[entry.name] = entry

    def packed(self) -> bytes:
        """The archive, padded so that a second one can follow it."""
        records = b"".join(self._records())
        return records + bytes(-len(records) % 512)

    def _records(self) -> Iterator[bytes]:
        for number, entry in enumerate(self._entries.values(), 1):
            yield _record(entry, number)
        yield _record(Entry("TRAILER!!!", 0), 0)


def _record(entry: Entry, number: int) -> bytes:
    name = entry.name.encode() + b"\0"
    fields = (number, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
