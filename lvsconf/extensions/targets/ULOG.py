"""`-j ULOG`: NFLOG before 2014; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, integer
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="ULOG",
    options=(
        Option("ulog-prefix", "ulog_prefix", cut_string(31, least=1)),
        Option("ulog-nlgroup", "ulog_nlgroup", integer(1, 32)),
        Option("ulog-cprange", "ulog_cprange", integer()),
        Option("ulog-qthreshold", "ulog_qthreshold", integer(1, 50)),
    ),
    effects=lambda arguments, family: (),
    families=frozenset({4}),
)
