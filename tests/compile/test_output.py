"""Writing all or nothing, and removing only what was written before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lvsconf.compile.output import MANIFEST, Difference, OutputError, compare, write

FILES = {"lb1/director.sh": "#!/bin/sh\n", "lb1/iptables.rules": "*filter\n", "web1/sysctl.conf": ""}


def tree(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def test_written_and_compared(tmp_path: Path) -> None:
    output = tmp_path / "new" / "out"
    write(output, FILES)
    found = tree(output)
    assert {path: text for path, text in found.items() if path != MANIFEST} == FILES
    assert found[MANIFEST].splitlines()[1:] == sorted(FILES)
    assert compare(output, FILES) == ()
    write(output, FILES)
    assert tree(output) == found


def test_modes(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert os.access(tmp_path / "lb1/director.sh", os.X_OK)
    assert not (tmp_path / "lb1/iptables.rules").stat().st_mode & 0o111


def test_differences(tmp_path: Path) -> None:
    assert {found.kind for found in compare(tmp_path / "nowhere", FILES)} == {"missing"}
    write(tmp_path, FILES)
    (tmp_path / "lb1/iptables.rules").write_text("*nat\n")
    (tmp_path / "web1/sysctl.conf").unlink()
    fewer = {path: text for path, text in FILES.items() if path != "lb1/director.sh"}
    assert compare(tmp_path, fewer) == (
        Difference(MANIFEST, "differs"),
        Difference("lb1/director.sh", "left over"),
        Difference("lb1/iptables.rules", "differs"),
        Difference("web1/sysctl.conf", "missing"),
    )


def test_only_its_own_files_are_removed(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / "lb1/notes.txt").write_text("mine")
    write(tmp_path, {"lb1/iptables.rules": "*nat\n"})
    assert sorted(tree(tmp_path)) == [MANIFEST, "lb1/iptables.rules", "lb1/notes.txt"]
    assert not (tmp_path / "web1").exists()
    write(tmp_path, {"other/file": ""})
    assert sorted(tree(tmp_path)) == [MANIFEST, "lb1/notes.txt", "other/file"]


def test_without_a_manifest_nothing_is_removed(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / MANIFEST).unlink()
    write(tmp_path, {"a/b": ""})
    assert set(FILES) < set(tree(tmp_path))


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "lb1/../../outside"])
def test_a_manifest_cannot_name_what_is_outside(tmp_path: Path, path: str) -> None:
    output = tmp_path / "out"
    write(output, FILES)
    (tmp_path / "outside").write_text("mine")
    (output / MANIFEST).write_text(f"{path}\n")
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="outside"):
        write(output, FILES)
    assert tree(tmp_path) == before


def test_a_link_cannot_lead_out(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "lb1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="leads out of"):
        write(tmp_path / "out", FILES)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda output: (output / "web1" / "sysctl.conf").mkdir(parents=True), "is a directory"),
        (lambda output: (output / "web1").write_text("mine"), "is not a directory"),
    ],
)
def test_a_place_that_is_taken(tmp_path: Path, make, match: str) -> None:
    make(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(OutputError, match=match):
        write(tmp_path, FILES)
    assert tree(tmp_path) == before
    assert not (tmp_path / "lb1").exists()


def test_the_output_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is not a directory"):
        write(tmp_path / "out", FILES)
    assert {found.kind for found in compare(tmp_path / "out", FILES)} == {"missing"}


def test_a_failure_while_writing_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "out", {"lb1/iptables.rules": "old\n"})
    before = tree(tmp_path)
    calls = []

    def full(descriptor: int, mode: str):
        calls.append(descriptor)
        if len(calls) == 3:
            os.close(descriptor)
            raise OSError(28, "No space left on device")
        return os.fdopen(descriptor, mode)

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "out", FILES)
    monkeypatch.undo()
    assert tree(tmp_path) == before
    assert not (tmp_path / "out" / "web1").exists()
