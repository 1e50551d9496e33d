"""What hangs on a connection's entry: its mark, its zone, its counters and labels, and timeouts."""

from __future__ import annotations

from lvsconf.lab.directors.draft import Draft, Place

SHARE = 0.25

MARKS = (
    "-j CONNMARK --set-xmark 0x7/0xffffffff",
    "-j CONNMARK --set-mark 0x1/0x3",
    "-j CONNMARK --or-mark 0x10",
    "-j CONNMARK --save-mark",
    "-j CONNMARK --restore-mark",
    "-j CONNMARK --save-mark --nfmask 0x6 --ctmask 0xff",
    "-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0x7",
    "-j CONNMARK --save-mark --left-shift-mark 4",
    "-j CONNMARK --restore-mark --right-shift-mark 2",
)
ZONES = ("-j CT --zone 5", "-j CT --zone-orig 5", "-j CT --zone-reply 5", "-j CT --zone mark", "-j CT --zone 6")
MATCHES = (
    "-m connmark --mark 0x7",
    "-m connmark ! --mark 0x7",
    "-m connmark --mark 0x1/0x1",
    "-m connmark --mark 0x0",
    "-m connbytes --connbytes 2: --connbytes-dir original --connbytes-mode packets",
    "-m connbytes --connbytes 1:1 --connbytes-dir reply --connbytes-mode packets",
    "-m connbytes --connbytes 100:500 --connbytes-dir both --connbytes-mode bytes",
    "-m connbytes ! --connbytes 40:45 --connbytes-dir both --connbytes-mode avgpkt",
    "-m connlabel --label 5 --set",
    "-m conntrack --ctproto 6",
    "-m conntrack --ctdir ORIGINAL",
    "-m conntrack ! --ctstatus ASSURED",
)


def settings(draft: Draft) -> None:
    """Timeouts that other numbers than the usual ones tell apart."""
    if draft.chance(0.3):
        draft.sysctl["net.netfilter.nf_conntrack_udp_timeout"] = 1
    if draft.chance(0.2):
        draft.sysctl["net.netfilter.nf_conntrack_tcp_timeout_syn_sent"] = 1


def matches(draft: Draft, place: Place) -> list[str]:
    """Asked in tables that see an entry, and sometimes in raw, which sees none."""
    share = 0.05 if place.table == "raw" else 0.2
    return [draft.random.choice(MATCHES)] if draft.chance(share) else []


def targets(draft: Draft, place: Place) -> list[str]:
    """Marks of connections in mangle, zones in raw."""
    if place.table == "mangle":
        return draft.random.sample(MARKS, 3)
    return [draft.random.choice(ZONES)] if place.table == "raw" else []
