"""The guest's kernel and first ramdisk, built from the distribution's packages and kept in a cache."""

from __future__ import annotations

import ast
import json
import lzma
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lvsconf.lab.cpio import Archive

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
OTHER_PROGRAMS = ("qemu-system-x86_64", "depmod", "dpkg", "apt-get", "apt-cache", "ldd")

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
    *("sysctls", "tracelog", "transports", "wire"),
)


class LabError(Exception):
    """The lab can't be set up or run; the message says why."""


@dataclass(frozen=True)
class Image:
    """What qemu boots."""

    release: str
    kernel: Path
    ramdisk: Path


def cache_directory() -> Path:
    """Where images are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "lvsconf" / "lab"


def missing_programs() -> list[str]:
    """Programs the lab needs and this host lacks."""
    lacking = [names[0] for names in PROGRAMS.values() if not any(_program(name) for name in names)]
    return lacking + [name for name in OTHER_PROGRAMS if not _program(name)]


def find(series: str = "6.1") -> Image | None:
    """The newest image in the cache for a kernel series, if there is one."""
    images = cache_directory().glob("*/image.json")
    for path in sorted(images, key=lambda path: _version_key(path.parent.name), reverse=True):
        facts = json.loads(path.read_text())
        usable = facts["layout"] == LAYOUT and guest_imports() <= set(facts.get("imports", ()))
        if usable and _in_series(facts["release"], series):
            return Image(facts["release"], path.parent / "vmlinuz", path.parent / "ramdisk.cpio")
    return None


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


def ensure(series: str = "6.1") -> Image:
    """The image for a kernel series, built when the cache has none."""
    return find(series) or build(series)


def available(series: str) -> list[str]:
    """Kernel packages of a series that the configured package sources offer, newest first."""
    listing = _run(["apt-cache", "search", "--names-only", r"^linux-image-.*-cloud-amd64-unsigned$"])
    names = [line.split()[0] for line in listing.splitlines() if line]
    matching = [name for name in names if _in_series(name.removeprefix("linux-image-"), series)]
    return sorted(matching, key=_version_key, reverse=True)


def build(series: str = "6.1") -> Image:
    """Fetch the newest kernel package of a series and build its image."""
    lacking = missing_programs()
    if lacking:
        raise LabError(f"the lab needs programs that are not installed: {', '.join(lacking)}")
    packages = available(series)
    if not packages:
        raise LabError(f"no linux-image-{series}*-cloud-amd64-unsigned in the configured package sources")
    cache_directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_directory()) as scratch:
        return _build_in(Path(scratch), packages[0])


def _build_in(scratch: Path, package: str) -> Image:
    _run(["apt-get", "download", "-q", package], cwd=scratch)
    (archive,) = scratch.glob("*.deb")
    tree = scratch / "tree"
    _run(["dpkg", "-x", str(archive), str(tree)])
    (modules,) = (tree / "lib" / "modules").iterdir()
    release = modules.name
    _choose_modules(tree, release)

    ramdisk = _ramdisk(modules)
    made = scratch / "image"
    made.mkdir()
    shutil.copy(tree / "boot" / f"vmlinuz-{release}", made / "vmlinuz")
    (made / "ramdisk.cpio").write_bytes(ramdisk)
    facts = {"layout": LAYOUT, "release": release, "package": archive.name}
    facts["imports"] = sorted(guest_imports())
    (made / "image.json").write_text(json.dumps(facts) + "\n")
    final = cache_directory() / release
    shutil.rmtree(final, ignore_errors=True)
    made.rename(final)
    return Image(release, final / "vmlinuz", final / "ramdisk.cpio")


def _choose_modules(tree: Path, release: str) -> None:
    """Leave the modules the guest can use, uncompressed: unpacking is slow under emulation."""
    root = tree / "lib" / "modules" / release
    _run(["depmod", "-b", str(tree), release])
    depends: dict[str, list[str]] = {}
    for line in (root / "modules.dep").read_text().splitlines():
        name, _, needed = line.partition(":")
        depends[name] = needed.split()
    starts = tuple(f"kernel/{start}" for start in (*MODULE_FOLDERS, *EXTRA_MODULES))
    wanted = [name for name in depends if name.startswith(starts)]
    keep = set(wanted) | {needed for name in wanted for needed in depends[name]}
    for name in depends:
        path = root / name
        if name not in keep:
            path.unlink()
        elif path.suffix == ".xz":
            path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
            path.unlink()
    _run(["depmod", "-b", str(tree), release])


def _ramdisk(modules: Path) -> bytes:
    archive = Archive()
    for name in ("dev", "proc", "sys", "tmp", "run", "root"):
        archive.directory(name)
    for name, numbers in DEVICES.items():
        archive.character_device(f"dev/{name}", *numbers)
    archive.tree(modules, f"lib/modules/{modules.name}")
    for name, candidates in PROGRAMS.items():
        # The legacy tools are links to one program that acts by its name.
        found = next(path for path in map(_program, candidates) if path)
        _add_program(archive, name, found)
    folder = _xtables_folder()
    for plugin in sorted(folder.glob("*.so")):
        _add_program(archive, str(plugin), plugin)
    _add_python(archive)
    for name in ("etc/protocols", "etc/services", "etc/ethertypes"):
        if Path("/", name).exists():
            archive.file(name, Path("/", name).read_bytes())
    archive.file("init", INIT, executable=True)
    return archive.packed()


# The first process stays in the first namespace, which makes it the name of that namespace (`netns 1`).
INIT = """#!/bin/sh
export PATH=/sbin:/bin
python3 -I -S -c 'import sys; sys.path.insert(0, "/lab"); from lvsconf.lab.guest import main; main()'
echo b > /proc/sysrq-trigger
"""


def _add_program(archive: Archive, name: str, source: Path) -> None:
    archive.file(name, source.resolve().read_bytes(), executable=True)
    for library in _libraries(source):
        if str(library) not in archive:
            archive.file(str(library), library.resolve().read_bytes(), executable=True)


def _add_python(archive: Archive) -> None:
    """Add the system's Python with the modules the guest imports."""
    python = Path("/usr/bin/python3")
    script = (
        "import json, sys, encodings.ascii, encodings.latin_1, encodings.idna\n"
        f"for name in {sorted(guest_imports())!r}: __import__(name)\n"
        "files = [getattr(m, '__file__', None) for m in list(sys.modules.values())]\n"
        "print(json.dumps([[f for f in files if f], sys.prefix]))\n"
    )
    files, prefix = json.loads(_run([str(python), "-I", "-S", "-c", script]))
    if prefix != "/usr":
        raise LabError(f"{python} lives in {prefix}, not in /usr")
    _add_program(archive, "bin/python3", python)
    for text in sorted(files):
        path = Path(text)
        if path.suffix == ".so":
            _add_program(archive, text, path)
            continue
        archive.file(text, path.read_bytes())
        archive.file(_cached_bytecode(path), _bytecode(python, path))


