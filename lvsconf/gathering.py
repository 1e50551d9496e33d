"""Finds and decodes the files that the user names: directories, archives, single files, standard input."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lvsconf.findings import Unreadable
from lvsconf.languages import statements
from lvsconf.languages.keepalived import includes
from lvsconf.languages.recognise import BY_NAME, KEEPALIVED, STATEMENTS, kind_by_content, kind_of
from lvsconf.source import Source

STDIN = "-"
STDIN_NAME = "<stdin>"
ARCHIVES = (".tar", ".tar.gz", ".tgz")
_TEXT_CONTROLS = frozenset("\t\n\r\f\x1b")
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one host. `named` are those that the user named one by one.

    Files that a keepalived.conf includes are there too, as far as they lie in its directory or below. `statements` is
    a file of statements that counts where none of the sources is one.
    """

    name: str
    sources: tuple[Source, ...]
    ignored: tuple[str, ...] = ()
    named: frozenset[str] = field(default=frozenset())
    statements: Source | None = None


def places(group: Group) -> tuple[Path, ...]:
    """The directories that hold the files of a host, absolute; the archive, and the directory in it, count as one.

    What is named one by one may lie in several; standard input without a name lies in the current directory.
    """
    files = [source.name for source in group.sources if source.name in group.named]
    found = [Path(file).absolute().parent for file in files] or [Path(group.name).absolute()]
    return tuple(dict.fromkeys(Path(posixpath.normpath(each)) for each in found))


