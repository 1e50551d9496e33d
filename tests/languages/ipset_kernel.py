"""Files for `ipset restore` cut into loads, and a kernel that is asked for each: is it taken, and what is saved?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest

from lvsconf.languages.ipset.create import show_header
from lvsconf.languages.ipset.elements import show_key
from lvsconf.languages.ipset.format import element_options, format_source
from lvsconf.languages.ipset.reader import Line, Reader
from lvsconf.source import Source

Step = tuple[list[str], str]
"""Arguments of ipset, and its input."""
Answer = tuple[int, str, str]
"""Exit code, output, error output."""

RANGES = {"bitmap:ip": "range 10.0.0.0/30", "bitmap:ip,mac": "range 10.0.0.0/30", "bitmap:port": "range 1-2"}

RUNNER = r"""
import json, subprocess, sys
for line in sys.stdin:
    steps = []
    for arguments, text in json.loads(line):
        run = subprocess.run(["ipset", *arguments], input=text.encode("utf-8", "surrogateescape"), capture_output=True)
        steps.append([run.returncode, *(each.decode("utf-8", "surrogateescape") for each in (run.stdout, run.stderr))])
    print(json.dumps(steps), flush=True)
"""


class Namespace:
    """A network namespace in which ipset is run (as root); raises OSError where there is none to be had."""

    def __init__(self) -> None:
        command = ["unshare", "-n", sys.executable, "-c", RUNNER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, steps: list[Step]) -> list[Answer]:
        """What ipset says to each step."""
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
        found = self.run([(["restore"], f"create x {name} {RANGES.get(name, '')}\ndestroy x\n") for name in names])
        return tuple(name for name, (code, _, _) in zip(names, found, strict=True) if code == 0)

    def close(self) -> None:
        """End the namespace."""
        self.process.communicate()


def opened() -> Iterator[Namespace]:
    """The body of a fixture: a namespace, closed again; skips where there is none."""
    if any(shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin") is None for name in ("ipset", "unshare")):
        pytest.skip("ipset or unshare is not installed")
    made = Namespace()
    try:
        made.run([])
    except OSError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@dataclass
class Plan:
    """The loads of one file, and what lvsconf says of them."""

    reader: Reader
    steps: list[Step] = field(default_factory=lambda: [(["flush"], ""), (["destroy"], "")])
    wanted: list[tuple[bool, str]] = field(default_factory=lambda: [(True, ""), (True, "")])
    done: dict[int, Line] = field(default_factory=dict)
    verdicts: dict[int, bool] = field(default_factory=dict)
    whole: bool = True


def plan(text: str) -> Plan:
    """Lines that are taken go in one load, each that is refused in one of its own; the last step is `save`."""
    made = Plan(Reader(Source("ipset.rules", text)))
    sets = made.reader.sets
    verdicts = []
    exist, lost = False, set[str]()
    for number, line in enumerate(made.reader.source.lines, 1):
        # What a set holds is not known after a line on it that could not be read: then nothing can be compared.
        lost |= {name for name, opened in sets.sets.items() if not opened.whole}
        read, problem = made.reader.line(number)
        if read is not None:
            made.done[number] = read
        full = {name for name, opened in sets.sets.items() if not opened.whole and opened.header and problem is None}
        lost |= full
        known = lost.isdisjoint(re.split(r"[ ,]", line))
        made.whole = made.whole and (known or problem is not None)
        if known:
            verdicts.append((problem is None, exist, line))
            made.verdicts[number] = problem is None
        exist = sets.exist
    # Of a range that was refused half-way some elements are there, whose line is not among those done.
    made.whole = made.whole and all(
        opened.whole and all(each.line in made.done for each in opened.elements.values())
        for opened in sets.sets.values()
    )
    for (taken, already), group in groupby(verdicts, lambda each: (each[0], each[1])):
        options = ["-exist", "restore"] if already else ["restore"]
        chunk = [line for *_, line in group]
        for lines in [chunk] if taken else [[line] for line in chunk]:
            made.steps.append((options, "\n".join(lines) + "\n"))
            made.wanted.append((taken, "\n".join(lines)))
    made.steps.append((["save"], ""))
    return made


def differences(made: Plan, answers: list[Answer]) -> Iterator[str]:
    """What ipset does otherwise than lvsconf says."""
    *loaded, (_, saved, _) = answers
    for (code, _, error), (taken, lines) in zip(loaded, made.wanted, strict=True):
        if (code == 0) is not taken:
            yield f"{'refused' if taken else 'taken'}: {lines}\n{error}"
    if tidy(saved) != tidy(format_source(Source("f", saved))):
        yield f"fmt changes what is saved: {saved}"
    if made.whole and tidy(saved) != tidy(state(made)):
        yield f"saved: {tidy(saved)}\nsaid: {tidy(state(made))}"


def state(made: Plan) -> str:
    """The sets as `ipset save` would print them."""
    lines = []
    for name, opened in made.reader.sets.sets.items():
        assert opened.header is not None
        lines.append(" ".join(["create", name, *show_header(opened.header)]))
        for each in opened.elements.values():
            options = element_options(made.done[each.line])
            lines.append(" ".join(["add", name, show_key(opened.header, each.parts), *options]))
    return "\n".join(lines)


def tidy(saved: str) -> list[str]:
    """Lines in order, without what the kernel draws, counts and forgets."""
    lines = []
    for line in saved.splitlines():
        known = re.sub(r" initval \S+| forceadd| (?:before|after) \w+", "", line)
        lines.append(re.sub(r"(?<= timeout )(9999\d{2}|21474[78]\d)(?= |$)", lambda found: RUNNING[found[1][0]], known))
    return sorted(lines)


RUNNING = {"9": "1000000", "2": "2147483"}
"""Some seconds may have gone by since the element was added."""
