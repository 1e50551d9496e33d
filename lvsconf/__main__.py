"""Where `lvsconf` and `python -m lvsconf` start."""

from __future__ import annotations

import gc
import sys

__version__ = "0.1.0"


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    # Asked by scripts and editors all the time: answered before anything else is imported.
    if sys.argv[1:2] == ["--version"]:
        sys.stdout.write(f"lvsconf {__version__}\n")
        return
    # A run makes many objects and drops few; looking for cycles as often as Python does by default finds none.
    gc.set_threshold(50_000, 20, 20)
    from lvsconf.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
