"""Rules made from the option tables themselves: mostly right ones, and many that are wrong in one or another way.

A new module is covered as soon as its file is there. What a rule is made of, and how often it goes wrong, is decided
draw by draw, so that hypothesis can shrink it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from lvsconf.extensions import registry
from lvsconf.extensions.head import LETTERS
from lvsconf.extensions.names import PROTOCOL_NAMES
from lvsconf.extensions.options import MatchModule, Option, OptionError, TargetModule
from lvsconf.languages import iptables
from lvsconf.model.netfilter import BUILT_IN
from lvsconf.source import Source
from tests.extensions.cases import cases
from tests.extensions.samples import OF_THE_MACHINE, words_for

Module = MatchModule | TargetModule

USER, CALLED = "USER", "CALLED"
"""A chain that nothing jumps to, and one that the chain `Made.caller` jumps to."""


@dataclass(frozen=True)
class Made:
    """One rule as it stands in a file."""

    table: str
    chain: str
    words: tuple[str, ...]
    caller: str = "INPUT"
    prefix: str = ""

    @property
    def line(self) -> str:
        return " ".join([*([self.prefix] if self.prefix else []), "-A", self.chain, *self.words])

    @property
    def text(self) -> str:
        call = f"-A {self.caller} -j {CALLED}\n"
        return f"*{self.table}\n:{USER} - [0:0]\n:{CALLED} - [0:0]\n{call}{self.line}\nCOMMIT\n"

    def named(self, letters: Iterable[str]) -> list[str]:
        """The words after `-m` or `-j`, and what `-p` may load."""
        return [after for word, after in pairwise(self.words) if word in letters]


def quoted(word: str) -> str:
    """A word that iptables-restore reads as it is."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown(word: str) -> str:
    """A word with quotes where it needs them."""
    return quoted(word) if not word or set(word) & set(' \t"') else word


@cache
def modules(family: int) -> tuple[Module, ...]:
    """Every module of that family."""
    every: list[Module | None] = [registry.match(name) for name in sorted(registry.match_names())]
    every += [registry.target(name) for name in sorted(registry.target_names())]
    return tuple(module for module in every if module is not None and family in module.families)


def _often(draw: DrawFn, percent: int) -> bool:
    return draw(st.integers(0, 99)) < percent


@cache
def _values(module: str, option: Option, family: int) -> SearchStrategy[tuple[str, ...]]:
    return words_for(option.codec, family, module, option)


def _name(draw: DrawFn, option: Option) -> str:
    name = option.name
    if option.aliases and _often(draw, 20):
        name = draw(st.sampled_from(option.aliases))
    if _often(draw, 6) and len(name) > 2:
        name = name[: draw(st.integers(2, len(name) - 1))]
    return f"--{name}"


def _fits(option: Option, words: tuple[str, ...], family: int) -> bool:
    try:
        option.codec.parse(words, family)
    except OptionError:
        return False
    return True


def _value(draw: DrawFn, module: str, option: Option, family: int) -> tuple[str, ...]:
    """Words for an option; half of those that its codec refuses are drawn again."""
    values = _values(module, option, family)
    words = draw(values)
    for _ in range(3):
        if _often(draw, 50) or _fits(option, words, family):
            break
        words = draw(values)
    return words


def _given(draw: DrawFn, module: Module, option: Option, family: int) -> list[str]:
    words = list(_value(draw, module.name, option, family)) if option.codec.words else []
    if option.codec.optional and _often(draw, 40):
        words = []
    found = [_name(draw, option), *(quoted(word) if _often(draw, 4) else shown(word) for word in words)]
    if words and _often(draw, 5):
        found[:2] = [f"{found[0]}={words[0]}" if not set(words[0]) & set(' \t"') else found[0]]
    if _often(draw, 25 if option.invert else 3):
        found.insert(0, "!")
        if _often(draw, 3):
            found[:2] = [found[1], "!"]
    return found


def _options(draw: DrawFn, module: Module, family: int) -> list[str]:
    options = [option for option in module.options if (module.name, option.name) not in OF_THE_MACHINE]
    chosen = [option for option in options if option.required and _often(draw, 96)]
    others = [option for option in options if not option.required]
    if others:
        least = 0 if chosen else 1
        most = min(len(others), draw(st.sampled_from([1, 1, 1, 2, 2, 3, 5])))
        chosen += draw(
            st.lists(st.sampled_from(others), min_size=least, max_size=max(most, least), unique=not _often(draw, 10))
        )
    if chosen and _often(draw, 5):
        chosen.append(draw(st.sampled_from(chosen)))
    if _often(draw, 30):
        chosen = draw(st.permutations(chosen))
    return [word for option in chosen for word in _given(draw, module, option, family)]


def _module_words(draw: DrawFn, module: Module, family: int) -> list[str]:
    letter = "-m" if isinstance(module, MatchModule) else "-j"
    long = {"-m": "--match", "-j": "--jump"}[letter]
    return [long if _often(draw, 3) else letter, module.name, *_options(draw, module, family)]


def _head(draw: DrawFn, family: int, letters: str) -> list[str]:
    words: list[str] = []
    for letter in draw(st.lists(st.sampled_from(letters), max_size=2)):
        option = LETTERS[letter]
        name = f"-{letter}" if _often(draw, 80) else _name(draw, option)
        words += [*(["!"] if _often(draw, 20) else []), name]
        words += [shown(word) for word in (_value(draw, "", option, family) if option.codec.words else ())]
    return words


def _protocols(module: Module) -> frozenset[int]:
    """The protocols that a module may want; what decides is only known with its arguments."""
    if module.protocols_of is None:
        return module.protocols
    return module.protocols | frozenset({6})


