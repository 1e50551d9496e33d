"""`ipvsadm -L --timeout` and `ipvsadm -L --daemon`: what ipvsadm-save leaves out."""

from __future__ import annotations

import re
from ipaddress import ip_address

from lvsconf.findings import Problem
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipvs import SyncDaemon, Timeouts
from lvsconf.source import Source

TIMEOUT_EXPECTS = "the output of ipvsadm -L --timeout"
DAEMON_EXPECTS = "the output of ipvsadm -L --daemon, empty while no daemon runs"

_TIMEOUT = re.compile(r"[ \t]*Timeout \(tcp tcpfin udp\): +([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,10})[ \t]*")
_DAEMON = re.compile(r"[ \t]*(?P<state>master|backup) sync daemon \((?P<options>[^()]*)\)[ \t]*")
_NUMBERS = {"syncid": "syncid", "maxlen": "maxlen", "port": "port", "ttl": "ttl"}


def recognise_timeout(text: str) -> bool:
    """Whether this is the line of timeouts."""
    return text.lstrip().startswith("Timeout (tcp tcpfin udp):")


def recognise_daemon(text: str) -> bool:
    """Whether this is a list of sync daemons."""
    return bool(re.match(r"\s*(?:master|backup) sync daemon \(", text))


def read_timeout(source: Source) -> tuple[Timeouts | None, tuple[Problem, ...]]:
    """The timeouts in seconds, None when there are none."""
    timeouts: Timeouts | None = None
    problems = []
    for number, text in enumerate(source.lines, 1):
        found = _TIMEOUT.fullmatch(text)
        if found is not None:
            timeouts = Timeouts(*map(int, found.groups()))
        elif text.strip():
            problems.append(Problem("LVS030", "this is no line of timeouts", source.span(number)))
    return timeouts, tuple(problems)


def read_daemon(source: Source) -> tuple[tuple[SyncDaemon, ...], tuple[Problem, ...]]:
    """The daemons that run; an empty file says that none does."""
    daemons = []
    problems = []
    for number, text in enumerate(source.lines, 1):
        found = _DAEMON.fullmatch(text)
        if found is None:
            if text.strip():
                problems.append(Problem("LVS030", "this is no line about a sync daemon", source.span(number)))
            continue
        given: dict[str, object] = {}
        column = found.start("options") + 1
        for word in found["options"].split(","):
            name, _, value = word.strip().partition("=")
            start = column + len(word) - len(word.lstrip())
            column += len(word) + 1
            try:
                given |= _option(name, value)
            except ValueError as error:
                place = source.span(number, start, start + len(word.strip()))
                problems.append(
                    Problem("LVS030", str(error), place, help=suggestion(name, (*_NUMBERS, "mcast", "group")))
                )
        daemons.append(SyncDaemon(found["state"], span=source.span(number), **given))  # type: ignore[arg-type]
    return tuple(daemons), tuple(problems)


def _option(name: str, value: str) -> dict[str, object]:
    if name == "mcast":
        return {"interface": value}
    if name == "group":
        return {"group": ip_address(value)}
    if name not in _NUMBERS:
        raise ValueError(f"`{name[:80]}` is nothing that a sync daemon has")
    if not value.isascii() or not value.isdigit() or len(value) > 10:
        raise ValueError(f"{value[:80]!r} is no number")
    return {_NUMBERS[name]: int(value)}
