"""Rules made from the option tables, against a real load: what iptables takes, what it refuses, and what it saves."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lvsconf.extensions import registry
from lvsconf.extensions.printing import rule_text
from lvsconf.findings import Problem
from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.source import Source
from tests.extensions.namespace import ESTIMATORS, Loaded, Namespace
from tests.extensions.rules import CALLED, Made, from_lines, from_tables, modules
from tests.extensions.samples import OF_THE_MACHINE, words_for

EXAMPLES = {"long": 40_000}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 1_200)
WORD_ONLY = {"LVS023", "LVS024"}
"""Findings about rules that load."""

ABSENT = (
    (r"", r"Set \S+ doesn't exist"),
    (rf"--rateest[a-z12]*[ =](?!(\"?({'|'.join(ESTIMATORS)})\"?( |$)))", r"line \d+ failed"),
    (r"-j SECMARK|--jump SECMARK", r"line \d+ failed"),
)
"""Words that name what the namespace does not hold, and what iptables says then: a set, an estimator, SELinux."""


@dataclass(frozen=True)
class Known:
    """A difference that is meant: it shows in the line, or in what lvsconf or iptables says about it."""

    reason: str
    line: str = ""
    said: str = ""

    def fits(self, line: str, said: str) -> bool:
        return bool(re.search(self.line, line) and re.search(self.said, said))


REFUSED_BY_US = (
    Known("iptables after 1.8.9 refuses it", said="the wrong way round"),
    Known("iptables after 1.8.9 refuses it", said="'0' is not a protocol that a connection can have"),
    Known("iptables after 1.8.9 refuses it", line=r"! --ctd"),
    Known(
        "help or the version is printed, and nothing is loaded", line=r"(^| )(-h|-V|--h(e|el|elp)?|--vers\w*)( |=|$)"
    ),
    Known("the answer depends on the machine", said="host names are not looked up"),
    Known("what iptables-save prints for it can't be loaded", said="an empty interface name"),
    Known("what iptables-save prints for it can't be loaded", line=r'--rateest-na\w*[ =]"?"?( |$)'),
    Known(
        "taken or not as an earlier call left errno", line=r"(dst|hbh)-opts?\S*[ =]\S*-1", said="18446744073709551614"
    ),
)
REFUSED_BY_IPTABLES = (
    Known(
        "1.8.9 takes the whole word for the value; later ones take what is attached",
        line=r"(^| )-[-a-z]+=|-[sdpiojgc]\S",
    ),
    Known("iptables after 1.8.9 takes it", line="! --physdev-is-"),
    Known("iptables after 1.8.9 takes it", line="(?i) mld-"),
)
PRINTED_OTHERWISE = (
    Known("1.8.9 drops a range of everything even when it is inverted", line=r"! "),
    Known("1.8.9 drops the codes", line=r"icmp"),
)


def expected(made: Made, family: int) -> tuple[list[str] | None, list[Problem], str]:
    """What iptables-save should print for the rule, None for one that does not load; the findings, and fmt's line."""
    source = Source("rules", made.text)
    ruleset, found = iptables.read(source, family)
    place = made.text.split("\n").index(made.line)
    formatted = format_source(source, family).split("\n")[place]
    if any(problem.code not in WORD_ONLY for problem in found):
        return None, list(found), formatted
    rules = ruleset.tables[made.table].chains[made.chain].rules
    shown = [
        "[{}:{}] ".format(*(rule.counters or (0, 0))) + rule_text(rule, made.chain, family)
        for rule in rules
        if rule.span is not None and rule.span.line == place + 1
    ]
    return shown, list(found), formatted


def without_counters(line: str) -> str:
    return re.sub(r"^\[\d+:\d+\] ", "", line)


class Judge:
    """Loads rules and compares; counts what came of them."""

    def __init__(self, namespace: Namespace, family: int) -> None:
        self.namespace, self.family = namespace, family
        self.counts: Counter[str] = Counter()

    def judge(self, made: Made) -> None:
        real = self.load(made)
        if not real.accepted and self.out_of_reach(made, real):
            self.counts["skipped"] += 1
            return
        ours, problems, formatted = expected(made, self.family)
        if self.known(made, real, ours, problems):
            self.counts["known to differ"] += 1
            return
        self.counts["loaded" if real.accepted else "refused"] += 1
        if not real.accepted:
            assert ours is None, f"refused: {real.said}"
            return
        assert ours is not None, problems
        saved = self.saved(made, real)
        assert ours == saved
        if len(saved) == 1 and without_counters(formatted) != without_counters(saved[0]):
            # Kept as it was: then iptables itself makes something else of what it prints.
            assert formatted == made.line
            assert self.changes(made, saved[0]) or any(problem.code == "LVS024" for problem in problems)

    def load(self, made: Made) -> Loaded:
        return self.namespace.load(made.text, [made.table], counters=True)

    def saved(self, made: Made, real: Loaded) -> list[str]:
        call = f"[0:0] -A {made.caller} -j {CALLED}"
        lines = [line for line in real.saved if without_counters(line).startswith(f"-A {made.chain}")]
        if made.chain == made.caller:
            lines.remove(call)
        # libxt_nfacct.c prints a blank before the name and another one after the option; fmt writes one.
        return [line.replace("--nfacct-name  ", "--nfacct-name ") for line in lines]

    def out_of_reach(self, made: Made, real: Loaded) -> bool:
        if any(re.search(line, made.line) and re.search(said, real.said) for line, said in ABSENT):
            return True
        named = made.named(("-m", "--match"))
        named += [name for name in made.named(("-p", "--protocol")) if registry.match(name)]
        return self.namespace.lacks(real, named, made.named(("-j", "--jump")))

    def known(self, made: Made, real: Loaded, ours: list[str] | None, problems: list[Problem]) -> bool:
        if real.accepted and ours is None:
            # Of what reader and tool don't agree on, one word is enough to decide.
            return any(known.fits(made.line, problem.message) for known in REFUSED_BY_US for problem in problems)
        if not real.accepted and ours is not None:
            return any(known.fits(made.line, real.said) for known in REFUSED_BY_IPTABLES)
        if real.accepted and ours != self.saved(made, real):
            return any(known.fits(made.line, "") for known in PRINTED_OTHERWISE)
        return False

    def changes(self, made: Made, saved: str) -> bool:
        """Whether what iptables-save prints loads as another rule, or not at all."""
        again = Made(made.table, made.chain, tuple(without_counters(saved).split(" ")[2:]), made.caller)
        real = self.load(again)
        return not real.accepted or [without_counters(line) for line in self.saved(again, real)] != [
            without_counters(saved)
        ]


@pytest.mark.parametrize("family", [4, 6])
def test_every_codec_has_samples(family: int):
    for module in modules(family):
        for option in module.options:
            if (module.name, option.name) not in OF_THE_MACHINE:
                words_for(option.codec, family, module.name, option)


@pytest.mark.oracle
@pytest.mark.parametrize("family", [4, 6])
def test_as_iptables_loads(family: int, tool, capsys: pytest.CaptureFixture[str]):
    with Namespace(tool, family) as namespace:
        judge = Judge(namespace, family)

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink])
        @given(from_tables(family) | from_lines(family))
        def held(made: Made) -> None:
            judge.judge(made)

        held()
    counts = ", ".join(f"{number} {what}" for what, number in sorted(judge.counts.items()))
    with capsys.disabled():
        sys.stdout.write(f"\nIPv{family} rules: {counts} (skipped: this machine lacks what they name)\n")
    assert judge.counts["loaded"] > EXAMPLES // 10
