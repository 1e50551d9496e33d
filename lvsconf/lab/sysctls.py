"""The keys of `sysctl.conf` and the files below /proc/sys that hold them."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import NamedTuple

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
# Folders of which each key is known: a key that they lack is none of this kernel's.
FOLDERS = ("net/ipv4", "net/ipv4/vs", "net/netfilter", "net/ipv4/conf/all", "net/ipv4/conf/default")
_FIRST: set[str] = set()
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


class Failed(NamedTuple):
    """A key that could not be set: in which line, and why; empty where no namespace has one of its own."""

    key: str
    line: int
    why: str


def remember() -> None:
    """Note the keys of the first namespace, some of which no other one has."""
    _FIRST.update(f"{folder}/{name}" for folder in FOLDERS for name in os.listdir(ROOT / folder))  # noqa: PTH208


def apply(text: str, six: bool) -> list[Failed]:
    """Set all keys in the current namespace; the keys that could not be set are the answer."""
    failed = []
    places = {path_of(line.strip().partition("=")[0].strip().lstrip("-")): n for n, line in _numbered(text)}
    for path, value in read(text, six):
        _keep_from_spreading(path)
        error = _write(path, value)
        if error is None or _value(path) == value:
            continue
        key, why = path.replace("/", "."), ""
        if error == errno.EINVAL:
            why = f"the kernel refuses {value!r} for {key}"
        elif error == errno.ENOENT and path not in _FIRST and _has_all_keys(path.rpartition("/")[0]):
            why = f"the kernel has no {key}"
        if why or error != errno.ENOENT:
            failed.append(Failed(key, places[path], why))
    return failed


def _numbered(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.splitlines(), 1))


def _has_all_keys(folder: str) -> bool:
    return folder in FOLDERS or (folder.startswith("net/ipv4/conf/") and (ROOT / folder).is_dir())


def write(path: str, value: str) -> bool:
    """Set one key; false when the kernel refuses."""
    return _write(path, value) is None


def _write(path: str, value: str) -> int | None:
    try:
        (ROOT / path).write_text(value + "\n", encoding="utf-8")
    except OSError as error:
        return error.errno
    return None


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
