"""Making an image: from the distribution's kernel packages, or from a kernel that is there already."""

from __future__ import annotations

import json
import lzma
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lvsconf.lab.image import (
    EXTRA_MODULES,
    LAYOUT,
    MODULE_FOLDERS,
    PACKAGES,
    Image,
    LabError,
    cache_directory,
    guest_imports,
    in_series,
    is_path,
    missing_programs,
    path_key,
    run,
    version_key,
)
from lvsconf.lab.ramdisk import ramdisk

Say = Callable[[str], None]

NEEDED = ("veth", "ip_vs", "ip_tables", "iptable_raw", "nf_conntrack", "xt_TRACE")
_PARTS = ("kernel/net/", "kernel/lib/", "kernel/crypto/", "kernel/arch/", "kernel/drivers/net/", "modules.")


@dataclass(frozen=True)
class Tree:
    """A kernel and the directory of its modules."""

    kernel: Path
    modules: Path

    @property
    def release(self) -> str:
        """As uname -r prints it."""
        return self.modules.name


def _quiet(text: str) -> None:
    del text


def why_not(kernel: str) -> str | None:
    """Why an image can't be made here, in one sentence; None when it can."""
    machine = platform.machine()
    if machine != "x86_64":
        return f"the guest runs this host's own programs on an x86-64 kernel, and this host is {machine}"
    lacking = missing_programs(fetching=not is_path(kernel))
    if "apt-get" in lacking:
        return (
            "kernels are fetched as Debian's packages with apt-get, which is not here: unpack a linux-image package "
            "elsewhere and name it with --kernel PATH"
        )
    if lacking:
        packages = " ".join(sorted({PACKAGES.get(name, name) for name in lacking}))
        missing = sorted(set(lacking))
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed: apt-get install {packages}"
    return None


def build(kernel: str = "6.1", say: Say = _quiet) -> Image:
    """Make the image for a kernel series (fetching its newest package) or for the kernel at a path."""
    reason = why_not(kernel)
    if reason is not None:
        raise LabError(f"the lab can't be set up: {reason}")
    cache_directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_directory()) as name:
        scratch = Path(name)
        if is_path(kernel):
            tree = found_at(Path(kernel))
            say(f"copies {tree.kernel} and the modules of {tree.release}")
            return _made(scratch, _copied(tree, scratch / "tree"), {"source": path_key(kernel)}, say)
        packages = available(kernel)
        if not packages:
            if not available(""):
                raise LabError("this host's package sources list no kernels: apt-get update, or --kernel PATH")
            there = sorted({".".join(map(str, version_key(name)[:2])) for name in available("")})
            raise LabError(
                f"the package sources of this host have no linux-image-{kernel}*-cloud-amd64-unsigned; "
                f"they have {', '.join(there) or 'none of any series'}"
            )
        say(f"fetches {packages[0]} ({_megabytes(packages[0])}) with apt-get download; nothing is installed")
        run(["apt-get", "download", "-q", packages[0]], cwd=scratch)
        (archive,) = scratch.glob("*.deb")
        run(["dpkg", "-x", str(archive), str(scratch / "tree")])
        return _made(scratch, found_at(scratch / "tree"), {"package": archive.name}, say)


def available(series: str) -> list[str]:
    """Kernel packages of a series that the configured package sources offer, newest first."""
    listing = run(["apt-cache", "search", "--names-only", r"^linux-image-.*-cloud-amd64-unsigned$"])
    names = [line.split()[0] for line in listing.splitlines() if line]
    matching = [name for name in names if in_series(name.removeprefix("linux-image-"), series)]
    return sorted(matching, key=version_key, reverse=True)


def _megabytes(package: str) -> str:
    for line in run(["apt-cache", "show", package]).splitlines():
        if line.startswith("Size: "):
            return f"{int(line.split()[1]) / 1e6:.0f} MB"
    return "size unknown"


