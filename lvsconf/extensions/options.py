"""Option tables: each option has one codec that both parses and prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lvsconf.model.effects import Effect
from lvsconf.model.netfilter import Arguments, Use
from lvsconf.model.preds import Pred


class OptionError(ValueError):
    """A value that iptables would refuse; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Odd:
    """What a codec gives for a word that iptables takes for another value than it looks like; `why` says so."""

    value: Any
    why: str


def at_least_one(of: str) -> Callable[[Arguments, int], None]:
    """A check that some option is given; `of` is how people write the module, `-m conntrack`."""

    def check(arguments: Arguments, family: int) -> None:
        if not arguments:
            raise OptionError(f"{of} needs at least one option")

    return check


Settled = Callable[[str], str | None]
"""How a word prints, from the word as it stands in the dump, quotes included; None when it takes a closer look."""


@dataclass(frozen=True, slots=True)
class Codec:
    """The values of one option. `words` is how many words it takes (0 for a flag).

    `parse` gets the words and the family (4 or 6), raises OptionError, and may give the value as Odd; `format` gives
    the words iptables-save prints, unquoted, or None when it prints nothing for that value. `expects` says in words
    what is accepted.
    With `optional` the words may be left out, and `parse` then gets none.
    `settled` gives for a family the quick way for a codec of one word: values it answers for are accepted, and do not
    change how the rest of the rule reads, checks and prints.
    """

    words: int
    parse: Callable[[tuple[str, ...], int], Any]
    format: Callable[[Any, int], tuple[str, ...] | None]
    expects: str
    optional: bool = False
    settled: Callable[[int], Settled] | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One long option of a module; `key` is where its value stands in the rule's arguments.

    `element`: it belongs to one element of a list and may come again for the next (see MatchModule.separator).
    `repeats`: it may come again, the later value counts, and a `!` before either stays; without it iptables refuses
    the second (xtables_option_parse: "can only be used once"). `ignores_not`: iptables takes a `!` and forgets it.
    """

    name: str
    key: str
    codec: Codec
    aliases: tuple[str, ...] = ()
    invert: bool = False
    required: bool = False
    element: bool = False
    repeats: bool = False
    ignores_not: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """The rest of the rule that a module stands in."""

    head: Arguments
    matches: tuple[Use, ...]
    family: int


RuleCheck = Callable[[Arguments, Around], None]


@dataclass(frozen=True, slots=True)
class MatchModule:
    """A match. Without a `meaning` it parses, prints and answers unknown.

    `protocols` are the protocols that `-p` must name (empty: any). `conntrack` is True when loading a rule with it
    switches connection tracking on in its network namespace (nf_ct_netns_get in the module's checkentry).
    `save` overrides how its options print, as words. `check` raises OptionError for options that iptables refuses
    together (its final check). `tables` and `chains` (built-in names) are where the kernel lets it stand; empty means
    anywhere. `protocols_of` and `chains_of` are for what only some options need. `separator` is the key of an option
    that begins another element: the keys of element options after it end in `.1`, after the next in `.2`.
    `after_protocol` are options that come after the `-p` they need. `rule_check` raises OptionError for what does not
    go with the rest of the rule. `loses` says for which options iptables-save prints another match than was loaded.
    """

    name: str
    options: tuple[Option, ...]
    meaning: Callable[[Arguments, int], Pred] | None = None
    families: frozenset[int] = frozenset({4, 6})
    protocols: frozenset[int] = frozenset()
    conntrack: bool = False
    save: Callable[[Arguments, int], tuple[str, ...]] | None = None
    check: Callable[[Arguments, int], None] | None = None
    tables: frozenset[str] = frozenset()
    chains: frozenset[str] = frozenset()
    protocols_of: Callable[[Arguments, int], frozenset[int]] | None = None
    chains_of: Callable[[Arguments], frozenset[str]] | None = None
    separator: str = ""
    after_protocol: frozenset[str] = frozenset()
    rule_check: RuleCheck | None = None
    loses: Callable[[Arguments], bool] | None = None


@dataclass(frozen=True, slots=True)
class TargetModule:
    """A target. Without `effects` it parses, prints, and what it does is unknown.

    `tables` and `chains` (built-in names) are where the kernel lets it stand; empty means anywhere. `protocols_of`,
    `tables_of` and `chains_of` are for what only some options need. `after_protocol` are options that come after the
    `-p` they need, and `any_sense` says that `! -p` does as well. `rule_check` raises OptionError for what does not go
    with the rest of the rule.
    """

    name: str
    options: tuple[Option, ...]
    effects: Callable[[Arguments, int], tuple[Effect, ...]] | None = None
    families: frozenset[int] = frozenset({4, 6})
    protocols: frozenset[int] = frozenset()
    tables: frozenset[str] = frozenset()
    chains: frozenset[str] = frozenset()
    conntrack: bool = False
    save: Callable[[Arguments, int], tuple[str, ...]] | None = field(default=None)
    check: Callable[[Arguments, int], None] | None = None
    protocols_of: Callable[[Arguments, int], frozenset[int]] | None = None
    chains_of: Callable[[Arguments], frozenset[str]] | None = None
    tables_of: Callable[[Arguments], frozenset[str]] | None = None
    after_protocol: frozenset[str] = frozenset()
    any_sense: bool = False
    rule_check: RuleCheck | None = None
