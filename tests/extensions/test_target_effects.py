"""What targets do with a packet, where that is more than going on."""

from __future__ import annotations

import pytest

from lvsconf.extensions.meaning import rule_effects
from lvsconf.languages import iptables
from lvsconf.model.actions import ChangeSet, Copy, HashMark, Nat, NatTo, Tee, ToSocket, Track
from lvsconf.model.effects import Add, Assign, Effect
from lvsconf.model.fields import CT_MARK, MARK, TCP_FLAGS, TCP_OPTION_KINDS, TOS, TTL
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
    ("-j CONNMARK --set-mark 0x1/0x3", (Assign(CT_MARK, 1, 3),)),
    ("-j CONNMARK --or-mark 0x10", (Assign(CT_MARK, 0x10, 0x10),)),
    ("-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff", (Copy(MARK, 0xF, CT_MARK, 0xFF),)),
    ("-j CONNMARK --restore-mark --mask 3 --right-shift-mark 2", (Copy(CT_MARK, 3, MARK, 3, -2),)),
    (
        "-j CONNMARK --set-mark 1 --left-shift-mark 4",
        (Assign(CT_MARK, 1, 0xFFFFFFFF), Copy(CT_MARK, 0xFFFFFFFF, CT_MARK, 0xFFFFFFFF, 4)),
    ),
]
TRANSLATIONS = [
    ("POSTROUTING", "-j SNAT --to-source 10.0.0.1-10.0.0.9", Nat(NatTo.RANGE, (0x0A000001, 0x0A000009))),
    ("POSTROUTING", "-p tcp -j SNAT --to-source :80 --random", Nat(NatTo.RANGE, ports=(80, 80), random=True)),
    ("PREROUTING", "-p udp -j DNAT --to-destination 10.0.0.1:6-9/5", Nat(NatTo.RANGE, (0x0A000001,) * 2, (6, 9), 5)),
    (
        "PREROUTING",
        "-j DNAT --to-destination 10.0.0.1 --persistent",
        Nat(NatTo.RANGE, (0x0A000001,) * 2, persistent=True),
    ),
    ("POSTROUTING", "-j MASQUERADE --random-fully", Nat(NatTo.OUT_DEVICE, random=True)),
    ("PREROUTING", "-p tcp -j REDIRECT --to-ports 8080", Nat(NatTo.HOST, ports=(8080, 8080))),
    ("PREROUTING", "-j NETMAP --to 10.1.2.3/24", Nat(NatTo.NETWORK, (0x0A010200, 0x0A0102FF))),
]
TEMPLATES = [
    ("--zone 5", Track(5)),
    ("--zone-orig 5", Track(5, reply=False)),
    ("--zone-reply 5", Track(5, original=False)),
    ("--zone mark", Track(None)),
    ("--timeout slow", Track(timeouts="slow")),
    ("--helper ftp", Track(helper="ftp")),
]


def effects_of(rule: str, table: str = "mangle", chain: str = "PREROUTING") -> tuple[Effect, ...]:
    ruleset, problems = iptables.read(Source("rules", f"*{table}\n-A {chain} {rule}\nCOMMIT\n"), 4)
    assert not problems
    return rule_effects(ruleset.tables[table].chains[chain].rules[0], 4)


@pytest.mark.parametrize(("rule", "effects"), EFFECTS)
def test_effects(rule: str, effects: tuple[Effect, ...]):
    assert effects_of(rule) == effects


@pytest.mark.parametrize(("chain", "rule", "effect"), TRANSLATIONS)
def test_translations(chain: str, rule: str, effect: Effect):
    assert effects_of(rule, "nat", chain) == (effect,)


@pytest.mark.parametrize(("options", "effect"), TEMPLATES)
def test_templates(options: str, effect: Effect):
    assert effects_of(f"-p tcp -j CT {options}", "raw") == (effect,)
