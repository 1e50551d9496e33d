"""Coverage-guided fuzzing of one reader: `python -m tests.fuzz.readers LANGUAGE [options of libFuzzer] [FOLDER…]`.

A text that breaks a promise of check_reading, takes longer than -timeout seconds or more than -rss_limit_mb ends the
run and is kept as a file crash-…, timeout-… or oom-…; give that file as FOLDER to see it again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["lvsconf"]):
    from lvsconf.gathering import decode
    from lvsconf.languages import recognise
    from tests.languages.reading import check_reading


def target(language: str) -> Callable[[bytes], None]:
    """What atheris calls with every input it makes up."""

    def one_input(data: bytes) -> None:
        try:
            text = decode(data)
        except ValueError:  # no text: no reader ever sees it
            return
        recognise.kind_by_content("f", text)
        check_reading(language, text)

    return one_input


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough."""
    language, *options = sys.argv[1:]
    if language not in recognise.LANGUAGES:
        raise SystemExit(f"{language} is none of {', '.join(recognise.LANGUAGES)}")
    atheris.Setup([sys.argv[0], *options], target(language))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
