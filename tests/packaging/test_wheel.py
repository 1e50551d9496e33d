"""What is installed works without the checkout."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from lvsconf.__main__ import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_version_is_that_of_the_project() -> None:
    assert __version__ == PROJECT["version"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of a new environment that has the wheel; its dependencies are those of the tests."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False, symlinks=True)
    python = directory / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run([*install, "--no-index", "--disable-pip-version-check"], check=True, cwd="/")
    own = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    # Stands behind the wheel's own site-packages, so that a checkout among them is not what gets tested.
    behind = [path for path in sys.path if path.endswith("site-packages")]
    (directory / own / "dependencies.pth").write_text("\n".join(behind) + "\n")
    return directory / "bin"


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run(
        [str(installed / "lvsconf"), *arguments], cwd="/", env=clean, capture_output=True, text=True, check=False
    )


def test_wheel_has_the_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        rules = json.loads(archive.read("lvsconf/_data/rules.json"))
    grammars = {f"lvsconf/_data/grammars/{path.name}" for path in (ROOT / "grammars").glob("*.lark")}
    assert grammars <= names
    assert "lvsconf/cli/support/collect.sh" in names
    assert sorted(rules) == [path.stem[:6] for path in sorted((ROOT / "rules").glob("LVS*.yaml"))]
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "lvsconf").rglob("*") if path.is_file()}
    missing = {name for name in package - names if "__pycache__" not in name}
    assert not missing
    assert not {name for name in names if name.startswith(("tests/", "samples/"))}


def test_installed_commands(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [str(installed / "python"), "-c", "import lvsconf; print(lvsconf.__file__)"],
        cwd="/", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(installed.parent))
    assert run(installed, "--version").stdout == f"lvsconf {__version__}\n"
    rules = run(installed, "rules", "--format", "json")
    assert rules.returncode == 0, rules.stderr
    assert len(json.loads(rules.stdout)["rules"]) == len(list((ROOT / "rules").glob("LVS*.yaml")))
    (tmp_path / "iptables.rules").write_text("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n")
    lint = run(installed, "lint", str(tmp_path))
    assert lint.returncode in (0, 1), lint.stderr
    assert "in 1 file" in lint.stdout
    script = run(installed, "collect", "--script")
    assert script.stdout.startswith("#!/bin/sh\n")


def test_declared_dependencies_are_what_is_imported() -> None:
    """Every import of the package that is not its own nor Python's is declared, and nothing more."""
    imported = set()
    for path in (ROOT / "lvsconf").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"lvsconf"}
    declared = {requirement.split(">")[0].lower() for requirement in PROJECT["dependencies"]}
    assert {"yaml": "pyyaml"}.keys() <= foreign
    assert {{"yaml": "pyyaml"}.get(name, name) for name in foreign} <= declared
