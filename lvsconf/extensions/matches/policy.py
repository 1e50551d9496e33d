"""`-m policy`: the IPsec policy that a packet came or will go under."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice, flag, integer
from lvsconf.extensions.hosts import network
from lvsconf.extensions.names import protocol_name, protocol_number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Const, Pred, Query
from lvsconf.model.questions import PolicyQuestion

_LIMIT = 4
_PROTOCOLS = ("ah", "esp", "ipcomp")
_CHAINS = {
    "in": frozenset({"PREROUTING", "INPUT", "FORWARD"}),
    "out": frozenset({"FORWARD", "OUTPUT", "POSTROUTING"}),
}


def _protocol(words: tuple[str, ...], family: int) -> str:
    name = protocol_name(protocol_number(words[0]) or 0)
    if name not in _PROTOCOLS:
        raise OptionError(f"{words[0]!r} is not {', '.join(_PROTOCOLS)}")
    return name


_PROTOCOL = Codec(1, _protocol, lambda value, family: (value,), "ah, esp or ipcomp")

_WHOLE = (
    Option("dir", "dir", choice(("in", "out")), required=True),
    Option("pol", "pol", choice(("none", "ipsec"))),
    Option("strict", "strict", flag()),
)
_ELEMENT = (
    Option("reqid", "reqid", integer(), invert=True, element=True),
    Option("spi", "spi", integer(base="#x"), invert=True, element=True),
    Option("proto", "proto", _PROTOCOL, invert=True, element=True),
    Option("mode", "mode", choice(("transport", "tunnel")), invert=True, element=True),
    Option("tunnel-dst", "tunnel_dst", network(short_host=True, cut=False), invert=True, element=True),
    Option("tunnel-src", "tunnel_src", network(short_host=True, cut=False), invert=True, element=True),
)
_NEXT = Option("next", "next", flag(), element=True)


def _elements(arguments: Arguments) -> list[dict[str, Given]]:
    """What was given for each element, under the keys of the first."""
    count = 1 + sum(key.partition(".")[0] == _NEXT.key for key in arguments)
    found: list[dict[str, Given]] = [{} for _ in range(count)]
    keys = {option.key for option in _ELEMENT}
    for key, given in arguments.items():
        name, _, number = key.partition(".")
        if name in keys:
            found[int(number or 0)][name] = given
    return found


def check(arguments: Arguments, family: int) -> None:
    """Elements only where there is a policy, several only when it is matched whole."""
    elements = _elements(arguments)
    strict = "strict" in arguments
    if strict and "pol" in arguments and arguments["pol"].value == "none":
        raise OptionError("-m policy: there is nothing to match with --strict when --pol is none")
    if len(elements) > 1 and not strict:
        raise OptionError("-m policy: --next needs --strict")
    if len(elements) > _LIMIT:
        raise OptionError(f"-m policy takes at most {_LIMIT} elements")
    if strict and not all(elements):
        raise OptionError("-m policy: with --strict every element needs an option")
    if "pol" in arguments and arguments["pol"].value == "none":
        return  # nobody looks at the elements then
    for element in elements:
        mode = element.get("mode")
        tunnel = mode is not None and (mode.value == "tunnel") != mode.inverted
        if ("tunnel_src" in element or "tunnel_dst" in element) and not tunnel:
            raise OptionError("-m policy: --tunnel-src and --tunnel-dst need `--mode tunnel`")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """`--pol ipsec` always prints; without a policy there are no elements."""
    policy = arguments["pol"].value if "pol" in arguments else "ipsec"
    words = ["--dir", arguments["dir"].value, "--pol", policy]
    if "strict" in arguments:
        words.append("--strict")
    if policy == "ipsec":
        for number, element in enumerate(_elements(arguments)):
            words.extend(("--next",) if number else ())
            words.extend(option_words(_ELEMENT, element, family))
    return tuple(words)


def meaning(arguments: Arguments, family: int) -> Pred:
    """A packet that IPsec has nothing to do with has no policy (net/netfilter/xt_policy.c, policy_mt)."""
    ipsec = "pol" not in arguments or arguments["pol"].value == "ipsec"
    return Query(PolicyQuestion(ipsec), Const(not ipsec))


MODULE = MatchModule(
    name="policy",
    meaning=meaning,
    options=(*_WHOLE, *_ELEMENT, _NEXT),
    save=save,
    check=check,
    chains_of=lambda arguments: _CHAINS[arguments["dir"].value] if "dir" in arguments else frozenset(),
    separator=_NEXT.key,
)
