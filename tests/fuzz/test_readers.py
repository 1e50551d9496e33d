"""Every reader is fuzzed for a while: FUZZ_SECONDS for each language, ten unless told otherwise."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lvsconf.languages import recognise
from tests.fuzz.seeds import dictionary, seeds
from tests.languages.reading import check_reading

ROOT = Path(__file__).resolve().parents[2]
FOUND = [
    ("ip-route", "\\"),
    ("ip6-route", "\\"),
    ("ip6tables", "**\r\t"),
    ("ipset", 'create a\0 web"x y'),
    ("keepalived", "$R=\\\n \n{\nR"),
    ("keepalived", "$S= z \\\\\n}\nvirtual_server 192.0.2.100 a b $S\n"),
]
"""What broke a promise once."""
SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("language", sorted(recognise.LANGUAGES))
def test_reader(language: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, text in enumerate(seeds(language)):
        (corpus / f"seed{number}").write_bytes(text.encode("utf-8", "surrogateescape"))
    words = tmp_path / "words"
    words.write_text(dictionary())
    limits = [f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=4096"]
    # Unless somebody asks for more: the same inputs everywhere, so that a red test is red for everybody.
    runs = [] if "FUZZ_SECONDS" in os.environ else ["-runs=1500"]
    options = [*limits, *runs, "-seed=1", "-verbosity=0"]
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.readers", language, *options, f"-dict={words}",
         f"-artifact_prefix={tmp_path}/", str(corpus)],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    found = [path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))]
    assert run.returncode == 0, (found, run.stderr.decode(errors="replace")[-4000:])


@pytest.mark.parametrize(("language", "text"), FOUND)
def test_found_before(language: str, text: str) -> None:
    check_reading(language, text)
