"""A network namespace of its own, in which `ipset` is run for the tests (as root)."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_HELPER = r"""
import json, subprocess, sys
for line in sys.stdin:
    steps = []
    for arguments, text in json.loads(line):
        run = subprocess.run(["ipset", *arguments], input=text.encode("utf-8", "surrogateescape"), capture_output=True)
        steps.append([run.returncode, *(each.decode("utf-8", "surrogateescape") for each in (run.stdout, run.stderr))])
    print(json.dumps(steps), flush=True)
"""


class Namespace:
    """Runs lists of ipset commands; raises OSError where there is no namespace to be had."""

    def __init__(self) -> None:
        command = ["unshare", "-n", sys.executable, "-c", _HELPER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, steps: list[tuple[list[str], str]]) -> list[tuple[int, str, str]]:
        """Each command's exit code, output and error output."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(steps) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise OSError("no network namespace")
        found: list[Any] = json.loads(answer)
        return [(int(code), str(out), str(error)) for code, out, error in found]

    def types(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the types that the kernel at hand has."""
        ranges = {"bitmap:ip": "range 10.0.0.0/30", "bitmap:ip,mac": "range 10.0.0.0/30", "bitmap:port": "range 1-2"}
        found = self.run([(["restore"], f"create x {name} {ranges.get(name, '')}\ndestroy x\n") for name in names])
        return tuple(name for name, (code, _, _) in zip(names, found, strict=True) if code == 0)

    def close(self) -> None:
        """End the namespace."""
        self.process.communicate()
