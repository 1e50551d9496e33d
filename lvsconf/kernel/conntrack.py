"""Connection tracking (net/netfilter/nf_conntrack_core.c and the protocol trackers beside it)."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from lvsconf.kernel.expectations import fulfil
from lvsconf.kernel.flows import Entry, Last, Window
from lvsconf.kernel.skb import Skb
from lvsconf.kernel.table import entries_of, forget, zones
from lvsconf.kernel.tcp_window import Outcome, in_window, segment_end
from lvsconf.kernel.trackers import track
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_STATE,
    DST,
    ICMP_TYPE,
    LENGTH,
    PORTED,
    PROTO,
    TCP,
    TCP_FLAGS,
    UDP,
    CtState,
    CtStatus,
    TcpFlags,
)
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import Pred, any_of, equals, masked

F, S, R, A, U = TcpFlags.FIN, TcpFlags.SYN, TcpFlags.RST, TcpFlags.ACK, TcpFlags.URG

_BITS = F | S | R | A | U
VALID_FLAGS: Pred = any_of(
    masked(TCP_FLAGS, flags, _BITS) for flags in (S, S | U, S | A, R, R | A, F | A, F | A | U, A, A | U)
)
"""tcp_valid_flags: PSH, ECE and CWR are free."""

SEGMENTS: tuple[tuple[Pred, str], ...] = (
    (masked(TCP_FLAGS, R, R), "rst"),
    (masked(TCP_FLAGS, S | A, S | A), "synack"),
    (masked(TCP_FLAGS, S, S), "syn"),
    (masked(TCP_FLAGS, F, F), "fin"),
    (masked(TCP_FLAGS, A, A), "ack"),
)
"""get_conntrack_index: the first that holds; none of them is `none`."""

IS_TCP = equals(PROTO, TCP)
IS_UDP = equals(PROTO, UDP)


def conntrack_in(world: World) -> list[World]:
    """nf_conntrack_in: give the packet its entry and ctstate. May end it (it never does for a single flow)."""
    skb = world.skb
    if skb.ct is not None or skb.values[CT_STATE] == CtState.UNTRACKED:
        return [world]
    template = skb.template
    world.attach(None, CtState.INVALID)
    # tcp_error, udp_error and nf_conntrack_icmpv4_error verify checksums in this hook only.
    skb.verified = skb.verified or (
        world.hook is Hook.PRE_ROUTING and (skb.value(PROTO) in PORTED or skb.value(PROTO) == skb.family.icmp)
    )
    done = _tracked(world)
    if template is not None:
        for there in done:
            there.skb.template = None
    return done


def _tracked(world: World) -> list[World]:
    skb = world.skb
    if skb.value(PROTO) in skb.family.untrackable:
        # ipv6_get_l4proto finds nothing, nf_conntrack_icmp_packet and its like mind their own family alone.
        return [world]
    if skb.value(PROTO) == skb.family.icmp and skb.value(ICMP_TYPE) in skb.family.untracked:
        world.attach(None, CtState.UNTRACKED)
        return [world]
    if skb.value(PROTO) == skb.family.icmp and skb.value(ICMP_TYPE) in skb.family.quoting:
        return _icmp_error(world)
    return _resolve(world)


def _icmp_error(world: World) -> list[World]:
    """nf_conntrack_inet_error: RELATED to the flow of the quoted packet, if the outer destination fits too."""
    inner = world.skb.inner
    wanted = inner.flow.inverted() if inner is not None else None
    if wanted is None:
        return [world]
    checks = world.kernel.era.behaviour.related_to_destination
    done = []
    for entry, reply, there in entries_of(world, wanted):
        flow = None if entry is None else entry.reply if reply else entry.orig
        if flow is not None and (there.skb.value(DST) == flow.dst or not checks):
            there.attach(entry, CtState.RELATED, reply=reply)
        done.append(there)
    return done


def _resolve(world: World) -> list[World]:
    """resolve_normal_ct and the protocol tracker."""
    done = []
    for entry, reply, there in entries_of(world, world.skb.flow):
        for mine, then in [(entry, there)] if entry is not None else _new_entry(there):
            done += [then] if mine is None else _track(then, mine, reply)
    return done


def _new_entry(world: World) -> Sequence[tuple[Entry | None, World]]:
    """init_conntrack. An entry that was expected has no helper of its own."""
    original, reply = zones(world)
    flow = world.skb.flow._replace(zone=original)
    answer = flow.inverted()
    if answer is None:
        return [(None, world)]
    template = world.skb.template
    policy = template.timeouts if template is not None else None
    done = fulfil(world, Entry(flow, answer._replace(zone=reply), timeouts=policy))
    for entry, _ in done:
        if template is not None and entry.master is None:
            entry.helper = template.helper
    return done


def _track(world: World, entry: Entry, reply: bool) -> list[World]:
    """The ctstate, and what the protocol tracker makes of the packet."""
    if reply or CtStatus.SEEN_REPLY in entry.status:
        state = CtState.ESTABLISHED
    elif CtStatus.EXPECTED in entry.status:
        state = CtState.RELATED
    else:
        state = CtState.NEW
    proto = world.skb.value(PROTO)
    if proto == TCP:
        return _tcp(world, entry, state, reply)
    if proto == world.family.icmp:
        if entry.orig.dport >> 8 not in world.family.requests:
            return [world]
        _accept(world, entry, state, reply, world.kernel.conntrack_timeouts["icmp"])
        return [world]
    found = track(world, proto, entry, reply)
    if found.killed:
        forget(world, entry)
    if found.valid:
        _accept(world, entry, state, reply, found.timeout)
    return [world]


def _accept(world: World, entry: Entry, state: CtState, reply: bool, timeout: int | None) -> None:
    """The packet belongs to the entry; with a timeout (nf_ct_refresh_acct) it is counted and the timer starts anew."""
    if timeout is not None:
        entry.refreshed = world.now
        if not entry.clashed:
            entry.expires = world.now + timeout if entry.timeouts is None else inf
        entry.count(reply, world.skb.value(LENGTH))
    if reply:
        entry.status |= CtStatus.SEEN_REPLY
    world.attach(entry, state, reply=reply)


def _tcp(world: World, entry: Entry, state: CtState, reply: bool) -> list[World]:
    """nf_conntrack_tcp_packet, for each class of segment."""
    if not world.kernel.era.behaviour.tcp_window:
        _tcp_by_table(world, entry, state, reply)
        return [world]
    valid, _ = world.split(VALID_FLAGS)
    if valid is None:
        return [world]
    segment = world.cases(SEGMENTS, "none")[0][0]
    if not entry.confirmed:
        return _tcp_new(world, entry, state, segment)
    return _tcp_known(world, entry, state, reply, segment)


def _tcp_by_table(world: World, entry: Entry, state: CtState, reply: bool) -> None:
    """tcp_packet and tcp_new of 2.4: the table alone decides."""
    era, skb = world.kernel.era, world.skb
    segment = world.cases(SEGMENTS, "none")[0][0]
    old = entry.tcp
    new = era.conntrack_tcp["reply" if reply else "original"][segment][old]
    if new == "IV":
        return
    entry.tcp = new
    if old == "SS" and reply and segment == "synack":
        entry.last.ack = (skb.seq + 1) & 0xFFFFFFFF
    if segment == "rst" and entry.confirmed and CtStatus.SEEN_REPLY not in entry.status:
        _accept(world, entry, state, reply, None)
        forget(world, entry)
        return
    if old == "SR" and not reply and segment == "ack" and skb.ack == entry.last.ack:
        entry.status |= CtStatus.ASSURED
    _accept(world, entry, state, reply, world.kernel.conntrack_timeouts[new])


def _tcp_new(world: World, entry: Entry, state: CtState, segment: str) -> list[World]:
    """tcp_new: what a first packet may be."""
    table = world.kernel.era.conntrack_tcp["original"]
    new = table[segment]["-"]
    skb = world.skb
    if new == "IV":
        return [world]
    end = segment_end(skb)
    if new == "SS":
        entry.seen = (Window(end=end, maxend=end, maxwin=max(skb.window, 1)), Window())
        return _tcp_update(world, entry, state, False, segment, new)
    found = []
    for loose, there in world.setting("net.netfilter.nf_conntrack_tcp_loose"):
        if loose:
            mine = entry if there is world else entry.copy()
            window = max(there.skb.window, 1)
            mine.seen = (
                Window(end=end, maxend=(end + window) & 0xFFFFFFFF, maxwin=window, liberal=True),
                Window(liberal=True),
            )
            found += _tcp_update(there, mine, state, False, segment, new)
        else:
            found.append(there)
    return found


def _own(world: World, entry: Entry) -> Entry:
    """The same entry in a world that may have been forked from the one it was found in."""
    return world.entries.get(entry.orig, entry) if entry.confirmed else entry


def _tcp_known(world: World, entry: Entry, state: CtState, reply: bool, segment: str) -> list[World]:
    era = world.kernel.era
    old = entry.tcp
    new = era.conntrack_tcp["reply" if reply else "original"][segment][old]
    last = entry.last
    sender, receiver = entry.seen[reply], entry.seen[not reply]
    if new == "IV":
        return [world]
    if new == "SS" and old in ("TW", "CL", "S2"):
        if sender.close_init or receiver.close_init or (last.reply == reply and last.segment == "rst"):
            # A closed connection is opened again: forget it and look the packet up afresh.
            forget(world, entry)
            return _resolve(world)
        new = "IG"
    if new == "IG":
        return _tcp_ignored(world, entry, state, reply, segment)
    if (
        new == "TW"
        and old == "LA"
        and segment == "ack"
        and last.reply != reply
        and last.segment == "syn"
        and last.challenge
    ):
        last.challenge = False
        _accept(world, entry, state, reply, None)
        return [world]
    if new == "SR" and reply and segment == "ack" and old == "S2":
        new = "ES"
    if new == "CL" and segment == "rst":
        return _tcp_reset(world, entry, state, reply)
    return _tcp_update(world, entry, state, reply, segment, new)


def _tcp_ignored(world: World, entry: Entry, state: CtState, reply: bool, segment: str) -> list[World]:
    """TCP_CONNTRACK_IGNORE: the packet passes with its entry; only the last segment is noted."""
    skb, last, old = world.skb, entry.last, entry.tcp
    if segment == "synack" and last.segment == "syn" and last.reply != reply and skb.ack == last.end:
        # It acknowledges a SYN that was ignored before: both ends agree, so follow them.
        entry.tcp = "SS"
        window = max(last.win, 1)
        mine = Window(end=last.end, maxend=last.end, maxwin=window)
        other = Window(liberal=entry.seen[reply].liberal)
        entry.seen = (mine, other) if reply else (other, mine)
        last.challenge = False
        return _tcp_update(world, entry, state, reply, segment, "SR")
    entry.last = Last(
        segment=segment,
        reply=reply,
        seq=skb.seq,
        ack=last.ack,
        end=segment_end(skb),
        win=skb.window,
        retrans=last.retrans,
    )
    if segment == "syn" and not reply:
        entry.last.challenge = old == "LA"
    if old == "SS" and segment == "ack" and reply:
        entry.last.ack = skb.ack
    _accept(world, entry, state, reply, None)
    return [world]


def _tcp_reset(world: World, entry: Entry, state: CtState, reply: bool) -> list[World]:
    """The RST branch of nf_conntrack_tcp_packet: when it closes, when it is INVALID, when it is let through."""
    skb, last, old, new = world.skb, entry.last, entry.tcp, "CL"
    receiver = entry.seen[not reply]
    if old in ("FW", "LA", "TW", "CL", "CW"):
        return _tcp_update(world, entry, state, reply, "rst", new, checked=True)
    established = CtStatus.ASSURED in entry.status and old == "ES"
    if receiver.maxack is not None and last.segment != "syn" and not (skb.seq == 0 and not established):
        behind = (skb.seq - receiver.maxack) & 0xFFFFFFFF >= 1 << 31
        if behind:
            branches = world.setting("net.netfilter.nf_conntrack_tcp_ignore_invalid_rst")
            if any(not ignore for ignore, _ in branches):
                return [there for _, there in branches]
        train = last.segment == "ack" and last.reply == reply and skb.seq == last.end
        if established and skb.seq != receiver.maxack and not train:
            new = old
    seen_reply = CtStatus.SEEN_REPLY in entry.status
    half_open = seen_reply and last.segment == "syn" and last.reply != reply
    picked_up = CtStatus.ASSURED not in entry.status and last.segment == "ack"
    answered = (half_open or picked_up) and skb.ack == last.end
    challenged = old == "SS" and last.segment == "ack" and last.reply and skb.seq == last.ack
    return _tcp_update(world, entry, state, reply, "rst", new, checked=answered or challenged)


def _tcp_update(
    world: World, entry: Entry, state: CtState, reply: bool, segment: str, new: str, *, checked: bool = False
) -> list[World]:
    """Window check, then the new state, its timeout and the status bits."""
    old, last = entry.tcp, entry.last
    if not checked:
        outcome = in_window(world.skb, entry, reply, segment)
        if outcome is not Outcome.ACCEPT:
            return _out_of_window(world, entry, state, reply, segment, new, outcome)
    last.segment, last.reply = segment, reply
    entry.tcp = new
    if old != new and new == "FW":
        entry.seen[reply].close_init = True
    timeouts = world.kernel.conntrack_timeouts
    timeout = timeouts[new]
    pending = entry.seen[0].unacknowledged or entry.seen[1].unacknowledged
    if last.retrans >= world.kernel.max_retrans:
        timeout = min(timeout, timeouts["retrans"])
    elif segment == "rst":
        timeout = timeouts["CL"]
    elif pending:
        timeout = min(timeout, timeouts["unack"])
    if CtStatus.SEEN_REPLY not in entry.status:
        if segment == "rst":
            # Only an RST came back, or the opener gave up: the entry goes at once.
            _accept(world, entry, state, reply, None)
            entry.count(reply, world.skb.value(LENGTH))
            forget(world, entry)
            return [world]
        if segment == "syn" and old == "SS":
            _accept(world, entry, state, reply, None)
            return [world]
        if new == "ES":
            timeout = min(timeout, timeouts["unack"])
    elif CtStatus.ASSURED not in entry.status and old in ("SR", "ES") and new == "ES":
        entry.status |= CtStatus.ASSURED
    _accept(world, entry, state, reply, timeout)
    return [world]


def _out_of_window(
    world: World, entry: Entry, state: CtState, reply: bool, segment: str, new: str, outcome: Outcome
) -> list[World]:
    """A liberal tracker takes the segment all the same; a strict one calls it INVALID, or only ignores it."""
    found = []
    for liberal, there in world.setting("net.netfilter.nf_conntrack_tcp_be_liberal"):
        mine = _own(there, entry)
        if liberal:
            found += _tcp_update(there, mine, state, reply, segment, new, checked=True)
            continue
        if outcome is Outcome.IGNORE:
            _accept(there, mine, state, reply, None)
        found.append(there)
    return found


def notrack(world: World) -> None:
    """ip_vs_notrack: a packet loses its entry and becomes UNTRACKED (include/net/ip_vs.h)."""
    rule = world.kernel.era.behaviour.notrack
    if rule == "always" or (rule == "attached" and world.skb.ct is not None):
        world.attach(None, CtState.UNTRACKED)


def attach_related(world: World, cause: Skb) -> None:
    """nf_conntrack_attach: what the host answers to a packet is RELATED to that packet's entry, if it has one."""
    if cause.ct is not None:
        world.attach(cause.ct, CtState.RELATED, reply=not cause.values[CT_DIRECTION])
    elif cause.values[CT_STATE] == CtState.UNTRACKED:
        if world.kernel.era.behaviour.answers_stay_untracked:
            world.attach(None, CtState.UNTRACKED)
        else:
            # UNTRACKED counts as a state of the reply direction, so the answer is RELATED to no entry.
            world.skb.bare = True
