"""`-m multiport`: up to fifteen ports (net/netfilter/xt_multiport.c, multiport_mt)."""

from __future__ import annotations

from lvsconf.extensions.names import service_port
from lvsconf.extensions.options import Around, MatchModule, Option, OptionError
from lvsconf.extensions.ports import port_list
from lvsconf.extensions.transport import NO_LATER_FRAGMENT
from lvsconf.model.fields import DPORT, SPORT, TCP, UDP, Field
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Within, all_of, any_of, negate

_FIELDS: dict[str, tuple[Field, ...]] = {"sports": (SPORT,), "dports": (DPORT,), "ports": (SPORT, DPORT)}


def meaning(arguments: Arguments, family: int) -> Pred:
    """One of the ports, of the first fragment; `--ports` looks at both sides."""
    preds = [NO_LATER_FRAGMENT]
    for key, given in arguments.items():
        intervals = tuple(sorted(given.value))
        found = any_of(Within(field, intervals) for field in _FIELDS[key])
        preds.append(negate(found, given.inverted))
    return all_of(preds)


def check(arguments: Arguments, family: int) -> None:
    """Exactly one of the three."""
    if len(arguments) != 1:
        raise OptionError("-m multiport needs exactly one of --sports, --dports and --ports")


_SERVICES_OF = {TCP: "tcp", UDP: "udp", 33: "dccp", 132: "sctp", 136: "udplite"}


def rule_check(arguments: Arguments, around: Around) -> None:
    """A service is looked up for the protocol of the rule (libxt_multiport.c, parse_port)."""
    given = around.head.get("protocol")
    protocol = _SERVICES_OF.get(given.value, "") if given is not None else ""
    for ports in arguments.values():
        for name in ports.value.names:
            if protocol and service_port(name, (protocol,)) is None:
                raise OptionError(f"there is no service `{name}` for {protocol}")


MODULE = MatchModule(
    name="multiport",
    options=(
        Option("sports", "sports", port_list(15), ("source-ports",), invert=True),
        Option("dports", "dports", port_list(15), ("destination-ports",), invert=True),
        Option("ports", "ports", port_list(15), invert=True),
    ),
    meaning=meaning,
    protocols=frozenset({TCP, UDP, 33, 132, 136}),
    after_protocol=frozenset(_FIELDS),
    check=check,
    rule_check=rule_check,
)
