"""What targets do with a packet, where that is more than going on."""

from __future__ import annotations

import pytest

from lvsconf.extensions.meaning import rule_effects
from lvsconf.languages import iptables
from lvsconf.model.actions import ChangeSet, HashMark, Tee, ToSocket
from lvsconf.model.effects import Add, Assign, Effect
from lvsconf.model.fields import TCP_FLAGS, TCP_OPTION_KINDS, TOS, TTL
from lvsconf.source import Source

FULL = 0xFFFFFFFF
EFFECTS = [
    ("-p tcp -j ECN --ecn-tcp-remove", (Assign(TCP_FLAGS, 0, 0xC0),)),
    ("-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-ip-ect 2", (Assign(TCP_FLAGS, 0x80, 0x80), Assign(TOS, 2, 3))),
    ("-p tcp -j TCPOPTSTRIP --strip-options mss,3", (Assign(TCP_OPTION_KINDS, 0, 0b1100),)),
    ("-p tcp -j TCPOPTSTRIP", ()),
    ("-j TEE --gateway 192.0.2.9", (Tee(0xC0000209, None),)),
    ("-j TTL --ttl-dec 3", (Add(TTL, -3),)),
    ("-j TTL --ttl-inc 3", (Add(TTL, 3),)),
    ("-p tcp -j TPROXY --on-port 80 --tproxy-mark 1/3", (ToSocket(0, 80, 1, 3),)),
    ("-j SET --add-set s src --exist --timeout 9", (ChangeSet("s", ("src",), 4, True, True, 9),)),
    ("-j SET --del-set s src,dst", (ChangeSet("s", ("src", "dst"), 4, False, False, None),)),
    (
        "-j HMARK --hmark-tuple src,dport --hmark-mod 2 --hmark-offset 5 --hmark-rnd 1",
        (HashMark(False, False, FULL, 0, (0, 0), (0xFFFF, 0), 0, 1, 2, 5),),
    ),
    ("-j IDLETIMER --timeout 5 --label uplink", ()),
    ("-j CONNSECMARK --save", ()),
]


def effects_of(rule: str) -> tuple[Effect, ...]:
    ruleset, problems = iptables.read(Source("rules", f"*mangle\n-A PREROUTING {rule}\nCOMMIT\n"), 4)
    assert not problems
    return rule_effects(ruleset.tables["mangle"].chains["PREROUTING"].rules[0], 4)


@pytest.mark.parametrize(("rule", "effects"), EFFECTS)
def test_effects(rule: str, effects: tuple[Effect, ...]):
    assert effects_of(rule) == effects
