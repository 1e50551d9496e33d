"""`python -m lvsconf.lab`: the lab from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from lvsconf.lab import image
from lvsconf.lab.replay import Scenario, replay


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 a scenario failed, 2 the lab can't run."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (image.LabError, OSError, ValueError) as error:
        _say(str(error))
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lvsconf.lab", description=__doc__)
    commands = parser.add_subparsers(required=True)

    setup = commands.add_parser("setup", help="fetch a kernel and build its ramdisk")
    setup.set_defaults(command=_setup)

    run = commands.add_parser("run", help="replay packets on one snapshot")
    run.add_argument("snapshot", type=Path)
    run.add_argument("--packets", type=Path, required=True)
    run.set_defaults(command=_run)

    batch = commands.add_parser("batch", help="replay every scenario folder of a directory")
    batch.add_argument("directory", type=Path)
    batch.add_argument("-o", "--output", type=Path, required=True)
    batch.add_argument("--jobs", type=int, help="emulators at a time (default: one for each processor)")
    batch.set_defaults(command=_batch)

    fuzz = commands.add_parser("fuzz", help="compare the engine and a kernel on random directors")
    fuzz.add_argument("--seed", type=int, default=1, help="the first one's (default 1)")
    fuzz.add_argument("--count", type=int, default=50)
    fuzz.add_argument("--feature", action="append", default=[], help="one that all of them have")
    fuzz.add_argument("--among", action="append", help="draw from these features only (default: all)")
    fuzz.add_argument("--save", type=Path, help="write those on which they differ below this directory")
    fuzz.set_defaults(command=_fuzz)

    for command in (setup, run, batch, fuzz):
        command.add_argument("--kernel", default="6.1", help="kernel series, such as 6.1 or 6.12 (default 6.1)")
    return parser


def _setup(options: argparse.Namespace) -> int:
    built = image.build(options.kernel)
    _say(f"{built.release} in {built.kernel.parent}")
    return 0


def _run(options: argparse.Namespace) -> int:
    packets = json.loads(options.packets.read_text(encoding="utf-8"))
    (result,) = replay([Scenario.read(options.snapshot, packets)], options.kernel)
    for note in result.pop("notes", []):
        _say(note)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if "error" in result else 0


def _batch(options: argparse.Namespace) -> int:
    folders = sorted(path for path in options.directory.iterdir() if (path / "packets.json").is_file())
    scenarios = [Scenario.read(folder) for folder in folders]
    start = time.monotonic()
    results = replay(scenarios, options.kernel, options.jobs)
    failed = 0
    with options.output.open("w", encoding="utf-8") as output:
        for folder, result in zip(folders, results, strict=True):
            for note in result.pop("notes", []):
                _say(f"{folder.name}: {note}")
            failed += "error" in result
            output.write(json.dumps({"name": folder.name, "result": result}) + "\n")
    count = sum(len(scenario.packets) for scenario in scenarios)
    seconds = time.monotonic() - start
    _say(f"{len(folders)} scenarios, {count} packets, {failed} failed, {seconds:.1f} s")
    return 1 if failed else 0


def _fuzz(options: argparse.Namespace) -> int:
    from lvsconf.lab.fuzz import compare, drawn

    start = time.monotonic()
    seeds = range(options.seed, options.seed + options.count)
    tally = compare(drawn(seeds, options.feature, options.among), options.kernel)
    for director, told in tally.disagreements:
        sys.stdout.write(f"== {director.name}\n{told}\n\n")
        if options.save is not None:
            director.write(options.save / str(director.seed))
    _say(
        f"{tally.scenarios} scenarios, {tally.packets} packets, {tally.unknown} of them unknown, "
        f"{len(tally.disagreements)} disagreements, {time.monotonic() - start:.0f} s"
    )
    _say(f"features: {', '.join(f'{name} {count}' for name, count in sorted(tally.features.items()))}")
    return 1 if tally.disagreements else 0


def _say(text: str) -> None:
    sys.stderr.write(f"lab: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
