"""The keys of `sysctl.conf` and the files below /proc/sys that hold them."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path("/proc/sys")
# Wall clock limits would make answers depend on the emulator's speed; discovery would send packets of its own.
LAB_VALUES = {
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv4/icmp_ratemask": "0",
    "net/ipv4/icmp_msgs_per_sec": "1000000",
    "net/ipv4/icmp_msgs_burst": "1000000",
    "net/ipv4/tcp_invalid_ratelimit": "0",
    "net/ipv6/icmp/ratelimit": "0",
    "net/ipv6/icmp/ratemask": "",
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/router_solicitations": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
}
# Keys that stay as the lab needs them, whatever the snapshot says.
_LAB_ONLY = re.compile(
    r"net/(core/.*|netfilter/nf_log.*|ipv4/icmp_(ratelimit|ratemask|msgs_\w+)|ipv4/tcp_invalid_ratelimit"
    r"|ipv6/icmp/rate\w+|ipv6/conf/.*/(accept_ra|accept_dad|router_solicitations|addr_gen_mode|dad_transmits|stable_secret))"
)
_DEFENCES = frozenset(f"net/ipv4/vs/{name}" for name in ("drop_entry", "drop_packet", "secure_tcp"))
_DEFAULT = re.compile(r"net/ipv4/conf/default/(\w+)")


def read(text: str, six: bool) -> list[tuple[str, str]]:
    """Paths and values to write, in an order in which what settles many comes before what settles one."""
    wanted: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith(("#", ";")):
            continue
        path = path_of(key.strip().lstrip("-"))
        if path.startswith("net/") and not _LAB_ONLY.fullmatch(path) and (six or not path.startswith("net/ipv6/")):
            wanted[path] = value.strip()
    return sorted(wanted.items(), key=lambda item: _rank(item[0]))


def path_of(key: str) -> str:
    """The file of a key; where dots separate, a slash stands for a dot of a device's name."""
    dot, slash = key.find("."), key.find("/")
    if slash >= 0 and (dot < 0 or slash < dot):
        return key
    return key.translate(str.maketrans("./", "/."))


def _rank(path: str) -> int:
    if path == "net/ipv4/ip_forward":
        return 0
    if "/conf/all/" in path:
        return 1
    if path in _DEFENCES:
        # update_defense_level takes what it needs from the other keys when the mode is written, then once a second.
        return 4
    return 2 if "/conf/default/" in path else 3


def apply(text: str, six: bool) -> list[str]:
    """Set all keys in the current namespace; the keys that could not be set are the answer."""
    failed = []
    for path, value in read(text, six):
        _keep_from_spreading(path)
        if not write(path, value) and _value(path) not in (None, value):
            failed.append(path.replace("/", "."))
    return failed


def write(path: str, value: str) -> bool:
    """Set one key; false when the kernel refuses."""
    try:
        (ROOT / path).write_text(value + "\n", encoding="ascii")
    except OSError:
        return False
    return True


def _keep_from_spreading(path: str) -> None:
    """Give devices their own value first: a default that is set later reaches only those that have none.

    In a dump each device has its own value, so a missing one is the kernel's default and not that of the file.
    """
    found = _DEFAULT.fullmatch(path)
    if not found or found[1] == "forwarding":
        return
    for device in os.listdir(ROOT / "net/ipv4/conf"):  # noqa: PTH208 - paths are not needed
        own = f"net/ipv4/conf/{device}/{found[1]}"
        value = _value(own) if device not in ("all", "default") else None
        if value is not None:
            write(own, value)


def _value(path: str) -> str | None:
    try:
        return " ".join((ROOT / path).read_text(encoding="ascii").split())
    except OSError:
        return None