def _cached_bytecode(path: Path) -> str:
    script = "import sys; print(sys.implementation.cache_tag)"
    tag = _run(["/usr/bin/python3", "-I", "-S", "-c", script]).strip()
    return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")


def _bytecode(python: Path, path: Path) -> bytes:
    """Compile a module for the guest: unchecked, since the ramdisk does not keep file times."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "module.pyc"
        script = (
            "import py_compile, sys\n"
            "mode = py_compile.PycInvalidationMode.UNCHECKED_HASH\n"
            "py_compile.compile(sys.argv[1], sys.argv[2], sys.argv[1], doraise=True, invalidation_mode=mode)"
        )
        _run([str(python), "-I", "-S", "-c", script, str(path), str(target)])
        return target.read_bytes()


def _libraries(program: Path) -> list[Path]:
    try:
        listing = _run(["ldd", str(program)])
    except LabError:
        # A program without libraries.
        return []
    return [Path(match) for match in re.findall(r"(/\S+) \(0x", listing)]


def _xtables_folder() -> Path:
    for folder in [*sorted(Path("/usr/lib").glob("*/xtables")), Path("/usr/lib/xtables")]:
        if folder.is_dir():
            return folder
    raise LabError("the folder of iptables' extensions was not found")


def _program(name: str) -> Path | None:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def _in_series(text: str, series: str) -> bool:
    return bool(re.match(rf"{re.escape(series)}(?![0-9])", text))


def _version_key(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _run(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise LabError(f"{' '.join(command)}: {error.stderr.strip() or error.stdout.strip()}") from error
    return done.stdout
