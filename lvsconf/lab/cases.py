"""Scenarios with what a kernel did, as folders: a snapshot, packets.json, and kernel.json for the kernel's doings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lvsconf.gathering import Group
from lvsconf.lab.compare import Compared, compare, kept
from lvsconf.lab.replay import Scenario
from lvsconf.model.host import Host
from lvsconf.snapshot import assemble
from lvsconf.source import Source

PACKETS, KERNEL = "packets.json", "kernel.json"


@dataclass(frozen=True)
class Case:
    """A scenario and, for each packet, the trace, the packets that left and the fate on a kernel `release`.

    `about` is what else is worth keeping: seed, features.
    """

    files: dict[str, str]
    packets: list[dict[str, Any]]
    release: str
    reals: list[dict[str, Any]]
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario, release: str, result: Mapping[str, Any], about: Mapping[str, Any]) -> Case:
        """A scenario and the lab's answer to it."""
        reals = [kept(each["outcomes"][0]) for each in result["packets"]]
        return cls(dict(scenario.files), list(scenario.packets), release, reals, about)

    @classmethod
    def read(cls, folder: Path) -> Case:
        """A folder that `write` has made."""
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file()}
        packets, told = json.loads(files.pop(PACKETS)), json.loads(files.pop(KERNEL))
        return cls(files, packets, told.pop("kernel"), told.pop("packets"), told)

    def write(self, folder: Path) -> None:
        """A folder that any command that reads a host takes."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {**self.about, "kernel": self.release, "packets": self.reals}
        for name, text in {**self.files, PACKETS: _listed(self.packets), KERNEL: json.dumps(told, indent=1)}.items():
            (folder / name).write_text(text.rstrip("\n") + "\n" if text.strip() else "", encoding="utf-8")

    @property
    def scenario(self) -> Scenario:
        """What the lab replays."""
        return Scenario(self.files, self.packets)

    def compare(self) -> list[Compared]:
        """The engine's ways and the kernel's."""
        return compare(host_of(self.files, self.release), self.packets, self.reals)


def host_of(files: Mapping[str, str], kernel: str) -> Host:
    """The host that a snapshot's files describe, on a kernel."""
    group = Group("director", tuple(Source(f"director/{name}", text) for name, text in sorted(files.items())))
    return assemble(group, kernel=kernel).host


def _listed(packets: Sequence[Mapping[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(packet) for packet in packets) + "\n]"
