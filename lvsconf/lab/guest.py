"""Runs inside the guest: each scenario in its own namespace, one packet after the other, a line of JSON for each."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import time
import traceback
from io import FileIO
from pathlib import Path
from typing import Any

from lvsconf.lab import sysctls, wire
from lvsconf.lab.director import Director, leave_namespace, optional_modules, run, tool
from lvsconf.lab.fate import fate
from lvsconf.lab.guest_wire import Log, Observer, Wire
from lvsconf.lab.listeners import IP_FREEBIND, IPV6_FREEBIND
from lvsconf.lab.refusals import SetupError

SCENARIOS, RESULTS = Path("/lab/scenarios.jsonl"), Path("/dev/ttyS1")
MODULES = ["veth", "ip_vs", "nf_log_syslog", "ip_tables", "ip6_tables", "iptable_raw", "ip6table_raw", "xt_TRACE"]
FIRST_NAMESPACE = {
    "net/netfilter/nf_log_all_netns": "1",
    "net/ipv4/icmp_msgs_per_sec": "1000000",
    "net/ipv4/icmp_msgs_burst": "1000000",
    # Without it, five errors about routes at once are all that one address gets (net/ipv4/route.c, ip_error).
    "net/ipv4/route/error_cost": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}
# Links must be gone before the next scenario starts, or their last words would be taken for its own.
TEARDOWN_SECONDS = 20.0
UNLOAD_TRIES = 50
# The guest's last word when it needs another boot for what is left, without any scenario's fault.
AGAIN = "once more"


def main() -> None:
    """Replay all scenarios of the ramdisk."""
    _boot()
    # The host tells by this word a guest that never came up from one that a scenario stopped.
    sys.stdout.write("started\n")
    sys.stdout.flush()
    link, log = Wire(), Log()
    previous: list[str] = []
    with FileIO(RESULTS, "wb") as results, SCENARIOS.open(encoding="utf-8") as scenarios:
        for number, line in enumerate(scenarios):
            scenario = json.loads(line)
            outcome = _scenario(number, scenario, link, log, previous)
            _report(results, {"index": scenario["index"]} | outcome)
            modules = optional_modules(scenario["files"])
            if modules and not _unload(modules, link, previous):
                sys.stdout.write(f"{AGAIN}\n")
                return


def _boot() -> None:
    library = ctypes.CDLL(None)
    library.mount(b"proc", b"/proc", b"proc", 0, None)
    library.mount(b"sysfs", b"/sys", b"sysfs", 0, None)
    devices = {path.name for path in Path("/sys/class/net").iterdir()}
    if devices != {"lo"}:
        raise RuntimeError(f"the guest must not have a network device of the host's: {devices}")
    tool(["modprobe", "-a", *MODULES])
    sysctls.remember()
    for path, value in FIRST_NAMESPACE.items():
        sysctls.write(path, value)
    _prefer_packets()


def _prefer_packets() -> None:
    """Let the thread that handles packets the kernel has put off run before this program does."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (folder / "comm").read_text().startswith("ksoftirqd/"):
            os.sched_setscheduler(int(folder.name), os.SCHED_FIFO, os.sched_param(1))


def _report(results: FileIO, outcome: dict[str, Any]) -> None:
    data = json.dumps(outcome, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[results.write(data) or 0 :]


def _scenario(number: int, scenario: dict[str, Any], link: Wire, log: Log, previous: list[str]) -> dict[str, Any]:
    director = None
    try:
        director = Director(number, scenario["files"], scenario["packets"], link)
        director.set_up()
        _await_teardown(link, previous)
        observer = director.observer(log)
        observer.settle()
        observer.take(None)
        commands = [run(words, text) for words, text in scenario["commands"]]
        packets = _replay(director, observer, scenario["packets"])
        outcome: dict[str, Any] = {"packets": packets, "commands": commands}
        director.close_listeners()
        observer.settle()
    except SetupError as error:
        outcome = {"error": error.told}
    except wire.PacketError as error:
        outcome = {"error": {"text": str(error), "file": "packets.json"}}
    except Exception:
        # Told outside, and the guest goes on with the next scenario.
        outcome = {"error": {"text": "in the guest: " + traceback.format_exc()}}
    if director is not None:
        outcome["notes"] = director.notes
        outcome["refused"] = [each.told for each in director.refused]
        director.close()
        previous += director.devices.values()
    return outcome


def _unload(modules: list[str], link: Wire, previous: list[str]) -> bool:
    """Take modules away that only one scenario asked for; false when one of them stays."""
    leave_namespace()
    _await_teardown(link, previous)
    for _ in range(UNLOAD_TRIES):
        # One may be in use by another, or by connections that are still being freed.
        modules = [module for module in modules if not _removed(module)]
        if not modules:
            return True
        time.sleep(0.1)
    return False


def _removed(module: str) -> bool:
    try:
        tool(["modprobe", "-r", module])
    except SetupError:
        return False
    return True


def _await_teardown(link: Wire, names: list[str]) -> None:
    deadline = time.monotonic() + TEARDOWN_SECONDS
    while any(link.exists(name) for name in names):
        if time.monotonic() > deadline:
            raise RuntimeError("the namespace before this one did not go away")
        time.sleep(0.005)
    names.clear()


def _replay(director: Director, observer: Observer, packets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    built = [wire.build(packet, number) for number, packet in enumerate(packets, 1)]
    results = []
    times = _times(packets)
    start = time.monotonic()
    before = director.counters()
    for number, packet in enumerate(packets):
        _send(director, packet, built[number])
        observer.settle()
        if number + 1 < len(packets) and times[number + 1] > times[number]:
            time.sleep(max(0.0, start + times[number + 1] - time.monotonic()))
        trace, egress = observer.take(packet.get("type"))
        after = director.counters()
        targets = director.targets6 if ":" in packet["src"] else director.targets
        outcome = {
            "when": None,
            "fate": fate(packet, trace, egress, after.since(before), targets),
            "trace": [str(line) for line in trace],
            "egress": egress,
            "steps": [],
        }
        results.append({"outcomes": [outcome]})
        before = after
    return results


def _times(packets: list[dict[str, Any]]) -> list[float]:
    """When each packet is sent, in seconds after the first."""
    times, now = [], 0.0
    for packet in packets:
        now = max(now, float(packet.get("at", now)))
        times.append(now)
    return [moment - times[0] for moment in times]


def _send(director: Director, packet: dict[str, Any], data: bytes) -> None:
    device = packet.get("in")
    if device is None:
        _send_from_host(packet, data)
    elif device in director.devices:
        director.inject(device, packet["dst"], data)
    elif device == "lo":
        kind = 0x86DD if ":" in packet["src"] else 0x0800
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.sendto(bytes(12) + kind.to_bytes(2, "big") + data, ("lo", kind))
    else:
        raise wire.PacketError(f"there is no device {device} that a packet could arrive on")


def _send_from_host(packet: dict[str, Any], data: bytes) -> None:
    """A raw socket, bound to the source so that routing sees it as it sees a process's own."""
    family = socket.AF_INET6 if ":" in packet["src"] else socket.AF_INET
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        if family == socket.AF_INET:
            raw.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        else:
            raw.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        try:
            raw.bind((packet["src"], 0))
            raw.sendto(data, (packet["dst"], 0))
        except OSError:
            # No route, or dropped in OUTPUT: the trace tells which.
            return
