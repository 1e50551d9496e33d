"""What the system's own tools say about everything that is built."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.compile.example import CLUSTERS, built

pytestmark = pytest.mark.oracle

FILES = {f"{name}/{path}": text for name, found in CLUSTERS.items() for path, text in built(found).files.items()}


def named(*suffixes: str) -> list[str]:
    return [path for path in FILES if path.endswith(suffixes)]


@pytest.fixture
def namespace(tool):
    """Run commands in a network namespace of their own."""
    unshare = tool("unshare")
    if subprocess.run([unshare, "-n", "true"], capture_output=True).returncode:
        pytest.skip("network namespaces can't be made here")

    def run(*command: str, stdin: str = "", **more) -> subprocess.CompletedProcess[str]:
        return subprocess.run([unshare, "-n", *command], input=stdin, capture_output=True, text=True, **more)

    return run


def by_table(dump: str) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for line in dump.splitlines():
        if line.startswith("*"):
            tables[line] = []
        elif not line.startswith("#"):
            tables[list(tables)[-1]].append(line)
    return tables


@pytest.mark.parametrize("path", named("/iptables.rules"))
def test_iptables_prints_the_same(path: str, tool, namespace) -> None:
    restore, save = tool("iptables-legacy-restore"), tool("iptables-legacy-save")
    done = namespace("sh", "-c", f"{restore} && {save}", stdin=FILES[path])
    assert done.returncode == 0, done.stderr
    assert by_table(done.stdout) == by_table(FILES[path])


@pytest.mark.parametrize("path", named(".sh"))
def test_scripts_are_sound(path: str, tool, tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text(FILES[path], encoding="utf-8")
    subprocess.run([tool("dash"), "-n", script], check=True)
    subprocess.run([tool("shellcheck"), script], check=True)


@pytest.mark.parametrize("path", named("/ip-address.json"))
def test_the_kernel_makes_the_same_routes(path: str, tool, namespace) -> None:
    """With these devices and addresses, and the gateways of these routes."""
    ip = tool("ip")
    devices = json.loads(FILES[path])
    routes = json.loads(FILES[path.replace("ip-address", "ip-route")])
    script = ["set -e"]
    for device in devices:
        name = device["ifname"]
        if name != "lo":
            script.append(f"{ip} link add {name} type bridge")
        script.append(f"{ip} link set {name} up")
        for found in device["addr_info"]:
            broadcast = f"broadcast {found['broadcast']}" if "broadcast" in found else ""
            if found["local"] != "127.0.0.1":
                script.append(f"{ip} address add {found['local']}/{found['prefixlen']} {broadcast} dev {name}")
    script += [f"{ip} route add {found['dst']} via {found['gateway']}" for found in routes if "gateway" in found]
    listings = ["-4 -j address", "-4 -j route show table all", "-j rule"]
    script += [f"{ip} {listing} >&{number}" for number, listing in zip((1, 1, 1), listings, strict=True)]
    done = namespace("sh", "-c", "\n".join(script))
    if "Unknown device type" in done.stderr:
        pytest.skip("this kernel has no bridges")
    assert done.returncode == 0, done.stderr
    addresses, found, rules = map(json.loads, done.stdout.splitlines())
    assert found == routes
    assert rules == json.loads(FILES[path.replace("ip-address", "ip-rule")])
    assert [[seen["addr_info"], seen["ifname"]] for seen in addresses if seen.get("addr_info")] == [
        [device["addr_info"], device["ifname"]] for device in devices if device["addr_info"]
    ]
