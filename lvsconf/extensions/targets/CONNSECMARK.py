"""`-j CONNSECMARK`: the security context between packet and connection; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.netfilter import Arguments


def check(arguments: Arguments, family: int) -> None:
    """One of the two."""
    if len(arguments) != 1:
        raise OptionError("-j CONNSECMARK needs exactly one of --save and --restore")


MODULE = TargetModule(
    name="CONNSECMARK",
    options=(Option("save", "save", flag()), Option("restore", "restore", flag())),
    effects=lambda arguments, family: (),
    tables=frozenset({"mangle", "security"}),
    conntrack=True,
    check=check,
)
