"""The guest's kernel and first ramdisk: what goes into them, where they are kept, how they are found again."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Raised when the ramdisk's content changes, so that an older cache is not used.
LAYOUT = 1

PROGRAMS = {
    "bin/sh": ("dash", "busybox"),
    "sbin/ip": ("ip",),
    "sbin/modprobe": ("kmod",),
    "sbin/iptables-legacy-restore": ("iptables-legacy-restore",),
    "sbin/ip6tables-legacy-restore": ("ip6tables-legacy-restore",),
    "sbin/iptables-legacy-save": ("iptables-legacy-save",),
    "sbin/ip6tables-legacy-save": ("ip6tables-legacy-save",),
    "sbin/ipvsadm": ("ipvsadm",),
    "sbin/ipset": ("ipset",),
    "sbin/conntrack": ("conntrack",),
}
EMULATOR = "qemu-system-x86_64"
# What is needed besides, and to fetch a kernel.
OTHER_PROGRAMS = (EMULATOR, "depmod", "ldd")
FETCHING = ("apt-get", "apt-cache", "dpkg")
PACKAGES = {
    EMULATOR: "qemu-system-x86",
    "kmod": "kmod",
    "depmod": "kmod",
    "ip": "iproute2",
    "iptables-legacy-restore": "iptables",
    "ip6tables-legacy-restore": "iptables",
    "iptables-legacy-save": "iptables",
    "ip6tables-legacy-save": "iptables",
    "dpkg": "dpkg",
    "ldd": "libc-bin",
}
"""Debian's package of a program, where it is called something else than the program."""

# Folders and modules below kernel/; what they depend on follows by modules.dep.
MODULE_FOLDERS = ("net/netfilter/", "net/ipv4/", "net/ipv6/", "drivers/net/veth.ko", "drivers/net/dummy.ko")
EXTRA_MODULES = ("crypto/crc32c_generic.ko", "lib/libcrc32c.ko", "net/core/failover.ko")

DEVICES = {
    "console": (5, 1),
    "null": (1, 3),
    "random": (1, 8),
    "urandom": (1, 9),
    "kmsg": (1, 11),
    "ttyS0": (4, 64),
    "ttyS1": (4, 65),
}

# The modules of this package that run inside the guest.
GUEST_MODULES = (
    *("director", "fate", "guest", "guest_wire", "ipvsrules", "listeners", "network"),
    *("refusals", "sysctls", "tracelog", "transports", "wire"),
)


class LabError(Exception):
    """The lab can't be set up or run; the message says why."""


@dataclass(frozen=True)
class Image:
    """What qemu boots. `accelerator` is one of emulator.ACCELERATORS."""

    release: str
    kernel: Path
    ramdisk: Path
    accelerator: str = "tcg"


def cache_directory() -> Path:
    """Where images are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "lvsconf" / "lab"


def missing_programs(fetching: bool = True) -> list[str]:
    """Programs the lab needs and this host lacks; those for fetching a kernel only if one is to be fetched."""
    lacking = [names[0] for names in PROGRAMS.values() if not any(program(name) for name in names)]
    return lacking + [name for name in (*OTHER_PROGRAMS, *(FETCHING if fetching else ())) if not program(name)]


def find(kernel: str = "6.1") -> Image | None:
    """The newest image in the cache for a kernel series or a path, if there is one."""
    images = cache_directory().glob("*/image.json")
    for path in sorted(images, key=lambda path: version_key(path.parent.name), reverse=True):
        facts = json.loads(path.read_text())
        usable = facts["layout"] == LAYOUT and guest_imports() <= set(facts.get("imports", ()))
        source = facts.get("source")
        fitting = source == path_key(kernel) if is_path(kernel) else not source and in_series(facts["release"], kernel)
        if usable and fitting:
            folder, accelerator = path.parent, facts.get("accelerator", "tcg")
            return Image(facts["release"], folder / "vmlinuz", folder / "ramdisk.cpio", accelerator)
    return None


def is_path(kernel: str) -> bool:
    """Whether `--kernel` names files instead of a series."""
    return "/" in kernel or not re.fullmatch(r"[0-9]+(\.[0-9]+)*([-+~].*)?", kernel)


def path_key(kernel: str) -> str:
    """What tells the kernel at a path from others, and from what was there before."""
    path = Path(kernel).resolve()
    return f"{path} {int(path.stat().st_mtime)}" if path.exists() else str(path)


def guest_imports() -> set[str]:
    """What the guest's modules import from the standard library."""
    found: set[str] = set()
    for name in GUEST_MODULES:
        tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return {name for name in found if not name.startswith("lvsconf")}


def ensure(kernel: str = "6.1") -> Image:
    """The image for a kernel series or a path, built when the cache has none."""
    from lvsconf.lab.building import build  # knows this module

    return find(kernel) or build(kernel)


def program(name: str) -> Path | None:
    """Where a program is, also in the places that are not in everybody's PATH."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def in_series(text: str, series: str) -> bool:
    """Whether a release belongs to a series: 6.1.0-56 to 6.1, and 6.12 does not; all belong to the empty one."""
    return not series or bool(re.match(rf"{re.escape(series)}(?![0-9])", text))


def version_key(text: str) -> list[int]:
    """For sorting releases."""
    return [int(number) for number in re.findall(r"\d+", text)]


def run(command: list[str], cwd: Path | None = None) -> str:
    """What a program prints; LabError when it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise LabError(f"{' '.join(command)}: {error.stderr.strip() or error.stdout.strip()}") from error
    return done.stdout
