"""Writing mended files: all of a file or nothing, and never over what somebody else wrote meanwhile."""

from __future__ import annotations

import os
import shutil
import tempfile
from codecs import BOM_UTF8
from pathlib import Path

from lvsconf.source import Source


class WriteError(Exception):
    """A file that is left as it is; the message says why."""


def encode(text: str) -> bytes:
    """A text as it stands in its file; bytes that are not UTF-8 went through as surrogates."""
    return text.encode("utf-8", "surrogateescape")


def write(before: Source, after: Source) -> None:
    """Replace a file whose content is still that of `before`. Its mode and owner stay; a symbolic link stays a link."""
    path = Path(before.name)
    try:
        real = path.resolve(strict=True)
        if not real.is_file():
            raise WriteError(f"{before.name} is not a plain file")
        content = real.read_bytes()
        # A byte order mark is no part of the text, and stays.
        mark = BOM_UTF8 if content.startswith(BOM_UTF8) and not before.text.startswith("\ufeff") else b""
        if content != mark + encode(before.text):
            raise WriteError(f"{before.name} has changed since it was read")
        _replace(real, mark + encode(after.text))
    except OSError as error:
        raise WriteError(f"{before.name}: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        status = path.stat()
        mine = fresh.stat()
        if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
            os.chown(fresh, status.st_uid, status.st_gid)
        shutil.copymode(path, fresh)
        fresh.replace(path)
    except BaseException:
        # Also where somebody interrupts: no half-written file stays behind.
        fresh.unlink(missing_ok=True)
        raise
