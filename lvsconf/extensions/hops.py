"""`-m ttl` and `-m hl`: how many hops a packet may still go."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.fields import TTL
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred, Within, all_of, negate


def hops_match(name: str, family: int) -> MatchModule:
    """The match of one family."""
    limits: dict[str, Callable[[int], tuple[int, int]]] = {
        f"{name}_eq": lambda value: (value, value),
        f"{name}_lt": lambda value: (0, value - 1),
        f"{name}_gt": lambda value: (value + 1, TTL.full),
    }

    def meaning(arguments: Arguments, family: int) -> Pred:
        preds: list[Pred] = []
        for key, given in arguments.items():
            low, high = limits[key](given.value)
            preds.append(negate(Within(TTL, ((low, high),)) if low <= high else FALSE, given.inverted))
        return all_of(preds)

    def check(arguments: Arguments, family: int) -> None:
        if len(arguments) != 1:
            raise OptionError(f"-m {name} needs exactly one of --{name}-eq, --{name}-lt and --{name}-gt")

    return MatchModule(
        name=name,
        options=(
            Option(f"{name}-eq", f"{name}_eq", integer(0, 255), (name,), invert=True),
            Option(f"{name}-lt", f"{name}_lt", integer(0, 255)),
            Option(f"{name}-gt", f"{name}_gt", integer(0, 255)),
        ),
        meaning=meaning,
        families=frozenset({family}),
        check=check,
    )
