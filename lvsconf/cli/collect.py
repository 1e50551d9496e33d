"""`lvsconf collect`: a snapshot of the host it runs on, or a script that makes one elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

SCRIPT = Path(__file__).parent / "support" / "collect.sh"


def command(
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR|FILE.tar", help="Where to write it; by default HOSTNAME.tar."),
    ] = None,
    script: Annotated[
        bool, typer.Option("--script", help="Print a shell script that does the same where lvsconf is not installed.")
    ] = False,
) -> int:
    """Write a snapshot of this host. Nothing on it is changed, and passwords of daemons are replaced."""
    if script:
        sys.stdout.write(SCRIPT.read_text(encoding="utf-8"))
        return 0
    # The script itself does the work, so that both ways give the same snapshot.
    arguments = ["sh", str(SCRIPT), *([output] if output is not None else [])]
    return subprocess.run(arguments, check=False).returncode  # noqa: S603
