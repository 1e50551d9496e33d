"""`lvsconf fmt` of long dumps beside `iptables-legacy-restore --test`: `python tests/bench/formatting.py`.

For each length the two take turns on the same file, and medians are compared. Needs root for a network namespace.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dumps import dump

LENGTHS = (1_000, 10_000, 100_000, 300_000)
ROUNDS = 5
SLOWER = 5.0
"""How many times longer than iptables-restore a dump of COMPARED rules may take."""
COMPARED = 100_000
MEMORY = 1.5e9


def seconds(command: list[str]) -> tuple[float, int]:
    """How long a command takes, and the most memory that any child has taken so far in bytes."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    taken = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def main() -> int:
    """Print the ratios and how time grows; 1 when a limit is passed."""
    restore = shutil.which("iptables-legacy-restore")
    if restore is None or os.geteuid() != 0:
        sys.stdout.write("fmt: not compared, that needs iptables-legacy-restore and root\n")
        return 0
    over = False
    medians: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for length in LENGTHS:
            path = Path(folder, "rules")
            path.write_text("".join(f"{line}\n" for line in dump(length)))
            ours, theirs = [], []
            memory = 0
            for _ in range(ROUNDS):
                theirs.append(seconds(["unshare", "-n", restore, "--test", str(path)])[0])
                taken, memory = seconds([sys.executable, "-m", "lvsconf", "fmt", str(path)])
                ours.append(taken)
            medians.append(statistics.median(ours))
            ratio = medians[-1] / statistics.median(theirs)
            over |= (length == COMPARED and ratio > SLOWER) or memory > MEMORY
            sys.stdout.write(
                f"fmt of {length} rules: {medians[-1]:.2f} s, {ratio:.1f} times iptables-legacy-restore --test"
                f"{f' (limit {SLOWER:.0f})' if length == COMPARED else ''}, {memory / 1e6:.0f} MB\n"
            )
    grown = math.log(medians[-1] / medians[-2]) / math.log(LENGTHS[-1] / LENGTHS[-2])
    sys.stdout.write(f"from {LENGTHS[-2]} to {LENGTHS[-1]} rules time grows with the power {grown:.2f}\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
