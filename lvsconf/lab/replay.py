"""The host's side: packs scenarios, boots the emulator, reads the results."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lvsconf.lab.cpio import Archive
from lvsconf.lab.image import GUEST_MODULES, Image, LabError, ensure

Packet = dict[str, Any]
Result = dict[str, Any]


class Command(NamedTuple):
    """A program of the guest with its arguments, and what it reads."""

    words: tuple[str, ...]
    text: str = ""


# Files of a snapshot that the guest reads.
SNAPSHOT_FILES = frozenset(
    {"iptables.rules", "ip6tables.rules", "ipvsadm.rules", "ipvsadm-thresholds", "ipvsadm-timeout", "ipset.rules"}
    | {"sysctl.conf", "ip-address.json", "ip-route.json", "ip-rule.json", "ip6-route.json", "ip6-rule.json"}
    | {"sockets", "modules"}
)
# The second line leaves out what costs seconds under emulation and is of no use there.
KERNEL_ARGUMENTS = (
    "console=ttyS0 quiet panic=-1 loglevel=1 log_buf_len=4M random.trust_cpu=on tsc=reliable "
    "mitigations=off nokaslr acpi=off cryptomgr.notests audit=0 apparmor=0 nowatchdog init_on_alloc=0 "
    "hardened_usercopy=off randomize_kstack_offset=off cgroup_disable=memory transparent_hugepage=never"
)
# Generous: the emulator may have to share its processors.
BOOT_SECONDS, SILENT_SECONDS = 120.0, 180.0
POLL_SECONDS = 0.05
# As guest.py says it.
AGAIN = "once more"


@dataclass(frozen=True)
class Scenario:
    """A host and what it is sent, in order, from empty connection tables.

    `commands` run before the packets, each with its own standard input; the guest has what image.PROGRAMS names.
    """

    files: dict[str, str]
    packets: list[Packet]
    commands: Sequence[Command] = ()

    @classmethod
    def read(cls, directory: Path, packets: list[Packet] | None = None) -> Scenario:
        """A snapshot directory; its own packets.json unless packets are given."""
        names = [path for path in sorted(directory.iterdir()) if path.name in SNAPSHOT_FILES]
        files = {path.name: path.read_text(encoding="utf-8", errors="surrogateescape") for path in names}
        if packets is None:
            packets = json.loads((directory / "packets.json").read_text(encoding="utf-8"))
        return cls(files, packets)


@dataclass
class _Boot:
    """One run of the emulator, as far as it got."""

    results: dict[int, Result] = field(default_factory=dict)
    console: str = ""
    ended: str = ""


def replay(scenarios: Sequence[Scenario], kernel: str = "6.1", jobs: int | None = None) -> list[Result]:
    """Replay scenarios on a kernel; each result is `trace`'s JSON, or has an `error`, or notes.

    `commands` are the ends of its commands: `status`, `output` and `errors` of each.
    """
    if not scenarios:
        return []
    image = ensure(kernel)
    workers = max(1, min(jobs or os.cpu_count() or 1, len(scenarios)))
    # Dealt out in turn, so that neighbours of one kind share the load.
    shares = [list(range(worker, len(scenarios), workers)) for worker in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda share: _replay_share(image, scenarios, share), shares)
    found: dict[int, Result] = {}
    for part in parts:
        found |= part
    return [_shaped(found[index]) for index in range(len(scenarios))]


def _replay_share(image: Image, scenarios: Sequence[Scenario], share: list[int]) -> dict[int, Result]:
    """Boot as often as it takes: a scenario that stops the guest gets an error, those after it another boot."""
    results: dict[int, Result] = {}
    remaining = list(share)
    while remaining:
        boot = _boot(image, scenarios, remaining)
        results |= boot.results
        remaining = [index for index in remaining if index not in results]
        if remaining and AGAIN not in boot.console:
            if not boot.results and "started" not in boot.console:
                raise LabError(f"the guest did not start: {boot.ended}\n{_excerpt(boot.console)}")
            text = f"the guest stopped here: {boot.ended}\n{_excerpt(boot.console)}".strip()
            results[remaining.pop(0)] = {"error": text}
    return results


def _boot(image: Image, scenarios: Sequence[Scenario], indexes: list[int]) -> _Boot:
    with tempfile.TemporaryDirectory(prefix="lvsconf-lab-") as name:
        scratch = Path(name)
        ramdisk = scratch / "ramdisk"
        ramdisk.write_bytes(image.ramdisk.read_bytes() + _extra(scenarios, indexes))
        console, output = scratch / "console", scratch / "results"
        command = [
            *("qemu-system-x86_64", "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off"),
            *("-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-kernel", str(image.kernel), "-initrd", str(ramdisk), "-append", KERNEL_ARGUMENTS),
            *("-serial", f"file:{console}", "-serial", f"file:{output}"),
        ]
        try:
            with (scratch / "qemu").open("wb") as errors:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)  # noqa: S603
        except FileNotFoundError as error:
            raise LabError("qemu-system-x86_64 is not installed") from error
        boot = _Boot()
        try:
            boot.ended = _watch(process, output)
        finally:
            process.kill()
            process.wait()
        boot.console = _text(console) + _text(scratch / "qemu")
        boot.results = _results(_text(output))
        return boot


def _extra(scenarios: Sequence[Scenario], indexes: list[int]) -> bytes:
    """The archive that follows the image's own: the guest's program and its work."""
    archive = Archive()
    folder = Path(__file__).parent
    archive.file("lab/lvsconf/__init__.py", "")
    archive.file("lab/lvsconf/lab/__init__.py", "")
    for module in GUEST_MODULES:
        archive.file(f"lab/lvsconf/lab/{module}.py", (folder / f"{module}.py").read_bytes())
    lines = [
        json.dumps({"index": index, "files": each.files, "packets": each.packets, "commands": each.commands})
        for index, each in ((index, scenarios[index]) for index in indexes)
    ]
    archive.file("lab/scenarios.jsonl", "\n".join(lines) + "\n")
    return archive.packed()


def _watch(process: subprocess.Popen[bytes], output: Path) -> str:
    """Wait for the guest's end, as long as results keep coming."""
    size, patience = 0, BOOT_SECONDS
    changed = time.monotonic()
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        now = output.stat().st_size if output.exists() else 0
        if now != size:
            size, patience, changed = now, SILENT_SECONDS, time.monotonic()
        if time.monotonic() - changed > patience:
            return f"no result for {patience:.0f} seconds"
    return f"the emulator ended with status {process.returncode}"


def _results(text: str) -> dict[int, Result]:
    results = {}
    for line in text.splitlines():
        try:
            result = json.loads(line)
        except ValueError:
            # The last line of a guest that was stopped.
            continue
        results[result.pop("index")] = result
    return results


def _shaped(result: Result) -> Result:
    notes = {"notes": result["notes"]} if result.get("notes") else {}
    if "error" in result:
        return {"version": 1, "error": result["error"]} | notes
    ran = {"commands": result["commands"]} if result.get("commands") else {}
    return {"version": 1, "packets": result["packets"], "assumed": []} | ran | notes


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _excerpt(console: str) -> str:
    """Where it began to go wrong: a panic's registers tell less than what was said before."""
    return console.strip()[:2000]