def found_at(path: Path) -> Tree:
    """The kernel of an unpacked package, or a vmlinuz with the modules beside or above it."""
    if not path.exists():
        raise LabError(f"{path}: there is no such file; --kernel takes a series such as 6.1, or a path")
    if path.is_dir():
        kernels = sorted(path.glob("boot/vmlinuz-*"))
        if len(kernels) != 1:
            raise LabError(f"{path}: an unpacked kernel package has one boot/vmlinuz-*, here are {len(kernels)}")
        kernel = kernels[0]
    else:
        kernel = path
    release = banner(kernel).split()[0]
    for above in kernel.resolve().parents:
        for place in ("lib/modules", "usr/lib/modules", "modules"):
            modules = above / place / release
            if (modules / "kernel").is_dir() or (modules / "modules.builtin").is_file():
                return Tree(kernel, modules)
    raise LabError(f"{kernel}: the modules of {release} are not beside it, in lib/modules/{release}")


def banner(kernel: Path) -> str:
    """What a bzImage says of itself (Documentation/arch/x86/boot.rst, kernel_version)."""
    data = kernel.read_bytes()
    if data[0x202:0x206] != b"HdrS":
        raise LabError(f"{kernel}: this is not a Linux kernel for x86")
    start = int.from_bytes(data[0x20E:0x210], "little") + 0x200
    return data[start : data.index(b"\0", start)].decode()


def _copied(tree: Tree, target: Path) -> Tree:
    modules = target / "lib" / "modules" / tree.release
    for path in sorted(tree.modules.rglob("*")):
        name = path.relative_to(tree.modules).as_posix()
        if name.startswith(_PARTS) and path.is_file():
            (modules / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, modules / name)
    modules.mkdir(parents=True, exist_ok=True)
    return Tree(tree.kernel, modules)


def _made(scratch: Path, tree: Tree, more: dict[str, str], say: Say) -> Image:
    _choose_modules(tree)
    made = scratch / "image"
    made.mkdir()
    shutil.copy(tree.kernel, made / "vmlinuz")
    (made / "ramdisk.cpio").write_bytes(ramdisk(tree.modules))
    facts = {"layout": LAYOUT, "release": tree.release, **more, "imports": sorted(guest_imports())}
    (made / "image.json").write_text(json.dumps(facts) + "\n")
    final = cache_directory() / (tree.release + ("-path" if "source" in more else ""))
    shutil.rmtree(final, ignore_errors=True)
    made.rename(final)
    size = sum(path.stat().st_size for path in final.iterdir())
    say(f"keeps {tree.release} in {final} ({size / 1e6:.0f} MB)")
    return Image(tree.release, final / "vmlinuz", final / "ramdisk.cpio")


def _choose_modules(tree: Tree) -> None:
    """Leave the modules the guest can use, uncompressed: unpacking is slow under emulation."""
    root, base = tree.modules, tree.modules.parents[2]
    run(["depmod", "-b", str(base), tree.release])
    depends: dict[str, list[str]] = {}
    for line in (root / "modules.dep").read_text().splitlines():
        name, _, needed = line.partition(":")
        depends[name] = needed.split()
    starts = tuple(f"kernel/{start}" for start in (*MODULE_FOLDERS, *EXTRA_MODULES))
    wanted = [name for name in depends if name.startswith(starts)]
    keep = set(wanted) | {needed for name in wanted for needed in depends[name]}
    lacking = sorted(set(NEEDED) - _names(keep) - _built_in(root))
    if lacking:
        raise LabError(f"kernel {tree.release} has no {', '.join(lacking)}, which the lab needs")
    for name in depends:
        path = root / name
        if name not in keep:
            path.unlink()
        elif path.suffix == ".xz":
            path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
            path.unlink()
        elif path.suffix == ".zst":
            run(["zstd", "-dq", "--rm", str(path)])
    run(["depmod", "-b", str(base), tree.release])


def _names(paths: set[str]) -> set[str]:
    return {Path(path).name.partition(".")[0].replace("-", "_") for path in paths}


def _built_in(root: Path) -> set[str]:
    listed = root / "modules.builtin"
    return _names(set(listed.read_text().splitlines())) if listed.is_file() else set()