def _protocol(draw: DrawFn, module: Module, family: int) -> list[str]:
    wanted = sorted(_protocols(module))
    if wanted and _often(draw, 94 if module.protocols else 60):
        number = draw(st.sampled_from(wanted))
        name = PROTOCOL_NAMES.get(number, str(number)) if _often(draw, 80) else str(number)
    elif _often(draw, 20):
        name = draw(st.sampled_from(["tcp", "udp", "icmp", "ipv6-icmp", "sctp", "all", "TCP", "esp", "89"]))
    else:
        return []
    return [*(["!"] if _often(draw, 4) else []), "-p", name]


def _place(draw: DrawFn, module: Module) -> tuple[str, str, str]:
    """A table, a chain in it and the chain that calls the user chain; mostly such as the module allows."""
    tables = sorted(module.tables) if module.tables and _often(draw, 94) else sorted(BUILT_IN)
    table = draw(st.sampled_from(tables))
    chains = list(BUILT_IN[table])
    fitting = [chain for chain in chains if not module.chains or chain in module.chains]
    caller = draw(st.sampled_from(fitting if fitting and _often(draw, 85) else chains))
    return table, draw(st.sampled_from([caller, caller, caller, caller, USER, CALLED])), caller


COMPANIONS = ("comment", "mark", "conntrack", "tcp", "udp", "multiport", "limit", "addrtype")
TARGETS = ("ACCEPT", "DROP", "RETURN", "LOG", "MARK", USER, "QUEUE", "NOSUCH", "TRACE")


@st.composite
def from_tables(draw: DrawFn, family: int, module: Module | None = None) -> Made:
    """A rule about one module, sometimes with others beside it; of those that are refused, some are drawn again."""
    if module is None:
        module = draw(st.sampled_from(modules(family)))
    made = _rule(draw, family, module)
    for _ in range(5):
        if _often(draw, 25) or not iptables.read(Source("rules", made.text), family)[1]:
            break
        made = _rule(draw, family, module)
    return made


def _rule(draw: DrawFn, family: int, module: Module) -> Made:
    table, chain, caller = _place(draw, module)
    parts = [_protocol(draw, module, family)]
    if _often(draw, 15):
        parts.append(_head(draw, family, "sdiopf" if family == 4 else "sdiop"))
    if _often(draw, 12):
        name = module.name if _often(draw, 30) else draw(st.sampled_from(COMPANIONS))
        companion = registry.match(name)
        if companion is not None:
            parts.append(_module_words(draw, companion, family))
    # An option may load the match of the protocol by itself.
    implied = isinstance(module, MatchModule) and bool(parts[0]) and bool(module.protocols) and _often(draw, 15)
    words = _module_words(draw, module, family)
    parts.append(words[2:] if implied else words)
    if isinstance(module, MatchModule) and _often(draw, 60):
        parts.append([draw(st.sampled_from(["-j", "-j", "-j", "-g", "--jump"])), draw(st.sampled_from(TARGETS))])
    if _often(draw, 4):
        parts.append(
            ["-c", *draw(st.sampled_from([("1", "2"), ("3,4",), ("5",), ("x", "1"), ("0x10", "7"), ("-1", "2")]))]
        )
    if _often(draw, 6):
        parts = draw(st.permutations(parts))
    made = [word for part in parts for word in part]
    if made and _often(draw, 2):
        at = draw(st.integers(0, len(made)))
        made.insert(
            at, draw(st.sampled_from(["!", "--", "-", "stray", '""', "-v", "-n", "-4", "-6", "-x", "-w", "--line"]))
        )
    prefix = draw(st.sampled_from(["[1:2]", "[0:0]"])) if "-c" not in made and _often(draw, 3) else ""
    return Made(table, chain, tuple(made), caller, prefix)


@cache
def _lines(family: int) -> tuple[Made, ...]:
    return tuple(
        Made(case.table, case.chain, tuple(case.options.split()))
        for case in cases()
        if case.family == family and '"' not in case.options
    )


def _another(draw: DrawFn, words: list[str], family: int) -> list[str]:
    """One more option of a module that the line names."""
    named = {after for word, after in pairwise(words) if word in ("-m", "-j")}
    found = [module for module in modules(family) if module.name in named and module.options]
    if not found:
        return []
    module = draw(st.sampled_from(found))
    options = [option for option in module.options if (module.name, option.name) not in OF_THE_MACHINE]
    return _given(draw, module, draw(st.sampled_from(options)), family) if options else []


@st.composite
def from_lines(draw: DrawFn, family: int) -> Made:
    """A line of a `.t` file with a few words changed, or with one more option."""
    made = draw(st.sampled_from(_lines(family)))
    words = list(made.words)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, max(len(words) - 1, 0)))
        change = draw(st.sampled_from([*["option"] * 6, "drop", "twice", "swap", "not", "take", "cut", "case", "more"]))
        if not words:
            break
        if change == "option":
            words += _another(draw, words, family)
        elif change == "drop":
            del words[at]
        elif change == "twice":
            words[at:at] = words[max(at - 1, 0) : at + 1]
        elif change == "swap":
            other = draw(st.integers(0, len(words) - 1))
            words[at], words[other] = words[other], words[at]
        elif change == "not":
            words.insert(at, "!")
        elif change == "take":
            other_line = draw(st.sampled_from(_lines(family))).words
            words.extend(word for word in other_line if word not in ("-p", "tcp", "udp"))
        elif change == "cut":
            words[at] = words[at][:-1] or words[at]
        elif change == "case":
            words[at] = words[at].swapcase()
        else:
            words[at] += draw(st.sampled_from(["0", "x", ",1", ":5", "/8", "-9", "=1", "!"]))
    return Made(made.table, made.chain, tuple(words), _caller(made.table))


def _caller(table: str) -> str:
    return BUILT_IN[table][0]
