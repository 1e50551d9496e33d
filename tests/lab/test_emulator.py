"""What the emulator is started with, and how a guest is waited for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lvsconf.lab import emulator, image, trial
from lvsconf.lab.emulator import ACCELERATORS
from lvsconf.lab.image import Image
from lvsconf.lab.replay import packed, replay
from lvsconf.lab.trial import SCENARIO

SOME = Image("6.1.0", Path("/nowhere/vmlinuz"), Path("/nowhere/ramdisk"))


@pytest.mark.parametrize("accelerator", sorted(ACCELERATORS))
def test_the_machine_has_no_network_device(accelerator: str) -> None:
    words = emulator.command(SOME, Path("r"), Path("c"), Path("o"), accelerator)
    assert words[words.index("-nic") + 1] == "none"
    assert "-nodefaults" in words
    assert "-no-user-config" in words
    devices = {"-device", "-netdev", "-net", "-virtfs", "-drive", "-hda", "-usb", "-fsdev", "-chardev"}
    assert not devices & set(words)
    # Results leave by files, not by anything that listens.
    assert [words[n + 1] for n, word in enumerate(words) if word == "-serial"] == ["file:c", "file:o"]


def test_a_guest_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ramdisk").write_bytes(b"")
    silent = Image("6.1.0", tmp_path / "vmlinuz", tmp_path / "ramdisk")
    monkeypatch.setattr(emulator, "command", lambda *_: ["sleep", "60"])
    found = emulator.boot(silent, packed([SCENARIO], [0]), patience=(0.02, 0.02))
    assert found.results == {}
    assert "no result" in found.ended


def test_a_guest_that_does_not_start_is_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ramdisk").write_bytes(b"")
    broken = Image("6.1.0", tmp_path / "vmlinuz", tmp_path / "ramdisk")
    monkeypatch.setattr(emulator, "command", lambda *_: ["sh", "-c", "echo no such kernel >&2"])
    with pytest.raises(image.LabError, match="no such kernel"):
        replay([SCENARIO], broken)


def test_without_kvm_the_processor_is_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "kvm_works", lambda: False)
    assert trial.quickest(SOME)[0] == "tcg"


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [((1, 1), "kvm"), ((1, 2), "tcg"), ((1, None), "tcg")],
)
def test_kvm_has_to_give_the_same_answers(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[int, int | None], chosen: str
) -> None:
    clock = iter([0.0, 20.0, 20.0, 25.0])
    found = dict(zip(("tcg", "kvm"), answers, strict=True))
    monkeypatch.setattr(trial, "kvm_works", lambda: True)
    monkeypatch.setattr(trial, "_answers", lambda _, accelerator, __: found[accelerator])
    monkeypatch.setattr(trial.time, "monotonic", lambda: next(clock))
    assert trial.quickest(SOME)[0] == chosen


def test_what_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from lvsconf.lab import building

    monkeypatch.setattr(building.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(building, "missing_programs", lambda fetching: ["qemu-system-x86_64", "kmod", "depmod"])
    assert building.why_not("6.1") == (
        "depmod, kmod, qemu-system-x86_64 are not installed: apt-get install kmod qemu-system-x86"
    )
    monkeypatch.setattr(building, "missing_programs", lambda fetching: ["apt-get", "dpkg"] if fetching else [])
    assert "--kernel PATH" in (building.why_not("6.1") or "")
    assert building.why_not("/boot/vmlinuz") is None
    monkeypatch.setattr(building.platform, "machine", lambda: "aarch64")
    assert "aarch64" in (building.why_not("6.1") or "")


def test_a_kernel_is_found_by_its_path(tmp_path: Path) -> None:
    from lvsconf.lab.building import found_at

    data = bytearray(0x400)
    data[0x202:0x206] = b"HdrS"
    data[0x20E:0x210] = (0x100).to_bytes(2, "little")
    data[0x300:0x310] = b"6.5.0-test (me)\0"
    modules = tmp_path / "lib" / "modules" / "6.5.0-test"
    (modules / "kernel").mkdir(parents=True)
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot" / "vmlinuz-6.5.0-test").write_bytes(data)
    for path in (tmp_path, tmp_path / "boot" / "vmlinuz-6.5.0-test"):
        assert (found_at(path).release, found_at(path).modules) == ("6.5.0-test", modules)
    shutil.rmtree(modules)
    with pytest.raises(image.LabError, match=r"the modules of 6\.5\.0-test"):
        found_at(tmp_path)
    (tmp_path / "text").write_text("no kernel")
    with pytest.raises(image.LabError, match="not a Linux kernel"):
        found_at(tmp_path / "text")
