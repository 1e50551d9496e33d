"""What fuzzing starts from: the examples of the rules and the samples, and the words of the languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lvsconf.extensions import registry
from lvsconf.languages import recognise
from lvsconf.lint.registry import documentation, rules

ROOT = Path(__file__).resolve().parents[2]


def seeds(language: str) -> Iterator[str]:
    """Texts that a reader of the language knows, and an empty one."""
    yield ""
    for name, text in _texts():
        kind = recognise.kind_of(name, text)
        if kind is not None and kind.name == language:
            yield text


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "samples").rglob("*")):
        if path.is_file():
            yield path.name, path.read_text("utf-8", "surrogateescape")
    for rule in rules():
        pages = documentation(rule.code)
        for example in (*pages.bad, *pages.good):
            yield from example.inputs.items()


def dictionary() -> str:
    """Words for libFuzzer's -dict."""
    words = {"-A", "-j", "-m", "-p", "COMMIT", "*filter", "*nat", "192.0.2.1", "2001:db8::1", "/24", "0x1", "!", '"'}
    for names, get in ((registry.match_names(), registry.match), (registry.target_names(), registry.target)):
        for name in sorted(names):
            module = get(name)
            words |= {name, *(f"--{option.name}" for option in module.options)} if module is not None else {name}
    return "".join(f'"{_escaped(word)}"\n' for word in sorted(words))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')
