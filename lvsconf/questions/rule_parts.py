"""The conditions of a rule, each on its own: what it asks and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lvsconf.extensions.head import OPTIONS, head_meaning
from lvsconf.extensions.meaning import match_meaning
from lvsconf.model.netfilter import Rule
from lvsconf.model.preds import TRUE, Pred
from lvsconf.source import Span

_SPOKEN = {option.key: f"--{option.name}" for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Part:
    """One option of the head, or one match with all of its options.

    `key` names the option or the module, `inverted`: a `!` stands in it.
    """

    key: str
    pred: Pred
    inverted: bool
    span: Span | None


def parts(rule: Rule, family: int) -> Iterator[Part]:
    """Every condition that a packet may fail, in the order in which they are asked."""
    for key, given in rule.head.items():
        pred = head_meaning({key: given}, family)
        if pred != TRUE:
            yield Part(_SPOKEN.get(key, key), pred, given.inverted, given.span)
    for use in rule.matches:
        pred = match_meaning(use, family)
        if pred != TRUE:
            inverted = any(given.inverted for given in use.arguments.values())
            yield Part(use.module, pred, inverted, use.span)


def negates(rule: Rule) -> bool:
    """Whether a `!` stands in any condition of a rule."""
    return any(given.inverted for given in rule.head.values()) or any(
        given.inverted for use in rule.matches for given in use.arguments.values()
    )
