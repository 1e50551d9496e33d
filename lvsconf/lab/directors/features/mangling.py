"""Targets that change or copy packets, or sets: TTL, DSCP, TOS, ECN, TEE, HMARK, TCPMSS, SET, SYNPROXY, TPROXY."""

from __future__ import annotations

from lvsconf.lab.directors.draft import SERVERS, Draft, Place

SHARE = 0.2
HMARK_TUPLES = ("src", "dst", "src,dst", "src,dst,sport,dport", "src,dst,sport,dport,proto", "ct,src,dst", "dport")


def targets(draft: Draft, place: Place) -> list[str]:
    """What the table takes."""
    if place.family == 6:
        return []
    pick = draft.random
    found = [
        f"-j TEE --gateway {pick.choice([*SERVERS, '192.0.2.77'])}",
        f"-j SET --add-set seen {pick.choice(['src', 'dst'])}{pick.choice(['', ' --exist --timeout 5'])}",
        f"-j SET --del-set seen {pick.choice(['src', 'dst'])}",
        f"-j SET --add-set flows {pick.choice(['src,src', 'dst,dst', 'src,dst'])}",
        "-j LOG --log-prefix x",
        "-j NFLOG --nflog-group 3",
        "-j AUDIT --type accept",
    ]
    if place.table == "mangle":
        found += [
            f"-j TTL --ttl-{pick.choice(['set 30', 'dec 1', 'dec 63', 'dec 64', 'inc 5', 'inc 250'])}",
            f"-j DSCP --set-dscp {pick.choice([0, 10, 46])}",
            f"-j TOS --set-tos {pick.choice(['0x10', '0x08/0x08', '0'])}",
            f"-j ECN --ecn-ip-ect {pick.choice([0, 1])}",
            f"-j HMARK --hmark-tuple {pick.choice(HMARK_TUPLES)} --hmark-mod {pick.choice([2, 3])} "
            f"--hmark-offset {pick.choice([0, 6, 7])} --hmark-rnd {pick.choice(['0xfeedcafe', '1'])}",
        ]
    return found


def matches(draft: Draft, place: Place) -> list[str]:
    """What the targets leave behind."""
    if place.family == 6 or not draft.chance(0.25):
        return []
    pick = draft.random
    return [
        pick.choice(
            [
                f"-m set {pick.choice(['', '! '])}--match-set seen {pick.choice(['src', 'dst'])}",
                f"-m set {pick.choice(['', '! '])}--match-set flows {pick.choice(['src,src', 'dst,dst'])}",
                f"-m mark {pick.choice(['', '! '])}--mark {pick.choice(['0x0', '0x1', '0x6', '0x7', '0x8'])}",
                f"-m ttl --ttl-{pick.choice(['eq', 'lt', 'gt'])} {pick.choice([30, 63, 64, 1])}",
                f"-m dscp --dscp {pick.choice([0, 10, 46])}",
                f"-m length --length {pick.choice(['40', '44'])}",
            ]
        )
    ]


def rules(draft: Draft) -> None:
    """The sets, and rules for targets that want more of a rule than a place."""
    pick = draft.random
    draft.sets += ["create seen hash:ip family inet timeout 0", "create flows hash:ip,port family inet"]
    mss = pick.choice(["--set-mss 500", "--set-mss 1400"])
    if draft.chance(0.4):
        chain = pick.choice(["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "FORWARD"])
        draft.rule("mangle", f"-A {chain} -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS {mss}")
    if draft.chance(0.2):
        draft.rule("filter", f"-A {pick.choice(['INPUT', 'FORWARD'])} -p tcp -m tcp --dport 443 -j SYNPROXY --mss 1460")
    if draft.chance(0.2):
        draft.rule("mangle", f"-A PREROUTING -p tcp -m tcp --dport {pick.choice([80, 2222])} -j TPROXY --on-port 3128")
