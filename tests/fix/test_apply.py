from __future__ import annotations

import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.findings import Edit
from lvsconf.fix.apply import EditError, apply, mover, overlap
from lvsconf.fix.diff import diff
from lvsconf.fix.files import WriteError, write
from lvsconf.source import Source, Span

TEXT = Source("f", "one\ntwo\r\nthree")


def edit(line: int, column: int, end_line: int, end_column: int, text: str, file: str = "f") -> Edit:
    return Edit(Span(file, line, column, end_line, end_column), text)


def after(*edits: Edit) -> str:
    return apply({"f": TEXT}, edits)["f"].text


def test_edits() -> None:
    assert after(edit(1, 1, 1, 4, "1")) == "1\ntwo\r\nthree"
    assert after(edit(1, 1, 2, 1, "")) == "two\r\nthree"
    assert after(edit(3, 6, 3, 6, "!\n")) == "one\ntwo\r\nthree!\n"
    assert after(edit(3, 1, 3, 6, "3"), edit(1, 4, 1, 4, "s")) == "ones\ntwo\r\n3"
    assert after(edit(2, 1, 2, 1, "new\n"), edit(2, 1, 2, 4, "2")) == "one\nnew\n2\r\nthree"
    assert after(edit(1, 1, 1, 2, "O"), edit(1, 1, 1, 2, "O")) == "One\ntwo\r\nthree"
    assert apply({"f": TEXT}, []) == {}


def test_the_end_of_a_file() -> None:
    assert apply({"f": Source("f", "a\n")}, [edit(2, 1, 2, 1, "b\n")])["f"].text == "a\nb\n"
    assert apply({"f": Source("f", "a")}, [edit(2, 1, 2, 1, "\nb")])["f"].text == "a\nb"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")],
        [edit(1, 1, 1, 1, "x"), edit(1, 1, 1, 1, "y")],
        [edit(9, 1, 9, 1, "x")],
        [edit(1, 5, 1, 6, "x")],
        [edit(1, 3, 1, 1, "x")],
        [edit(1, 1, 1, 1, "x", file="g")],
        [edit(0, 1, 1, 1, "x")],
    ],
)
def test_edits_that_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(EditError):
        apply({"f": TEXT}, edits)


def test_overlap() -> None:
    assert overlap([edit(1, 1, 1, 3, "")], [edit(1, 2, 1, 4, "")])
    assert overlap([edit(1, 1, 1, 1, "a")], [edit(1, 1, 1, 1, "b")])
    assert not overlap([edit(1, 1, 1, 1, "a")], [edit(1, 1, 1, 1, "a")])
    assert not overlap([edit(1, 1, 1, 2, "")], [edit(1, 2, 1, 4, "")])
    assert not overlap([edit(1, 1, 1, 3, "")], [edit(1, 2, 1, 4, "", file="g")])


TEXTS = st.text("ab\n\r\f\u2028é", max_size=40)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Source, list[Edit]]:
    """A text and edits that do not touch each other."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    places = [text[:cut].count("\n") + 1 for cut in cuts], [cut - (text[:cut].rfind("\n") + 1) + 1 for cut in cuts]
    points = list(zip(*places, strict=True))
    pairs = list(zip(points[::2], points[1::2], strict=False))
    return Source("f", text), [Edit(Span("f", *start, *end), draw(TEXTS)) for start, end in pairs]


@given(edited())
def test_what_lies_outside_of_edits_moves_along(case: tuple[Source, list[Edit]]) -> None:
    source, edits = case
    result = apply({"f": source}, edits).get("f", source)
    moved = mover(edits, source)
    line, column = 1, 1
    spans = [each.span for each in edits]
    for offset, character in enumerate(source.text):
        here = line, column
        if not any((each.line, each.column) <= here < (each.end_line, each.end_column) for each in spans):
            to_line, to_column = moved((line, column))
            assert (result.text.split("\n")[to_line - 1] + "\n")[to_column - 1] == character, offset
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)


@given(TEXTS, TEXTS)
def test_a_diff_can_be_patched(old: str, new: str) -> None:
    if shutil.which("patch") is None:
        pytest.skip("patch is not installed")
    text = "".join(diff({"f": Source("f", old)}, {"f": Source("f", new)}))
    if old == new:
        assert text == ""
        return
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "f"
        target.write_bytes(old.encode())
        done = subprocess.run(
            ["patch", "--binary", "-s", "-p1"], cwd=directory, input=text.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout
        assert (target.read_bytes() if target.exists() else b"") == new.encode()


def test_diff_quotes_odd_names() -> None:
    name = 'a "b"\té\udcff'
    text = "".join(diff({name: Source(name, "x\n")}, {name: Source(name, "y\n")}))
    assert text.startswith('--- "a/a \\"b\\"\\t\\303\\251\\377"\n')


def test_write_keeps_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("old\n")
    real.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to("real")
    write(Source(str(link), "old\n"), Source(str(link), "new\n"))
    assert link.is_symlink()
    assert real.read_text() == "new\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_write_keeps_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"\xff\r\n")
    write(Source(str(file), "\udcff\r\n"), Source(str(file), "\udcff\n"))
    assert file.read_bytes() == b"\xff\n"


def test_write_keeps_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"\xef\xbb\xbfold\n")
    write(Source(str(file), "old\n"), Source(str(file), "new\n"))
    assert file.read_bytes() == b"\xef\xbb\xbfnew\n"


def test_write_refuses(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("other\n")
    with pytest.raises(WriteError, match="has changed"):
        write(Source(str(file), "old\n"), Source(str(file), "new\n"))
    assert file.read_text() == "other\n"
    with pytest.raises(WriteError, match="not a plain file"):
        write(Source(str(tmp_path), ""), Source(str(tmp_path), "x"))
    with pytest.raises(WriteError, match="No such file"):
        write(Source(str(tmp_path / "gone"), ""), Source(str(tmp_path / "gone"), "x"))
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
