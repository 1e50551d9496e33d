"""`python -m lvsconf.lab …` is `lvsconf lab …`."""

from __future__ import annotations

import sys

from lvsconf.cli import run

if __name__ == "__main__":
    sys.exit(run(["lab", *sys.argv[1:]]))
