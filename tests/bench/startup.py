"""How long lvsconf takes, as a multiple of starting Python: `python tests/bench/startup.py SAMPLE`.

The commands take turns, so that a busy machine slows all of them alike, and medians are compared.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 21
LIMITS = {"--version": 10.0, "lint": 30.0}


def measure(commands: dict[str, list[str]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of each command."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            times[name].append(time.perf_counter() - start)
            if done.returncode > 1:
                raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return {name: statistics.median(values) for name, values in times.items()}


def commands(sample: str) -> dict[str, list[str]]:
    """Python alone, and what is compared with it: the installed script where there is one."""
    script = Path(sys.executable).with_name("lvsconf")
    lvsconf = [str(script)] if script.is_file() else [sys.executable, "-m", "lvsconf"]
    return {
        "pass": [sys.executable, "-c", "pass"],
        "--version": [*lvsconf, "--version"],
        "lint": [*lvsconf, "lint", sample],
    }


def main() -> int:
    """Print the ratios; 1 when one is over its limit."""
    medians = measure(commands(sys.argv[1]))
    base = medians.pop("pass")
    sys.stdout.write(f"python -c pass: {base * 1000:.1f} ms\n")
    over = 0
    for name, seconds in medians.items():
        ratio = seconds / base
        over += ratio > LIMITS[name]
        sys.stdout.write(f"lvsconf {name}: {seconds * 1000:.1f} ms, {ratio:.1f} times (limit {LIMITS[name]:.0f})\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
