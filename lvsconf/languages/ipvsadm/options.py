"""ipvsadm's commands and options as data (ipvsadm 1.31): what takes a value, and what goes with what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Takes(Enum):
    """Whether an option has a value."""

    NOTHING = "no value"
    VALUE = "a value"
    PERHAPS = "a value or none"


@dataclass(frozen=True, slots=True)
class Option:
    """One option. Options of one `column` exclude each other and count as one to the commands; "" goes anywhere."""

    name: str
    letters: str = ""
    takes: Takes = Takes.NOTHING
    column: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """How it may be written."""
        return (*(f"-{letter}" for letter in self.letters), f"--{self.name}")


@dataclass(frozen=True, slots=True)
class Command(Option):
    """A command: the columns that it needs and may have, and those of which it takes one only."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()

    @property
    def takes_columns(self) -> frozenset[str]:
        """All columns that are legal."""
        return self.needs | self.may | self.one_of


def _columns(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SERVICE = _columns("scheduler persistent netmask ops pe sched-flags")
_SERVER = _columns("forwarding weight u-threshold l-threshold tun-type tun-port tun-nocsum tun-csum tun-remcsum")
_LISTING = _columns("numeric stats rate thresholds persistent-conn nosort exact tun-info syncid")
_DAEMON = _columns("mcast-interface syncid mcast-group mcast-port mcast-ttl sync-maxlen")

COMMANDS = {
    command.name: command
    for command in (
        Command("add-service", "A", needs=_columns("service"), may=_SERVICE),
        Command("edit-service", "E", needs=_columns("service"), may=_SERVICE),
        Command("delete-service", "D", needs=_columns("service")),
        Command("clear", "C"),
        Command("add-server", "a", needs=_columns("service server"), may=_SERVER),
        Command("edit-server", "e", needs=_columns("service server"), may=_SERVER),
        Command("delete-server", "d", needs=_columns("service server")),
        Command("list", "Ll", may=_LISTING, one_of=_columns("connection service timeout daemon")),
        Command("zero", "Z", may=_columns("service")),
        Command("save", "S", may=_columns("numeric")),
        Command("restore", "R"),
        Command("set"),
        Command("start-daemon", takes=Takes.VALUE, may=_DAEMON),
        Command("stop-daemon", takes=Takes.VALUE, may=_columns("syncid")),
        Command("help", "h"),
        Command("version", "v"),
    )
}
"""The table of commands and options in ipvsadm.c, commands_v_options."""

_VALUE, _PERHAPS = Takes.VALUE, Takes.PERHAPS

OPTIONS = {
    option.name: option
    for option in (
        Option("tcp-service", "t", _VALUE, "service"),
        Option("udp-service", "u", _VALUE, "service"),
        Option("sctp-service", "", _VALUE, "service"),
        Option("fwmark-service", "f", _VALUE, "service"),
        Option("ipv6", "6"),
        *(Option(name, letter, _VALUE, name) for name, letter in (("scheduler", "s"), ("netmask", "M"), ("pe", ""))),
        Option("persistent", "p", _PERHAPS, "persistent"),
        Option("ops", "o", column="ops"),
        Option("sched-flags", "b", _VALUE, "sched-flags"),
        Option("real-server", "r", _VALUE, "server"),
        *(
            Option(name, letter, column="forwarding")
            for name, letter in (("gatewaying", "g"), ("ipip", "i"), ("masquerading", "m"))
        ),
        *(
            Option(name, letter, _VALUE, name)
            for name, letter in (("weight", "w"), ("u-threshold", "x"), ("l-threshold", "y"))
        ),
        *(Option(name, "", _VALUE, name) for name in ("tun-type", "tun-port")),
        *(Option(name, column=name) for name in ("tun-nocsum", "tun-csum", "tun-remcsum")),
        *(Option(name, "", _VALUE, name) for name in sorted(_DAEMON)),
        Option("numeric", "n", column="numeric"),
        Option("connection", "c", column="connection"),
        Option("exact", "X", column="exact"),
        *(Option(name, column=name) for name in ("timeout", "daemon", "stats", "rate", "thresholds")),
        *(Option(name, column=name) for name in ("persistent-conn", "tun-info", "nosort")),
        Option("sort"),
    )
}

BY_WORD: dict[str, Option] = {
    word: option for option in (*COMMANDS.values(), *OPTIONS.values()) for word in option.words
}
"""Every way to write a command or an option; there are no abbreviations."""

TUNNELS = {
    "ipip": Command("ipip"),
    "gue": Command("gue", needs=_columns("tun-port"), one_of=_columns("tun-nocsum tun-csum tun-remcsum")),
    "gre": Command("gre", one_of=_columns("tun-nocsum tun-csum")),
}
"""The table of tunnel types and options in ipvsadm.c, tunnel_types_v_options."""

TUNNEL_COLUMNS = _columns("tun-type tun-port tun-nocsum tun-csum tun-remcsum")
EXCLUSIVE_LISTINGS = (
    (_columns("connection timeout daemon"), _columns("stats rate thresholds")),
    (_columns("timeout daemon"), _columns("persistent-conn")),
)
"""Columns of `--list` that don't go together, beyond the table (ipvsadm.c, process_options)."""
