"""What a rule does with the packets that match it, as far as sets of packets need to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lvsconf.kernel.ends import FORGOTTEN, OF_ENTRIES
from lvsconf.model.actions import Copy, Nat, ToSocket
from lvsconf.model.effects import (
    Action,
    Add,
    Assign,
    Effect,
    Forget,
    Fork,
    Goto,
    Jump,
    Notrack,
    Reject,
    Return,
    Verdict,
    When,
)
from lvsconf.model.fields import FIELDS, MARK, SOCKET, Field

ANY = frozenset(FIELDS.values())
_CHANGED = {**FORGOTTEN, ToSocket: frozenset({MARK, SOCKET})}
"""The fields of the packet itself that an action may change; any where it is not named here."""


@dataclass(frozen=True, slots=True)
class Deed:
    """`end` is the fate that all packets meet here, in words; `alike`: two ends with the same words are the same.

    `called` is the chain that they go to, without coming back behind this rule where it is a goto. `changed` are the
    fields that may have another value behind the rule; `assigned` are the changes where all of them are known.
    """

    end: str = ""
    alike: bool = True
    returns: bool = False
    called: str | None = None
    goto: bool = False
    changed: frozenset[Field] = frozenset()
    assigned: tuple[Assign, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether packets go on to the next rule from here itself."""
        return not (self.end or self.returns or self.called)


class UnclearError(ValueError):
    """Effects that lead to a chain for some packets only."""


def deed(effects: Iterable[Effect]) -> Deed:
    """What a list of effects comes to. Raises UnclearError."""
    changed: frozenset[Field] = frozenset()
    assigned: list[Assign] = []
    settled = True
    for effect in effects:
        match effect:
            case Verdict.QUEUE | Nat():
                return Deed("QUEUE" if effect is Verdict.QUEUE else "NAT", alike=False, changed=changed)
            case Verdict():
                return Deed(effect.value, changed=changed)
            case Reject(answer):
                return Deed(f"REJECT {answer}", changed=changed)
            case Return():
                return Deed(returns=True, changed=changed)
            case Jump(name) | Goto(name):
                return Deed(called=name, goto=isinstance(effect, Goto), changed=changed)
            case Assign():
                changed |= {effect.field}
                assigned.append(effect)
            case _:
                settled = False
                changed |= _changed(effect)
    return Deed(changed=changed, assigned=tuple(assigned) if settled else ())


def _changed(effect: Effect) -> frozenset[Field]:
    """The fields that an effect may change in packets that go on behind it."""
    match effect:
        case Assign(what, _, _) | Add(what, _) | Forget(what):
            return frozenset({what})
        case Notrack():
            return OF_ENTRIES
        case When(_, effects):
            return _of_all(effects)
        case Fork(_, ways):
            return _of_all(item for _, effects in ways for item in effects)
        case Copy():
            return frozenset({effect.target})
        case Action():
            return _CHANGED.get(type(effect), ANY)
        case Jump() | Goto():
            raise UnclearError("some packets go to another chain")
        case _:
            return frozenset()


def _of_all(effects: Iterable[Effect]) -> frozenset[Field]:
    return frozenset[Field]().union(*map(_changed, effects))