class _NotTextError(ValueError):
    """A file that holds no text; `line` and `column` are where that shows."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__("this is not text")
        self.line = line
        self.column = column


def decode(data: bytes) -> str:
    """The text of a file. Bytes that are no UTF-8 are kept as surrogates: a Latin-1 comment loses nothing.

    Raises ValueError for what is no text at all.
    """
    text = data.decode("utf-8-sig", "surrogateescape")
    sample = text[:_SAMPLE]
    strange = [
        index
        for index, character in enumerate(sample)
        if (character < " " and character not in _TEXT_CONTROLS) or "\udc80" <= character <= "\udcff"
    ]
    if len(strange) * 10 > len(sample):
        before = sample[: strange[0]]
        raise _NotTextError(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return text


_DEEPEST = 8
"""Directories in directories are followed so far: links may lead in a circle."""
_ENOUGH = 65536
_MOST_INCLUDED = 1000


def _describes_a_host(file: Path) -> bool:
    """Whether a file is one of a snapshot, by its name or by how it begins."""
    if file.name in BY_NAME:
        return BY_NAME[file.name] is not STATEMENTS
    try:
        with file.open("rb") as opened:
            return kind_by_content(file.name, decode(opened.read(_ENOUGH))) not in (None, STATEMENTS)
    except (OSError, _NotTextError):
        # What is wrong with it is said when it is read.
        return False


def _matches(pattern: str, includer: str, inside: Path, folder: Path, beside: str) -> Iterable[tuple[Path, str]]:
    """The files that an include means and their names, as far as they lie in the directory `inside`.

    `folder` is that directory as the user named it; `beside` names a file in it.
    """
    here = posixpath.dirname(beside)
    for each in includes.alternatives(pattern):
        wanted = posixpath.join(posixpath.dirname(includer), each)
        below = posixpath.relpath(posixpath.normpath(wanted), posixpath.normpath(here or "."))
        if posixpath.isabs(each):
            below = posixpath.relpath(each, inside)
        if below.startswith(".."):
            continue
        for path in sorted(folder.glob(below)):
            if path.is_file() and path.resolve().is_relative_to(inside):
                relative = path.relative_to(folder).as_posix()
                yield path, str(inside / relative) if posixpath.isabs(each) else posixpath.join(here, relative)


class _Gathering:
    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.unreadable: list[Unreadable] = []

    def fail(self, name: str, message: str, line: int = 1, column: int = 1) -> None:
        self.unreadable.append(Unreadable(name, line, column, message))

    def decoded(self, name: str, data: bytes) -> Source | None:
        try:
            return Source(name, decode(data))
        except _NotTextError as error:
            self.fail(name, str(error), error.line, error.column)
            return None

    def file(self, path: Path, name: str) -> Source | None:
        try:
            return self.decoded(name, path.read_bytes())
        except OSError as error:
            self.fail(name, error.strerror or str(error))
            return None

    def included(self, sources: Sequence[Source], folder: Path) -> list[Source]:
        """What keepalived's configurations in `folder` include and `sources` do not hold.

        A snapshot describes its own host: what lies outside of its directory is another matter.
        """
        inside = folder.resolve()
        found: dict[str, Source] = {source.name: source for source in sources}
        todo = [source for source in sources if kind_of(source.name, source.text) is KEEPALIVED]
        while todo and len(found) < _MOST_INCLUDED:
            source = todo.pop(0)
            for pattern in includes.patterns(source.text):
                for path, name in _matches(pattern, source.name, inside, folder, sources[0].name):
                    if name not in found and (read := self.file(path, name)) is not None:
                        found[name] = read
                        todo.append(read)
        return [source for name, source in found.items() if name not in {each.name for each in sources}]

    def host(
        self,
        name: str,
        files: Iterable[tuple[str, bytes]],
        ignored: Iterable[str],
        folder: Path | None = None,
        given: Source | None = None,
    ) -> None:
        """One host from its files; a file that is no text counts only when a snapshot needs it."""
        sources, passed = [], list(ignored)
        for file, data in files:
            if file.rpartition("/")[2] in BY_NAME:
                source = self.decoded(file, data)
                sources += [source] if source else []
                continue
            try:
                sources.append(Source(file, decode(data)))
            except _NotTextError:
                passed.append(f"{file}: not text")
        if folder is not None and sources:
            more = self.included(sources, folder)
            passed = [said for said in passed if not any(each.name.startswith(said.partition(":")[0]) for each in more)]
            sources += more
        self.groups.append(Group(name, tuple(sources), tuple(passed), statements=given))

    def directory(self, path: Path, name: str, depth: int = 0) -> None:
        """One host, or one for each directory in it when no file of its own describes a host."""
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            self.fail(name, error.strerror or str(error))
            return
        visible = [entry for entry in entries if not entry.name.startswith(".")]
        folders = [entry for entry in visible if entry.is_dir()]
        files = [entry for entry in visible if entry.is_file()]
        if folders and depth < _DEEPEST and not any(_describes_a_host(file) for file in files):
            for folder in folders:
                self.directory(folder, f"{name}/{folder.name}", depth + 1)
        else:
            self._one(path, name)

    def _one(self, path: Path, name: str) -> None:
        files, ignored = [], []
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            self.fail(name, error.strerror or str(error))
            return
        for entry in entries:
            shown = f"{name}/{entry.name}"
            if entry.is_file() and not entry.name.startswith("."):
                try:
                    files.append((shown, entry.read_bytes()))
                except OSError as error:
                    self.fail(shown, error.strerror or str(error))
            else:
                # Devices and pipes could block; a directory below a host's belongs to nobody.
                ignored.append(f"{shown}: {'hidden' if entry.name.startswith('.') else 'not a file'}")
        if not files and not ignored:
            self.fail(name, "the directory is empty")
            return
        self.host(name, files, ignored, path)

    def archive(self, path: Path, name: str) -> None:
        """A tar file is read as the directory it holds, without being unpacked."""
        import tarfile  # few inputs are archives

        folders: dict[str, list[tuple[str, bytes]]] = {}
        try:
            with tarfile.open(path) as archive:
                for member in archive:
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        inside = member.name.removeprefix("./")
                        folder = inside.rpartition("/")[0]
                        folders.setdefault(folder, []).append((f"{name}/{inside}", content.read()))
        except (OSError, tarfile.TarError, EOFError) as error:
            self.fail(name, f"the archive can't be read: {error}")
            return
        if not folders:
            self.fail(name, "the archive is empty")
        above = self._statements_alone(folders)
        for folder, files in sorted(folders.items()):
            nearest = max((other for other in above if f"{folder}/".startswith(other)), key=len, default=None)
            given = None if nearest is None else above[nearest]
            self.host(f"{name}/{folder}" if folder else name, sorted(files), (), given=given)

    def _statements_alone(self, folders: dict[str, list[tuple[str, bytes]]]) -> dict[str, Source]:
        """Take out the folders that hold statements and nothing else: they are for the hosts below.

        By the beginning of the names of those.
        """
        found: dict[str, Source] = {}
        for folder, files in list(folders.items()):
            names = [file.rpartition("/")[2] for file, _ in files]
            if len(folders) > 1 and set(names) <= set(statements.FILES):
                del folders[folder]
                source = self.decoded(*min(files, key=lambda item: statements.FILES.index(item[0].rpartition("/")[2])))
                found |= {f"{folder}/" if folder else "": source} if source else {}
        return found


def gather(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None, stdin_filename: str | None = None
) -> tuple[tuple[Group, ...], tuple[Unreadable, ...]]:
    """The hosts that `paths` describe, and the files that could not be read.

    Each directory is one host, a directory of directories one for each; all single files together are one host.
    """
    gathering = _Gathering()
    singles: list[Source] = []
    more: list[Source] = []
    place: int | None = None
    for given in paths:
        name = str(given)
        if name == STDIN:
            place = len(gathering.groups) if place is None else place
            if stdin is None:
                gathering.fail(stdin_filename or STDIN_NAME, "there is no standard input to read")
                continue
            source = gathering.decoded(stdin_filename or STDIN_NAME, stdin.read())
        else:
            path = Path(given)
            shown = name.rstrip("/") or name
            if path.is_dir():
                gathering.directory(path, shown)
                continue
            if name.endswith(ARCHIVES):
                gathering.archive(path, shown)
                continue
            place = len(gathering.groups) if place is None else place
            source = gathering.file(path, name)
            if source is not None:
                more += gathering.included((source,), path.parent)
        if source is not None:
            singles.append(source)
    if singles:
        name = singles[0].name if len(singles) == 1 else "input"
        named = frozenset(source.name for source in singles)
        group = Group(name, (*singles, *(each for each in more if each.name not in named)), named=named)
        gathering.groups.insert(place or 0, group)
    return tuple(gathering.groups), tuple(gathering.unreadable)
