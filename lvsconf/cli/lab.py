"""`lvsconf lab`: the same input on a real kernel, in an emulator without any network device."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lvsconf.cli.support.errors import CommandError, complain, unknown
from lvsconf.cli.support.options import Language, Paths, StdinFilename

if TYPE_CHECKING:
    from lvsconf.lab.image import Image
    from lvsconf.lab.inputs import Loadable
    from lvsconf.lab.replay import Scenario
    from lvsconf.packets.packet import Packet
    from lvsconf.snapshot import HostInput

HELP = """Replay hosts and packets on a real Linux kernel, and hold the engine to it.

The kernel runs in an emulator on this machine: as any user, without a network device, and nothing of this host is
changed. `lab setup` fetches it once.
"""
CLEAN, DIFFERENT, TROUBLE = 0, 1, 2
DEFAULT_KERNEL = "6.1"
EVERY_SECONDS = 10.0

Kernel = Annotated[
    str | None,
    typer.Option(
        "--kernel",
        metavar="SERIES|PATH",
        help="6.1, 6.12, …, an unpacked kernel package, or a vmlinuz with its modules; what uname says, or else 6.1.",
    ),
]
Packets = Annotated[Path, typer.Option("--packets", metavar="FILE", help="A JSON list of packets.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", min=1, help="Emulators at a time; one for each processor.")
]
Stated = Annotated[list[str] | None, typer.Option("--service", "--role", hidden=True)]


def setup(
    kernel: Kernel = None,
    again: Annotated[bool, typer.Option("--again", help="Make it anew, from the newest package.")] = False,
) -> int:
    """Fetch a kernel and make what the emulator boots.

    Takes the newest linux-image package of the series from this host's package sources (apt-get download, some 30 MB,
    nothing is installed), or the kernel at a path. About 50 MB stay in ~/.cache/lvsconf/lab, and it takes a minute.
    """
    from lvsconf.lab.building import build
    from lvsconf.lab.image import find
    from lvsconf.lab.trial import record

    there = None if again else find(kernel or DEFAULT_KERNEL)
    if there is None:
        with _trouble():
            there = build(kernel or DEFAULT_KERNEL, _say)
            _say(record(there))
    sys.stdout.write(f"{there.release} in {there.kernel.parent}\n")
    return CLEAN


def run(
    paths: Paths,
    packets: Packets,
    kernel: Kernel = None,
    service: Stated = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
) -> int:
    """Replay packets on one host, and print what the kernel did as `trace --format json` does."""
    given = _Given(paths, packets, kernel, service, language, stdin_filename)
    result = given.replayed()
    json.dump({key: result[key] for key in ("version", "packets", "assumed")}, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return given.code(result, CLEAN)


def check(
    paths: Paths,
    packets: Packets,
    kernel: Kernel = None,
    service: Stated = None,
    language: Language = None,
    stdin_filename: StdinFilename = None,
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """Replay packets on one host, and compare what the kernel did with what `trace` says; 1 where they differ."""
    from lvsconf.lab.compare import compare
    from lvsconf.report.check import FORMATS, write

    if layout not in FORMATS:
        raise unknown("format", layout, FORMATS)
    given = _Given(paths, packets, kernel, service, language, stdin_filename)
    result = given.replayed()
    host = given.hosts(given.image.release).host
    compared = compare(host, given.packets, [each["outcomes"][0] for each in result["packets"]])
    write(layout, given.image.release, given.parsed, compared, sys.stdout)
    return given.code(result, CLEAN if all(each.agrees for each in compared) else DIFFERENT)


def fuzz(
    seed: Annotated[int, typer.Option("--seed", help="The first director's; the others follow.")] = 1,
    count: Annotated[int, typer.Option("--count", min=1, help="How many directors.")] = 50,
    feature: Annotated[
        list[str] | None, typer.Option("--feature", metavar="NAME", help="One that all of them have.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="NAME", help="One that none of them has.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Draw from these instead of all there are.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="DIR", help="Write what they differ on, made small, to folders.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Save it as it was drawn.")] = False,
    kernel: Kernel = None,
    jobs: Jobs = None,
) -> int:
    """Compare the engine and the kernel on random directors; 1 where they differ."""
    from lvsconf.lab import directors
    from lvsconf.lab import fuzz as fuzzing
    from lvsconf.lab.image import ensure

    for name in (*(feature or ()), *(without or ()), *(only or ())):
        if name not in directors.names():
            raise unknown("feature", name, directors.names())
    among = set(only or directors.names()) - set(without or ())
    start, tally = time.monotonic(), fuzzing.Tally()
    progress = _Progress(start, count, tally)
    with _trouble():
        image = ensure(kernel or DEFAULT_KERNEL)
        drawn = [directors.draw(each, among, feature or ()) for each in range(seed, seed + count)]
        fuzzing.fuzz(drawn, image, tally, jobs, progress.told)
        for each in tally.disagreements:
            _say(f"they differ on {each.director.name}")
        for each in _shown(tally, image, jobs, save is not None and not whole):
            sys.stdout.write(f"== {each.director.name} on {each.case.release}\n{each.text}\n\n")
            if save is not None:
                each.case.write(save / each.name)
    for director, text in tally.refused:
        _say(f"{director.name}: the kernel's tools refuse it: {text}")
    _say(
        f"{tally.scenarios} scenarios, {tally.packets} packets on {image.release}: {tally.unknown} unknown, "
        f"{len(tally.disagreements)} disagreements, {len(tally.refused)} refused; {time.monotonic() - start:.0f} s"
    )
    _say(f"fates: {_counted(tally.fates)}")
    _say(f"features: {_counted(tally.features)}")
    if tally.disagreements:
        return DIFFERENT
    return TROUBLE if tally.refused else CLEAN


def batch(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Folders, each with a packets.json.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A line of JSON for each folder.")],
    kernel: Kernel = None,
    jobs: Jobs = None,
) -> int:
    """Replay every folder of a directory that has a packets.json; far quicker than one by one."""
    from lvsconf.lab.replay import Scenario, error_text, replay

    folders = sorted(path for path in directory.iterdir() if (path / "packets.json").is_file())
    scenarios = [Scenario.read(folder) for folder in folders]
    start = time.monotonic()
    with _trouble():
        results = replay(scenarios, kernel or DEFAULT_KERNEL, jobs)
    failed = 0
    with output.open("w", encoding="utf-8") as out:
        for folder, result in zip(folders, results, strict=True):
            for text in [*result.pop("notes", []), *map(error_text, result.get("refused", []))]:
                _say(f"{folder.name}: {text}")
            failed += "error" in result
            out.write(json.dumps({"name": folder.name, "result": result}) + "\n")
    count = sum(len(scenario.packets) for scenario in scenarios)
    _say(f"{len(folders)} scenarios, {count} packets, {failed} failed, {time.monotonic() - start:.1f} s")
    return TROUBLE if failed else CLEAN


COMMANDS = {"setup": setup, "run": run, "check": check, "fuzz": fuzz, "batch": batch}


class _Given:
    """What `run` and `check` are given: one host, its packets, and the kernel to replay them on."""

    def __init__(
        self,
        paths: Sequence[str],
        packets: Path,
        kernel: str | None,
        service: Sequence[str] | None,
        language: str | None,
        stdin_filename: str | None,
    ) -> None:
        from lvsconf.cli.support.hosts import read
        from lvsconf.cli.support.packets import read_packets
        from lvsconf.lab.inputs import NotLoadable, loadable

        if service:
            raise CommandError("a real kernel knows only what its files load: --service and --role are for the engine")
        self.packets, self.parsed = read_packets(packets)
        self._packet_file = packets
        self._read = read(paths, language=language, stdin_filename=stdin_filename)
        for each in self._read.unreadable:
            raise CommandError(f"{each.file}:{each.line}:{each.column}: {each.message}")
        first = self.hosts()
        for each in first.unreadable:
            raise CommandError(f"{each.file}:{each.line}:{each.column}: {each.message}")
        try:
            self._loadable: Loadable = loadable(first)
        except NotLoadable as error:
            raise CommandError(str(error)) from error
        _check_devices(self.parsed, self._loadable)
        with _trouble():
            self.image = _image(kernel, first.host.kernel)

    def hosts(self, kernel: str | None = None) -> HostInput:
        """The host, as it would be on a kernel."""
        from dataclasses import replace

        return replace(self._read, kernel=kernel).only("the lab")

    @property
    def scenario(self) -> Scenario:
        """What the lab replays."""
        from lvsconf.lab.replay import Scenario

        return Scenario(self._loadable.files, list(self.packets))

    def replayed(self) -> dict[str, Any]:
        """The lab's answer; CommandError where the kernel's tools refuse the host."""
        from lvsconf.lab.replay import replay

        with _trouble():
            (result,) = replay([self.scenario], self.image)
        for note in result.get("notes", []):
            _say(note)
        if "error" in result:
            raise CommandError(self._said(result["error"]))
        return result

    def code(self, result: dict[str, Any], code: int) -> int:
        """The exit code: TROUBLE where something of the host could not be loaded that every kernel would lack."""
        from lvsconf.languages.sysctl.table import find

        for each in result.get("refused", []):
            name = each["text"].rpartition(" ")[2]
            if each["text"].startswith("the kernel has no ") and find(name):
                _say(f"{self._said(each)}: other kernels have it")
            else:
                complain(self._said(each))
                code = TROUBLE
        return code

    def _said(self, error: dict[str, Any]) -> str:
        from lvsconf.lab.replay import error_text

        own = {**self._loadable.origins, "packets.json": str(self._packet_file)}
        return error_text({**error, "file": own.get(error.get("file", ""), error.get("file", ""))})


def _check_devices(packets: Sequence[Packet], given: Loadable) -> None:
    """Packets can only come in by an interface that the host has."""
    if "ip-address.json" not in given.files:
        raise CommandError("the lab needs the host's interfaces: the output of ip -j address")
    links = json.loads(given.files["ip-address.json"] or "[]")
    there = ["lo", *(link["ifname"] for link in links if link["ifname"] != "lo")]
    for number, packet in enumerate(packets):
        if packet.device is not None and packet.device not in there:
            raise CommandError(f"packet {number}: in: the host has no {packet.device}; there are {', '.join(there)}")


def _image(kernel: str | None, told: str | None) -> Image:
    """The kernel that is asked for, or that of the host's own series where there is one, or the usual one."""
    from lvsconf.lab.image import ensure, find

    if kernel is None and told is not None:
        own = find(".".join(told.split(".")[:2]))
        if own is not None:
            return own
        _say(f"the host has kernel {told}, the lab {DEFAULT_KERNEL}; --kernel chooses another")
    return ensure(kernel or DEFAULT_KERNEL)


class _Progress:
    """A line on stderr now and then."""

    def __init__(self, start: float, count: int, tally: Any) -> None:
        self._start, self._count, self._tally = start, count, tally
        self._next = start + EVERY_SECONDS

    def told(self) -> None:
        """Called after each scenario."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            _say(f"{self._tally.scenarios} of {self._count} scenarios, {now - self._start:.0f} s")


def _shown(tally: Any, image: Image, jobs: int | None, small: bool) -> Iterator[Any]:
    from lvsconf.lab.fuzz import smaller

    if not small:
        return iter(tally.disagreements)
    return smaller(tally.disagreements, image, jobs, lambda boot, count: _say(f"shrinking: boot {boot}, {count} tried"))


def _counted(counts: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


@contextmanager
def _trouble() -> Iterator[None]:
    from lvsconf.lab.image import LabError

    try:
        yield
    except LabError as error:
        raise CommandError(str(error)) from error


def _say(text: str) -> None:
    sys.stderr.write(f"lab: {text}\n")
