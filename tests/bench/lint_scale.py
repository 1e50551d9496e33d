"""`lvsconf lint` of busy directors, small to large: `python tests/bench/lint_scale.py`.

Each size is linted in a process of its own, the sizes in turns; the seconds are those of the processor, which other
work on the machine disturbs least, and the best of the rounds counts.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from directors import RULES_OF_A_SERVICE, director

SIZES = (1_000, 5_000, 10_000, 50_000)
LIMITS = {5_000: 5.0, 50_000: 60.0}
"""Seconds."""
ROUNDS = 2
MEMORY = 4e9
POWER = 1.2
"""Time may grow with this power of the number of rules."""


def lint(folder: Path) -> tuple[float, float, int, dict[str, int]]:
    """Seconds of the processor, seconds by the clock, most memory in bytes, and the findings of each code."""
    command = [sys.executable, "-m", "lvsconf", "lint", "--statistics", "--format", "json", str(folder)]
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said)
        # wait4 tells of this child alone, unlike getrusage(RUSAGE_CHILDREN).
        _, status, used = os.wait4(child.pid, 0)
        clock = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode > 1:
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
        said.seek(0)
        counted = json.load(said)
    found = {each["code"]: each["count"] for each in counted["statistics"]}
    return used.ru_utime + used.ru_stime, clock, used.ru_maxrss * 1024, found


def power(seconds: dict[int, float]) -> float:
    """The slope of a line through the logarithms (least squares)."""
    points = [(math.log(size), math.log(taken)) for size, taken in seconds.items()]
    middle = [sum(each) / len(points) for each in zip(*points, strict=True)]
    across = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / across


def main() -> int:
    """Print what each size takes and how time grows; 1 when a limit is passed."""
    over = False
    best: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            folder = Path(place, str(size))
            folder.mkdir()
            for file, text in director(size).items():
                (folder / file).write_text(text)
        for turn in range(ROUNDS):
            for size in SIZES:
                taken, clock, memory, found = lint(Path(place, str(size)))
                best[size] = min(best.get(size, taken), taken)
                over |= memory > MEMORY
                if turn == 0:
                    codes = ", ".join(f"{code} {count}" for code, count in sorted(found.items()))
                    sys.stdout.write(
                        f"lint of {size:,} rules and {size // RULES_OF_A_SERVICE:,} services:"
                        f" {taken:.2f} s ({clock:.2f} s by the clock), {memory / 1e6:.0f} MB,"
                        f" {sum(found.values())} findings: {codes}\n"
                    )
                    sys.stdout.flush()
    for size, limit in LIMITS.items():
        over |= best[size] > limit
        sys.stdout.write(f"{size:,} rules: {best[size]:.2f} s (at most {limit:.0f})\n")
    grown = power(best)
    over |= grown > POWER
    sys.stdout.write(
        f"from {SIZES[0]:,} to {SIZES[-1]:,} rules time grows with the power {grown:.2f} (at most {POWER})\n"
    )
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
