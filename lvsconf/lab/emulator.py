"""Booting the guest: the emulator's command line, and waiting for what it tells."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from lvsconf.lab.image import EMULATOR, Image, LabError

Result = dict[str, Any]
Told = Callable[[int], None]
"""Is told how many scenarios are done since it was last called."""

# The second line leaves out what costs seconds under emulation and is of no use there.
KERNEL_ARGUMENTS = (
    "console=ttyS0 quiet panic=-1 loglevel=1 log_buf_len=4M random.trust_cpu=on tsc=reliable "
    "mitigations=off nokaslr acpi=off cryptomgr.notests audit=0 apparmor=0 nowatchdog init_on_alloc=0 "
    "hardened_usercopy=off randomize_kstack_offset=off cgroup_disable=memory transparent_hugepage=never"
)
BOOT_SECONDS, SILENT_SECONDS = 60.0, 60.0
# So many times as long an emulator may take that gets no processor; one that sleeps for ever gets none either.
STARVED = 10
POLL_SECONDS = 0.05
KVM = Path("/dev/kvm")

# With -icount the guest's clock counts instructions and jumps over idle time: waiting is free and the same each time.
ACCELERATORS = {
    "tcg": ("-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off"),
    "kvm": ("-accel", "kvm", "-cpu", "host"),
}


@dataclass
class Boot:
    """One run of the emulator, as far as it got."""

    results: dict[int, Result] = field(default_factory=dict)
    console: str = ""
    ended: str = ""


def command(image: Image, ramdisk: Path, console: Path, output: Path, accelerator: str = "tcg") -> list[str]:
    """What is started: a machine without any device but two serial ports, the second of which brings the results."""
    return [
        *(EMULATOR, *ACCELERATORS[accelerator]),
        *("-m", "1024", "-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot"),
        *("-kernel", str(image.kernel), "-initrd", str(ramdisk), "-append", KERNEL_ARGUMENTS),
        *("-serial", f"file:{console}", "-serial", f"file:{output}"),
    ]


def boot(
    image: Image,
    extra: bytes,
    told: Told | None = None,
    accelerator: str | None = None,
    patience: tuple[float, float] = (BOOT_SECONDS, SILENT_SECONDS),
    stop: Event | None = None,
    starved: float = STARVED,
) -> Boot:
    """Run the guest with an archive that follows the image's own, until it ends or `stop` is set.

    `patience` is for the first result and for each one after it, in seconds that the emulator has had a processor for;
    `starved` times as long if it gets none.
    """
    with tempfile.TemporaryDirectory(prefix="lvsconf-lab-") as name:
        scratch = Path(name)
        ramdisk, console, output = scratch / "ramdisk", scratch / "console", scratch / "results"
        ramdisk.write_bytes(image.ramdisk.read_bytes() + extra)
        words = command(image, ramdisk, console, output, accelerator or image.accelerator)
        try:
            with (scratch / "qemu").open("wb") as errors:
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)  # noqa: S603
        except FileNotFoundError as error:
            raise LabError(f"{EMULATOR} is not installed") from error
        try:
            ended = _watch(process, output, told, patience, starved, stop or Event())
        finally:
            process.kill()
            process.wait()
        return Boot(read_results(_text(output)), _text(console) + _text(scratch / "qemu"), ended)


def kvm_works() -> bool:
    """Whether there is something to try."""
    return os.access(KVM, os.R_OK | os.W_OK)


def _watch(
    process: subprocess.Popen[bytes],
    output: Path,
    told: Told | None,
    patience: tuple[float, float],
    starved: float,
    stop: Event,
) -> str:
    """Wait for the guest's end, as long as results keep coming.

    What counts is the time that the emulator has had a processor for: on a busy machine it gets little.
    """
    size, limit, done = 0, patience[0], 0
    changed, used = time.monotonic(), _processor_seconds(process.pid)
    while process.poll() is None:
        if stop.wait(POLL_SECONDS):
            return "stopped"
        now = output.stat().st_size if output.exists() else 0
        if now != size:
            size, limit = now, patience[1]
            changed, used = time.monotonic(), _processor_seconds(process.pid)
            if told is not None:
                count = output.read_bytes().count(b"\n")
                told(count - done)
                done = count
        waited = time.monotonic() - changed
        if waited > limit and (_processor_seconds(process.pid) - used > limit or waited > limit * starved):
            return f"no result for {waited:.0f} seconds"
    return f"the emulator ended with status {process.returncode}"


def _processor_seconds(pid: int) -> float:
    """The time that a process has run for (proc(5), fields 14 and 15 of stat)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        # It has just ended.
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_results(text: str) -> dict[int, Result]:
    """The results by the index of their scenario; the last line of a guest that was stopped is passed over."""
    results = {}
    for line in text.splitlines():
        try:
            result = json.loads(line)
        except ValueError:
            continue
        results[result.pop("index")] = result
    return results


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
