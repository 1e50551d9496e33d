"""What start-up imports. Times are for `make bench`; what is imported decides them and can be held exactly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
from lvsconf.__main__ import main
sys.argv = ["lvsconf", *sys.argv[1:]]
try:
    main()
except SystemExit as done:
    assert done.code in (0, 1, None), done.code
sys.stderr.write("\\n".join(sys.modules))
"""


def modules(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


def test_version_imports_nothing() -> None:
    found = modules("--version")
    assert not {each.split(".")[0] for each in found} & {"typer", "yaml", "lark", "argparse"}
    assert "importlib.metadata" not in found
    assert {each for each in found if each.startswith("lvsconf")} == {"lvsconf", "lvsconf.__main__"}


def test_lint_imports_no_other_command_and_no_ornament(tmp_path: Path) -> None:
    (tmp_path / "ipvsadm.rules").write_text("-A -t 192.0.2.1:80 -s wrr\n")
    found = modules("lint", str(tmp_path))
    commands = {each for each in found if each.startswith("lvsconf.cli.")}
    assert {each for each in commands if not each.startswith("lvsconf.cli.support")} == {"lvsconf.cli.lint"}
    assert not {each.split(".")[0] for each in found} & {"rich", "jinja2", "oxidd", "jsonschema"}
    assert not {each for each in found if each.startswith(("lvsconf.fix", "lvsconf.compile", "lvsconf.lab"))}
