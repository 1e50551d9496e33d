"""Matches that remember: limit, hashlimit, quota, nth, recent, connlimit, connbytes, connlabel; packets in time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lvsconf.lab.directors.draft import Draft, Place

SHARE = 0.2
Make = Callable[[Random], str]


def _sense(pick: Random) -> str:
    return pick.choice(["", "", "! "])


def _recent(pick: Random) -> str:
    name = pick.choice(["a", "b"])
    action = pick.choice(["set", "set", "rcheck", "update", "remove"])
    limits = ""
    if action in ("rcheck", "update"):
        limits += pick.choice(["", " --seconds 5", " --seconds 5 --reap"])
        limits += pick.choice(["", " --hitcount 2", " --hitcount 3"])
        limits += pick.choice(["", "", " --rttl"])
    side = pick.choice(["--rsource", "--rsource", "--rdest"])
    mask = "255.255.255.255" if name == "a" else "255.255.255.0"
    return f"-m recent {_sense(pick)}--{action}{limits} --name {name} --mask {mask} {side}"


def _hashlimit(pick: Random) -> str:
    number = pick.randint(0, 3)
    rate, modes = RATES[number], pick.choice(["srcip", "dstip", "srcip,dstport", "srcip,srcport", "dstip,dstport"])
    # Rules that share a table share its first configuration.
    name = f"h{number}{modes.replace(',', '').replace('ip', 'i').replace('port', 'p').replace('src', 's')}"
    sense = pick.choice(["upto", "above"])
    return f"-m hashlimit --hashlimit-{sense} {rate} --hashlimit-mode {modes} --hashlimit-name {name}"


RATES = (
    "1/minute --hashlimit-burst 2", "6/minute --hashlimit-burst 1", "1/hour --hashlimit-burst 3", "30/minute",
)  # fmt: skip


def _limit(pick: Random) -> str:
    return f"-m limit --limit {pick.choice(['1/min', '6/min', '1/hour', '20/min'])} --limit-burst {pick.randint(1, 4)}"


def _nth(pick: Random) -> str:
    every = pick.choice([2, 3, 4])
    return f"-m statistic --mode nth {_sense(pick)}--every {every} --packet {pick.choice([0, 1])}"


def _connlimit(pick: Random) -> str:
    relation, side = pick.choice(["above", "upto"]), pick.choice(["saddr", "daddr"])
    length = pick.choice([32, 24, 0])
    return f"-m connlimit --connlimit-{relation} {pick.randint(0, 2)} --connlimit-mask {length} --connlimit-{side}"


def _connbytes(pick: Random) -> str:
    interval, mode = pick.choice(["1:1", "2:3", "2", "40:200", "100"]), pick.choice(["packets", "bytes", "avgpkt"])
    side = pick.choice(["original", "reply", "both"])
    return f"-m connbytes {_sense(pick)}--connbytes {interval} --connbytes-mode {mode} --connbytes-dir {side}"


KINDS: list[Make] = [
    _limit,
    _limit,
    _hashlimit,
    _hashlimit,
    lambda pick: f"-m quota {_sense(pick)}--quota {pick.choice([0, 40, 100, 150, 1000])}",
    _nth,
    _nth,
    _recent,
    _recent,
    _recent,
]
TRACKED: list[Make] = [
    _connlimit,
    _connbytes,
    lambda pick: f"-m connlabel {_sense(pick)}--label {pick.choice([1, 5])}{pick.choice(['', ' --set'])}",
]


def matches(draft: Draft, place: Place) -> list[str]:
    """One of them; those of conntrack in half of the drafts only."""
    if place.family == 6 or not draft.chance(0.5):
        return []
    tracked = TRACKED if draft.seed % 2 and place.table != "raw" else []
    return [draft.random.choice(KINDS + tracked)(draft.random)]


def finish(draft: Draft) -> None:
    """Some packets come later."""
    now = 0.0
    later = []
    for packet in draft.packets:
        if draft.chance(0.3):
            now = round(now + draft.random.choice([1.3, 3.1, 4.7, 11.3, 31.9]), 1)
        # The same packet may be sent again.
        later.append({**packet, "at": now})
    draft.packets = later
