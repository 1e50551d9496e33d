"""Record what a real kernel of the lab says to random files: `python -m tests.languages.ipset_record` (see make lab).

The kernel at hand may lack set types; the lab's has all. Nothing is written when it disagrees with lvsconf.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from lvsconf.lab import image
from lvsconf.lab.cpio import Archive
from tests.languages.ipset_kernel import Answer, Plan, Step, differences, plan
from tests.languages.ipset_texts import files

KERNEL = "6.12"
RECORDED = Path(__file__).with_name("ipset_recorded.jsonl")
TYPES = ("hash:mac", "hash:ip,mac", "hash:net,net", "hash:net,port,net", "hash:ip,mark")
EXAMPLES = 150
SECONDS = 1800

GUEST = r"""
import ctypes, json, subprocess
library = ctypes.CDLL(None)
library.mount(b"proc", b"/proc", b"proc", 0, None)
results = open("/dev/ttyS1", "wb", buffering=0)
for line in open("/lab/steps.jsonl"):
    steps = []
    for arguments, text in json.loads(line):
        data = text.encode("utf-8", "surrogateescape")
        run = subprocess.run(["/sbin/ipset", *arguments], input=data, capture_output=True)
        steps.append([run.returncode, *(each.decode("utf-8", "surrogateescape") for each in (run.stdout, run.stderr))])
    data = json.dumps(steps).encode() + b"\n"
    while data:
        data = data[results.write(data) or 0 :]
"""
INIT = """#!/bin/sh
export PATH=/sbin:/bin
python3 -I -S /lab/steps.py
echo b > /proc/sysrq-trigger
"""


def asked(jobs: list[list[Step]]) -> list[list[Answer]]:
    """What ipset says to each step, in a guest that runs nothing else."""
    found = image.ensure(KERNEL)
    archive = Archive()
    archive.file("init", INIT, executable=True)
    archive.file("lab/steps.py", GUEST)
    archive.file("lab/steps.jsonl", "".join(json.dumps(job) + "\n" for job in jobs))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "ramdisk").write_bytes(found.ramdisk.read_bytes() + archive.packed())
        command = [
            *("qemu-system-x86_64", "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off", "-m", "1024"),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-kernel", str(found.kernel)),
            *("-initrd", str(scratch / "ramdisk"), "-append", "console=ttyS0 quiet panic=-1"),
            *("-serial", f"file:{scratch / 'console'}", "-serial", f"file:{scratch / 'results'}"),
        ]
        subprocess.run(command, check=True, timeout=SECONDS)
        lines = (scratch / "results").read_text("utf-8").splitlines()
    return [[(int(code), str(out), str(error)) for code, out, error in json.loads(line)] for line in lines]


def main() -> None:
    """See the module."""
    plans: list[tuple[str, Plan]] = []

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(files(TYPES))
    def collect(text: str) -> None:
        plans.append((text, plan(text)))

    collect()
    answers = asked([made.steps for _, made in plans])
    lines = [json.dumps({"kernel": image.ensure(KERNEL).release})]
    for (text, made), said in zip(plans, answers, strict=True):
        wrong = list(differences(made, said))
        if wrong:
            raise SystemExit(f"{wrong[0]}\n{text}")
        taken = [made.verdicts.get(number) for number in range(1, len(made.reader.source.lines) + 1)]
        lines.append(json.dumps({"text": text, "taken": taken, "saved": said[-1][1]}))
    RECORDED.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
