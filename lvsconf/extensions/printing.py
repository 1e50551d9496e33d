"""Rules as iptables-save prints them, from the same option tables that read them."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.extensions import registry
from lvsconf.extensions.codecs import Quoted, Text
from lvsconf.extensions.head import head_words
from lvsconf.extensions.options import MatchModule, Option, TargetModule
from lvsconf.model.netfilter import Arguments, Rule, Use

_PLAIN = frozenset("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def quoted(text: str) -> str:
    """A text as xtables_save_string prints it."""
    if text and _PLAIN.issuperset(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'") + '"'


def joined(words: Iterable[str]) -> str:
    """Words on one line; texts are quoted where iptables-save quotes them."""
    return " ".join(shown(word) for word in words)


def shown(word: str) -> str:
    """One word as it prints."""
    if isinstance(word, Quoted):
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return quoted(word) if isinstance(word, Text) else word


def option_words(options: Iterable[Option], arguments: Arguments, family: int) -> tuple[str, ...]:
    """The given options in the order of the table. Options that share a key print as the first of them."""
    words: list[str] = []
    done: set[str] = set()
    for option in options:
        given = arguments.get(option.key)
        if given is None or option.key in done:
            continue
        done.add(option.key)
        values = option.codec.format(given.value, family)
        if values is None:
            continue
        if given.inverted:
            words.append("!")
        words.extend((f"--{option.name}", *values))
    return tuple(words)


def module_words(module: MatchModule | TargetModule, arguments: Arguments, family: int) -> tuple[str, ...]:
    """The options of one module as iptables-save prints them."""
    if module.save is not None:
        return module.save(arguments, family)
    return option_words(module.options, arguments, family)


def _use_words(letter: str, use: Use, module: MatchModule | TargetModule | None, family: int) -> tuple[str, ...]:
    shown = () if module is None else module_words(module, use.arguments, family)
    name = module.name if module is not None else use.module
    return (letter, name, *shown)


def rule_words(rule: Rule, chain: str, family: int) -> tuple[str, ...]:
    """`-A CHAIN …` as iptables-save prints it, for a rule that was read whole."""
    words = ["-A", chain, *head_words(rule.head, family)]
    for use in rule.matches:
        words.extend(_use_words("-m", use, registry.match(use.module), family))
    if rule.target is not None:
        words.extend(_use_words("-j", rule.target, registry.target(rule.target.module), family))
    elif rule.jump is not None:
        words.extend(("-j", rule.jump))
    elif rule.goto is not None:
        words.extend(("-g", rule.goto))
    return tuple(words)


def rule_text(rule: Rule, chain: str, family: int) -> str:
    """One line of iptables-save, without counters."""
    return joined(rule_words(rule, chain, family))
