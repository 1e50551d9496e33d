"""The host's side: packs scenarios, boots the emulator, reads the results."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from lvsconf.lab.cpio import Archive
from lvsconf.lab.emulator import Result, Told, boot
from lvsconf.lab.image import GUEST_MODULES, Image, LabError, ensure

Packet = dict[str, Any]


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


def replay(
    scenarios: Sequence[Scenario], kernel: str | Image = "6.1", jobs: int | None = None, told: Told | None = None
) -> list[Result]:
    """Replay scenarios on a kernel; each result is `trace`'s JSON, or has an `error`, or notes.

    `commands` are the ends of its commands: `status`, `output` and `errors` of each. An error is an object: `text`, and
    `file` and `line` where it is known what the kernel's tools refused. `refused` lists such objects for what was left
    out, `notes` what is not as the snapshot says.
    """
    if not scenarios:
        return []
    image = kernel if isinstance(kernel, Image) else ensure(kernel)
    workers = max(1, min(jobs or os.cpu_count() or 1, len(scenarios)))
    # Dealt out in turn, so that neighbours of one kind share the load.
    shares = [list(range(worker, len(scenarios), workers)) for worker in range(workers)]
    stop = Event()
    with ThreadPoolExecutor(workers) as pool:
        try:
            parts = list(pool.map(lambda share: _replay_share(image, scenarios, share, told, stop), shares))
        except BaseException:
            # One that fails, or somebody who interrupts, ends the others too.
            stop.set()
            raise
    found: dict[int, Result] = {}
    for part in parts:
        found |= part
    return [_shaped(found[index]) for index in range(len(scenarios))]


def _replay_share(
    image: Image, scenarios: Sequence[Scenario], share: list[int], told: Told | None, stop: Event
) -> dict[int, Result]:
    """Boot as often as it takes: a scenario that stops the guest gets an error, those after it another boot."""
    results: dict[int, Result] = {}
    remaining = list(share)
    while remaining and not stop.is_set():
        run = boot(image, packed(scenarios, remaining), told, stop=stop)
        results |= run.results
        remaining = [index for index in remaining if index not in results]
        if remaining and AGAIN not in run.console:
            if not run.results and "started" not in run.console:
                raise LabError(f"the guest did not start: {run.ended}\n{_excerpt(run.console)}")
            text = f"the guest stopped here: {run.ended}\n{_excerpt(run.console)}".strip()
            results[remaining.pop(0)] = {"error": {"text": text}}
    return results


def packed(scenarios: Sequence[Scenario], indexes: Sequence[int]) -> bytes:
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


def _shaped(result: Result) -> Result:
    more = {key: result[key] for key in ("refused", "notes") if result.get(key)}
    if "error" in result:
        return {"version": 1, "error": result["error"]} | more
    ran = {"commands": result["commands"]} if result.get("commands") else {}
    return {"version": 1, "packets": result["packets"], "assumed": []} | ran | more


def error_text(error: Result) -> str:
    """An error in one piece: the file and the line, where they are known, and what is wrong."""
    place = ":".join(str(error[key]) for key in ("file", "line") if error.get(key))
    return f"{place}: {error['text']}" if place else str(error["text"])


def _excerpt(console: str) -> str:
    """Where it began to go wrong: a panic's registers tell less than what was said before."""
    return console.strip()[:2000]
