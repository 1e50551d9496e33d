"""Random directors with packets to send through them, drawn from a seed: what the engine is held to a kernel with.

`draw(seed)` gives a Director: the files of a snapshot, packets, and the features it has. The same seed always gives
the same director for the same set of features. Every draft has a network, services, rules, sysctl keys and
conversations of their own (base.py, chains.py, conversations.py); everything else is a feature.

Adding a feature: add a file to lvsconf/lab/directors/features. There is no list to register in. Its name is the
feature's name (`fuzz --feature NAME`), its first docstring line says what it adds. It has any of these, each a
function that draws from `draft.random` and nowhere else, called in this order, features in the order of their names:

    SHARE = 0.25                       in how many drafts it takes part (default 1: in all of them)
    METHODS = ("m",)                   forwarding methods (ipvsadm's letters) that services may then have
    def ground(draft)                  interfaces, addresses, routes, policy rules; places for services (`draft.places`)
    def services(draft)                virtual services: `draft.serve(…)`, or lines for `draft.ipvs`; modules, sockets
    def settings(draft)                sysctl keys: `draft.sysctl[key] = value`
    def matches(draft, place)          words of matches for a rule in a chain, [] for none; asked for every random rule
    def targets(draft, place)          targets that such a rule may have; one of all that are offered is picked
    def rules(draft)                   whole rules: `draft.rule(table, "-A …")`; sets: `draft.sets.append("create …")`
    FLOWS = 1                          how often `flow` is picked (the conversations of base.py have 10)
    def flow(draft, number)            packets of one conversation, [] when there is none; `number` tells them apart
    def finish(draft)                  last changes, also to `draft.packets`; and files of other names: `draft.files`

`place` says family, table and chain (see draft.Place). What depends on another feature asks `draft.has("name")`.
Texts are those of the snapshot's files, packets those of the packets JSON. Keep addresses to those of draft.py where
it can be: scenarios that speak of the same hosts meet more often. Draw freely: most of what is drawn should reach the
real servers, or the kernel has little to say, but all that iptables, ipvsadm and ip take may be drawn.

`python -m lvsconf.lab fuzz --feature NAME` then compares engine and kernel on drafts that all have the feature.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from lvsconf.lab.directors import base, chains, features
from lvsconf.lab.directors.draft import Draft

PACKETS = 14
"""So many packets at most."""


@dataclass(frozen=True)
class Director:
    """A random host, the packets to send through it, and the features that it was drawn with."""

    seed: int
    features: tuple[str, ...]
    files: dict[str, str]
    packets: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """The seed and the features."""
        return f"{self.seed} {'+'.join(self.features)}"

    def write(self, folder: Path) -> None:
        """The snapshot, with packets.json beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "packets.json").write_text(json.dumps(self.packets, indent=1) + "\n", encoding="utf-8")


def names() -> tuple[str, ...]:
    """Every feature there is."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(features.__path__)))


@cache
def feature(name: str) -> ModuleType:
    """A feature's module; LookupError where there is none."""
    if name not in names():
        raise LookupError(name)
    return importlib.import_module(f"{features.__name__}.{name}")


def draw(seed: int, among: Collection[str] | None = None, always: Iterable[str] = ()) -> Director:
    """A director whose features are `among` these (by default all there are), and `always` these."""
    draft = Draft(seed, random.Random(seed))  # noqa: S311 - reproducible, not secret
    always = frozenset(always)
    for name in sorted({*(names() if among is None else among), *always}):
        taken = draft.chance(getattr(feature(name), "SHARE", 1.0))
        if taken or name in always:
            draft.features.append(name)
    parts = [feature(name) for name in draft.features]
    _grow(draft, [base, *parts])
    return Director(seed, tuple(draft.features), draft.texts(), draft.packets)


def _grow(draft: Draft, parts: list[ModuleType]) -> None:
    draft.methods = [letter for part in parts for letter in getattr(part, "METHODS", ())] or ["m"]
    for step in ("ground", "services", "settings"):
        _each(parts, step, draft)
    for family in sorted(draft.families):
        chains.fill(draft, family, parts)
    _each(parts, "rules", draft)
    talkers = [part for part in parts if hasattr(part, "flow")]
    weights = [getattr(part, "FLOWS", 1) for part in talkers]
    for number in range(draft.random.randint(1, 4)):
        (talker,) = draft.random.choices(talkers, weights)
        draft.packets += talker.flow(draft, number)
    if not draft.packets:
        draft.packets = base.flow(draft, 0)
    del draft.packets[PACKETS:]
    _each(parts, "finish", draft)


def _each(parts: list[ModuleType], step: str, draft: Draft) -> None:
    for part in parts:
        if hasattr(part, step):
            getattr(part, step)(draft)
