"""Whether the processor's own virtualisation serves the lab here: it has to give the emulator's answers, and sooner."""

from __future__ import annotations

import json
import time
from typing import Any

from lvsconf.lab.emulator import boot, kvm_works
from lvsconf.lab.image import Image
from lvsconf.lab.replay import Scenario, packed

SCENARIO = Scenario(
    {
        "ip-address.json": json.dumps(
            [
                {"ifname": name, "flags": ["UP"], "addr_info": [{"family": "inet", "local": address, "prefixlen": 24}]}
                for name, address in (("eth0", "192.0.2.100"), ("eth1", "10.0.0.1"))
            ]
        ),
        "iptables.rules": "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n",
        "ipvsadm.rules": "-A -t 192.0.2.100:80 -s rr\n-a -t 192.0.2.100:80 -r 10.0.0.2:80 -g -w 1\n",
        "sysctl.conf": "net.ipv4.ip_forward = 1\n",
    },
    [
        {"in": "eth0", "src": "192.0.2.7", "dst": "192.0.2.100", "sport": 40000, "dport": 80, "flags": flags}
        for flags in ("S", "A", "PA", "FA", "A", "R")
    ],
)
ROUNDS = 5


def quickest(image: Image) -> tuple[str, str]:
    """The accelerator to use, and why, in words."""
    if not kvm_works():
        return "tcg", "emulates the processor (/dev/kvm can't be opened)"
    start = time.monotonic()
    expected = _answers(image, "tcg", 300.0)
    seconds = time.monotonic() - start
    start = time.monotonic()
    # Slower than the emulator is no use, however much slower it is.
    found = _answers(image, "kvm", seconds)
    if found is None or found != expected:
        return "tcg", "emulates the processor (the trial with /dev/kvm gave other answers, or none in time)"
    took = time.monotonic() - start
    return (
        ("kvm", f"uses /dev/kvm ({took:.0f} s for a trial, emulated {seconds:.0f} s)")
        if took < seconds
        else (
            "tcg",
            f"emulates the processor ({seconds:.0f} s for a trial, with /dev/kvm {took:.0f} s)",
        )
    )


def record(image: Image) -> str:
    """Choose, and keep the choice beside the image; says what was chosen."""
    accelerator, why = quickest(image)
    path = image.kernel.parent / "image.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "accelerator": accelerator}) + "\n", encoding="utf-8")
    return why


def _answers(image: Image, accelerator: str, seconds: float) -> Any:
    extra = packed([SCENARIO] * ROUNDS, range(ROUNDS))
    found = boot(image, extra, accelerator=accelerator, patience=(seconds, seconds), starved=1.0).results
    return found if len(found) == ROUNDS else None
