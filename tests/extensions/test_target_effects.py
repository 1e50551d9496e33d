"""What targets do with a packet, where that is more than going on."""

from __future__ import annotations

import pytest

from lvsconf.extensions.meaning import rule_effects
from lvsconf.languages import iptables
from lvsconf.model.effects import Assign, Effect, Fork, Verdict
from lvsconf.model.fields import MARK, TCP_FLAGS, TCP_OPTION_KINDS, TOS
from lvsconf.source import Source

EFFECTS = [
    ("-p tcp -j ECN --ecn-tcp-remove", (Assign(TCP_FLAGS, 0, 0xC0),)),
    ("-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-ip-ect 2", (Assign(TCP_FLAGS, 0x80, 0x80), Assign(TOS, 2, 3))),
    ("-p tcp -j TCPOPTSTRIP --strip-options mss,3", (Assign(TCP_OPTION_KINDS, 0, 0b1100),)),
    ("-p tcp -j TCPOPTSTRIP", ()),
    ("-j TEE --gateway 192.0.2.9", ()),
    ("-j IDLETIMER --timeout 5 --label uplink", ()),
    ("-j CONNSECMARK --save", ()),
]


def effects_of(rule: str) -> tuple[Effect, ...]:
    ruleset, problems = iptables.read(Source("rules", f"*mangle\n-A PREROUTING {rule}\nCOMMIT\n"), 4)
    assert not problems
    return rule_effects(ruleset.tables["mangle"].chains["PREROUTING"].rules[0], 4)


def ways_of(rule: str) -> set[tuple[Effect, ...]]:
    (fork,) = effects_of(rule)
    assert isinstance(fork, Fork)
    return {effects for _, effects in fork.ways}


@pytest.mark.parametrize(("rule", "effects"), EFFECTS)
def test_effects(rule: str, effects: tuple[Effect, ...]):
    assert effects_of(rule) == effects


def test_a_hash_gives_one_of_few_marks():
    assert ways_of("-j HMARK --hmark-tuple src --hmark-mod 2 --hmark-offset 0xffffffff --hmark-rnd 1") == {
        (Assign(MARK, 0xFFFFFFFF, 0xFFFFFFFF),),
        (Assign(MARK, 0, 0xFFFFFFFF),),
        (),
    }


def test_a_hash_of_many_marks_is_unknown():
    assert (Verdict.DROP,) in ways_of("-j HMARK --hmark-tuple src --hmark-mod 1000 --hmark-rnd 1")


def test_a_transparent_socket_takes_the_mark_or_the_packet_is_gone():
    assert ways_of("-p tcp -j TPROXY --on-port 80 --tproxy-mark 1/3") == {
        (Assign(MARK, 1, 3), Verdict.ACCEPT),
        (Verdict.DROP,),
    }
