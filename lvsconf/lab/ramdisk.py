"""The guest's first ramdisk: this host's programs and Python, the kernel's modules."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from lvsconf.lab.cpio import Archive
from lvsconf.lab.image import DEVICES, PROGRAMS, LabError, guest_imports, program, run


def ramdisk(modules: Path) -> bytes:
    """The archive of everything the guest has before it is given its work."""
    archive = Archive()
    for name in ("dev", "proc", "sys", "tmp", "run", "root"):
        archive.directory(name)
    for name, numbers in DEVICES.items():
        archive.character_device(f"dev/{name}", *numbers)
    archive.tree(modules, f"lib/modules/{modules.name}")
    for name, candidates in PROGRAMS.items():
        # The legacy tools are links to one program that acts by its name.
        found = next(path for path in map(program, candidates) if path)
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
    files, prefix = json.loads(run([str(python), "-I", "-S", "-c", script]))
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
    tag = run(["/usr/bin/python3", "-I", "-S", "-c", script]).strip()
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
        run([str(python), "-I", "-S", "-c", script, str(path), str(target)])
        return target.read_bytes()


def _libraries(program: Path) -> list[Path]:
    try:
        listing = run(["ldd", str(program)])
    except LabError:
        # A program without libraries.
        return []
    return [Path(match) for match in re.findall(r"(/\S+) \(0x", listing)]


def _xtables_folder() -> Path:
    for folder in [*sorted(Path("/usr/lib").glob("*/xtables")), Path("/usr/lib/xtables")]:
        if folder.is_dir():
            return folder
    raise LabError("the folder of iptables' extensions was not found")
