"""Conntrack's window check for a single TCP segment (nf_conntrack_proto_tcp.c tcp_in_window)."""

from __future__ import annotations

from enum import Enum

from lvsconf.kernel.flows import Entry, Window
from lvsconf.kernel.skb import Skb
from lvsconf.model.fields import TCP_FLAGS, TcpFlags

_MASK = 0xFFFFFFFF
_LEAST_ACK_WINDOW = 66000


class Outcome(Enum):
    """What the window check says."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    INVALID = "invalid"


def _before(one: int, other: int) -> bool:
    return (one - other) & _MASK >= 1 << 31


def _after(one: int, other: int) -> bool:
    return _before(other, one)


def segment_end(skb: Skb) -> int:
    """The sequence number after the segment (segment_seq_plus_len)."""
    flags = skb.value(TCP_FLAGS)
    return (skb.seq + skb.payload + bool(flags & TcpFlags.SYN) + bool(flags & TcpFlags.FIN)) & _MASK


def in_window(skb: Skb, entry: Entry, reply: bool, segment: str) -> Outcome:
    """Check a segment against both windows and note it. Packets carry no TCP options, so nothing is scaled.

    What is not ACCEPT has changed nothing that a liberal tracker would not have changed too.
    """
    sender, receiver = entry.seen[reply], entry.seen[not reply]
    flags = skb.value(TCP_FLAGS)
    # The other side was told moved numbers where a helper has changed the length of what it was told.
    ack = (skb.ack - entry.shifts[not reply].of((skb.ack - 1) & _MASK)) & _MASK
    seq, end, window = skb.seq, segment_end(skb), skb.window
    syn, has_ack = bool(flags & TcpFlags.SYN), bool(flags & TcpFlags.ACK)
    rst = bool(flags & TcpFlags.RST)

    def store_invalid(outcome: Outcome) -> Outcome:
        return Outcome.ACCEPT if sender.liberal else outcome

    if sender.maxwin == 0:
        if syn:
            _init_sender(sender, end, window)
            if not has_ack:
                return Outcome.ACCEPT
        else:
            sender.end = end
            sender.maxwin = max(window, 1)
            sender.maxend = (end + sender.maxwin) & _MASK
            if receiver.maxwin == 0:
                receiver.end = receiver.maxend = ack
            elif ack == (receiver.end + 1) & _MASK:
                receiver.end = (receiver.end + 1) & _MASK
    elif syn and _after(end, sender.end) and entry.tcp in ("SS", "SR"):
        _init_sender(sender, end, window)
        if reply and not has_ack:
            return Outcome.ACCEPT
    if not has_ack or (rst and ack == 0):
        ack = receiver.end
    if rst and seq == 0 and entry.tcp == "SS":
        seq = end = sender.end
    ack_floor = (receiver.end - max(sender.maxwin, _LEAST_ACK_WINDOW) - 1) & _MASK
    in_receive_window = not receiver.maxwin or _after(end, (sender.end - receiver.maxwin - 1) & _MASK)
    if not _before(seq, (sender.maxend + 1) & _MASK):
        overshot = (end - sender.maxend + 1) & _MASK
        tolerable = bool(receiver.maxwin) and in_receive_window and _after(ack, ack_floor)
        if tolerable and overshot <= receiver.maxwin and _before(ack, (receiver.end + 1) & _MASK):
            sender.end = end
            sender.unacknowledged = True
            return store_invalid(Outcome.IGNORE)
        return store_invalid(Outcome.INVALID)
    if not _before(ack, (receiver.end + 1) & _MASK):
        return store_invalid(Outcome.INVALID)
    if not in_receive_window or not _after(ack, ack_floor):
        return store_invalid(Outcome.IGNORE)
    _note(entry, reply, segment, (seq, ack, end, window), has_ack)
    return Outcome.ACCEPT


def _init_sender(sender: Window, end: int, window: int) -> None:
    sender.end = sender.maxend = end
    sender.maxwin = max(window, 1)


def _note(entry: Entry, reply: bool, segment: str, numbers: tuple[int, int, int, int], has_ack: bool) -> None:
    """Move both windows on after a good segment."""
    sender, receiver = entry.seen[reply], entry.seen[not reply]
    seq, ack, end, window = numbers
    sender.maxwin = max(sender.maxwin, window)
    if _after(end, sender.end):
        sender.end = end
        sender.unacknowledged = True
    if has_ack and (sender.maxack is None or _after(ack, sender.maxack)):
        sender.maxack = ack
    if receiver.maxwin and _after(end, sender.maxend):
        receiver.maxwin += (end - sender.maxend) & _MASK
    if _after((ack + window) & _MASK, (receiver.maxend - 1) & _MASK):
        receiver.maxend = (ack + window + (window == 0)) & _MASK
    if ack == receiver.end:
        receiver.unacknowledged = False
    last = entry.last
    if segment == "ack":
        if (last.reply, last.seq, last.ack, last.end, last.win) == (reply, seq, ack, end, window):
            last.retrans += 1
        else:
            last.reply, last.seq, last.ack, last.end, last.win, last.retrans = reply, seq, ack, end, window, 0
