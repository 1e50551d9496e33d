"""What a whole rule means: which packets it takes, and what it does with them."""

from __future__ import annotations

from lvsconf.extensions import registry
from lvsconf.extensions.head import head_meaning
from lvsconf.extensions.options import MatchModule, OptionError
from lvsconf.model.effects import Effect, Goto, Jump, unknown_target
from lvsconf.model.netfilter import Arguments, Rule, Use
from lvsconf.model.preds import Opaque, Pred, all_of


def rule_meaning(rule: Rule, family: int) -> tuple[Pred, tuple[Effect, ...]]:
    """The packets that match, and the effects in order; no effects means that the packet just goes on."""
    preds = [head_meaning(rule.head, family)]
    preds.extend(match_meaning(use, family) for use in rule.matches)
    return all_of(preds), rule_effects(rule, family)


def match_meaning(use: Use, family: int) -> Pred:
    """What one match asks of a packet. What could not be read, or has no meaning yet, may be either."""
    module = registry.match(use.module)
    preds: list[Pred] = []
    if module is not None and module.meaning is not None:
        if not use.unread or _whole(module, use.arguments, family):
            preds.append(module.meaning(use.arguments, family))
    elif module is not None or not use.unread:
        preds.append(Opaque(f"what `-m {use.module}` matches is not modelled"))
    if use.unread:
        preds.append(Opaque(f"`{' '.join(use.unread)}` could not be read"))
    return all_of(preds)


def _whole(module: MatchModule, arguments: Arguments, family: int) -> bool:
    """Whether iptables would take the options that could be read without the others."""
    if any(option.required and option.key not in arguments for option in module.options):
        return False
    try:
        if module.check is not None:
            module.check(arguments, family)
    except OptionError:
        return False
    return True


def rule_effects(rule: Rule, family: int) -> tuple[Effect, ...]:
    """What a matching packet meets."""
    if rule.jump is not None:
        return (Jump(rule.jump),)
    if rule.goto is not None:
        return (Goto(rule.goto),)
    if rule.target is None:
        return ()
    module = registry.target(rule.target.module)
    if module is None or module.effects is None or rule.target.unread:
        return (unknown_target(f"`-j {rule.target.module}`"),)
    return module.effects(rule.target.arguments, family)
