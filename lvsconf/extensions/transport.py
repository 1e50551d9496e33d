"""What the matches on TCP and UDP headers share."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, Option
from lvsconf.extensions.ports import ANY_PORT
from lvsconf.extensions.printing import option_words
from lvsconf.model.fields import DPORT, FRAGMENT, SPORT
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, all_of, between, equals, negate

NO_LATER_FRAGMENT: Pred = equals(FRAGMENT, 0)
"""Only the first fragment carries the header; xt_tcpudp.c and xt_multiport.c answer no for the others."""


def port_options(ports: Codec) -> tuple[Option, ...]:
    """`--sport` and `--dport` with their long names."""
    return (
        Option("sport", "sport", ports, ("source-port",), invert=True),
        Option("dport", "dport", ports, ("destination-port",), invert=True),
    )


def ports_meaning(arguments: Arguments) -> Pred:
    """The two port ranges, of a packet that carries the header."""
    preds = [NO_LATER_FRAGMENT]
    for key, field in (("sport", SPORT), ("dport", DPORT)):
        given = arguments.get(key)
        if given is not None:
            preds.append(negate(between(field, *given.value), given.inverted))
    return all_of(preds)


def save_transport(options: tuple[Option, ...], arguments: Arguments, family: int) -> tuple[str, ...]:
    """As saved: a range that covers every port is left out unless it is negated."""
    kept = {
        key: given
        for key, given in arguments.items()
        if key not in ("sport", "dport") or given.inverted or given.value != ANY_PORT
    }
    return option_words(options, kept, family)
