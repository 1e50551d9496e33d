"""Questions about every packet, on a director of 5,000 rules: `python tests/bench/packet_sets.py`.

The commands take turns with reading the same rules and nothing else, so that a busy machine slows all of them alike;
medians are compared. `diff` is asked about the same rules with one of them moved.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from directors import director
from startup import measure

RULES, ROUNDS = 5_000, 5
LIMITS = {"matrix tcp/22": 6.0, "matrix tcp/80": 6.0, "ask through FORWARD": 6.0, "diff of one moved rule": 10.0}
"""Times reading the rules once."""


def moved(text: str) -> str:
    """The same rules, the last one of FORWARD in the middle of it."""
    lines = text.splitlines()
    mine = [place for place, line in enumerate(lines) if line.startswith("-A FORWARD ")]
    lines.insert(mine[len(mine) // 2], lines.pop(mine[-1]))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the ratios; 1 when one is over its limit."""
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place, "old.rules"), Path(place, "new.rules")
        files = director(RULES)
        old.write_text(files["iptables.rules"])
        new.write_text(moved(files["iptables.rules"]))
        lvsconf = [sys.executable, "-m", "lvsconf"]
        medians = measure(
            {
                "reading": [*lvsconf, "lint", "--select", "LVS0", "--quiet", str(old)],
                "matrix tcp/22": [*lvsconf, "matrix", str(old), "--port", "tcp/22"],
                "matrix tcp/80": [*lvsconf, "matrix", str(old), "--port", "tcp/80"],
                "ask through FORWARD": [*lvsconf, "ask", str(old), "--through", "FORWARD"],
                "diff of one moved rule": [*lvsconf, "diff", str(old), str(new)],
            },
            ROUNDS,
        )
    base = medians.pop("reading")
    sys.stdout.write(f"reading {RULES:,} rules: {base:.2f} s\n")
    over = 0
    for name, seconds in medians.items():
        over += seconds / base > LIMITS[name]
        sys.stdout.write(f"{name}: {seconds:.2f} s, {seconds / base:.1f} times (limit {LIMITS[name]:.0f})\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
