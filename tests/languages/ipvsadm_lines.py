"""Lines for ipvsadm, made from its option tables: every command with every option, and random sequences."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lvsconf.languages.ipvsadm.options import COMMANDS, OPTIONS, Command, Option, Takes

SKIPPED = ("help", "version", "restore")
"""Commands that end the reading of a file."""

SETUP = (
    "-A -t 192.0.2.10:80 -s wlc",
    "-A -f 1 -6",
    "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 1",
    "-a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 1",
)
BEFORE: dict[str, tuple[str, ...]] = {
    "add-service": ("-D -t 192.0.2.10:80", "-D -f 1 -6"),
    "add-server": ("-d -t 192.0.2.10:80 -r 10.0.0.1:80",),
    "delete-service": SETUP,
    "delete-server": SETUP,
    "clear": SETUP,
    "start-daemon": ("--stop-daemon master",),
    "stop-daemon": ("--start-daemon master",),
}
"""What makes a command of the matrix possible again."""

NUMBERS = ("0", "1", "-1", "+7", "007", "65535", "65536", "2147483647", "2147483648", "99999999999999999999", "x", "1x")
VALUES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tcp-service": (
        ("192.0.2.10:80", "192.0.2.11:http", "[2001:db8::10]:80", "192.0.2.12:0", "192.0.2.13", "192.2562:+80"),
        (
            "10.1:080", "010.0.0.1:1", "0x7f.2:65535", "0.0.0.0:7", "[::]:7", "[::ffff:192.0.2.1]:80", "[::c000:201]:9",
            "80", "192.0.2.10:", "192.0.2.10:65536", "192.0.2.10:0x50", "300.1.1.1:80", "2001:db8::10",
            "[192.0.2.10]:80",
            "2001:db8::10:80", "[2001:db8::10]", "[2001:db8::10]:", "[2001:db8::10:80", "[fe80::1%eth0]:80", ":80",
            "192.0.2.10:domain:x", "192.0.2.10:nosuchservice", "192.0.2.10:-0",
        ),
    ),
    "udp-service": (("192.0.2.10:53", "192.0.2.11:domain"), ("192.0.2.10:http", "192.0.2.10:-1")),
    "sctp-service": (("192.0.2.10:80",), ("192.0.2.10:http",)),
    "fwmark-service": (("1", "2"), ("0", "-1", "+3", "010", "0x10", "4294967295", "4294967296", "one")),
    "scheduler": (("rr", "wlc", "sh", "mh"),
                  ("wrr", "lc", "lblc", "lblcr", "dh", "sed", "nq", "fo", "ovf", "none", "WLC", "wlcc")),
    "persistent": (("300",), ("0", "1", "2678400", "2678401", "+9", "x", "1.5")),
    "netmask": (("255.255.255.0", "64"), ("24", "255.255.0.255", "0.0.0.0", "255.255", "129", "128", "300.1.1.1", "x")),
    "pe": (("sip",), ("none", "SIP")),
    "sched-flags": (
        ("sh-port", "mh-fallback,mh-port", "flag-1"),
        ("flag-2,flag-1,flag-3", "flag-4", "sh-fallback,", ",sh-port", "sh-port,sh-port", "port"),
    ),
    "real-server": (
        ("10.0.0.1:80", "10.0.0.2:8080", "10.0.0.3", "2001:db8::2", "[2001:db8::3]:81"),
        (
            "10.0.0.4:http", "10.0.0.4:0", "127.0.0.1:80", "224.0.0.1", "255.255.255.255", "0.0.0.0", "240.0.0.1:80",
            "fe80::1", "ff02::1", "::1", "::", "::ffff:10.0.0.1", "[2001:db8::3]", "10.0.0.5:65536", "7", "10.0.0.4:x",
        ),
    ),
    "weight": (("1", "5"), NUMBERS),
    "u-threshold": (("9",), NUMBERS),
    "l-threshold": (("0", "5"), NUMBERS),
    "tun-type": (("gue", "gre", "ipip"), ("GRE", "vxlan")),
    "tun-port": (("6080",), ("0", "1", "65535", "65536", "http")),
    "mcast-interface": (("eth0",), ()),
    "syncid": (("5",), ("0", "255", "256", "-1", "x")),
    "mcast-group": (("224.0.0.99",), ("10.0.0.1", "239.255.255.255", "ff02::1%eth0", "2001:db8::1", "x", "224.1")),
    "mcast-port": (("9000",), ("0", "65535", "65536")),
    "mcast-ttl": (("3",), ("0", "255", "256")),
    "sync-maxlen": (("1000",), ("0", "65507", "65508")),
    "start-daemon": (("master", "backup"), ("MASTER", "both")),
    "stop-daemon": (("master", "backup"), ("maste",)),
}  # fmt: skip
"""Of the options with a value: usual values, then odd ones and some that are refused."""


@dataclass(frozen=True)
class Group:
    """Lines for one fresh kernel, each given to an ipvsadm of its own."""

    name: str
    lines: tuple[str, ...]


def matrix() -> Iterator[Group]:
    """Each command with each option, and with each pair of options that may exclude each other."""
    for command in COMMANDS.values():
        if command.name in SKIPPED:
            continue
        needed = [_first(option) for column in _needs(command) for option in _of(column)[:1]]
        lines = [_line(command, needed)]
        lines += [_line(command, needed[:index] + needed[index + 1 :]) for index in range(len(needed))]
        for option in OPTIONS.values():
            with_mark = ["-f 1"] if option.name == "ipv6" and "service" in command.takes_columns else []
            others = [_first(each) for column in _needs(command) if column != "service" for each in _of(column)[:1]]
            lines.append(_line(command, [*(with_mark + others if with_mark else needed), _first(option)]))
        before = BEFORE.get(command.name, ())
        yield from _cut(f"table {command.name}", [each for line in lines for each in (*before, line)])
    yield from _cut("table list pairs", [_line(COMMANDS["list"], list(pair)) for pair in _pairs()])
    yield from _cut("table tunnels", list(_tunnels()))


def _pairs() -> Iterator[tuple[str, str]]:
    listing = COMMANDS["list"].one_of | {"stats", "rate", "thresholds", "persistent-conn", "numeric"}
    options = [option for option in OPTIONS.values() if option.column in listing]
    for index, one in enumerate(options):
        for other in options[index + 1 :]:
            yield _first(one), _first(other)


def _tunnels() -> Iterator[str]:
    start = "-a -t 192.0.2.10:80 -r 10.9.{}.1 {}"
    extras = ("", "--tun-port 1", "--tun-csum", "--tun-nocsum", "--tun-remcsum", "--tun-port 1 --tun-remcsum",
              "--tun-csum --tun-remcsum", "--tun-port 1 --tun-csum --tun-nocsum")  # fmt: skip
    kinds = ("-i", "-i --tun-type ipip", "-i --tun-type gue", "-i --tun-type gre", "-g", "-m --tun-type gre")
    for index, (kind, extra) in enumerate((kind, extra) for kind in kinds for extra in extras):
        yield start.format(index, f"{kind} {extra}").strip()


def values() -> Iterator[Group]:
    """Each option with each of its values, where it is at home."""
    for name, (usual, odd) in VALUES.items():
        option = {**COMMANDS, **OPTIONS}[name]
        command = option if isinstance(option, Command) else _home(option.column)
        lines = []
        for value in (*usual, *odd):
            rest = [_first(each) for column in _needs(command) for each in _of(column)[:1] if column != option.column]
            if name == "sched-flags":
                rest.append(f"-s {'sh' if 'sh' in value else 'mh'}")
            if name == "l-threshold":
                rest.append("-x 65535")
            if option.column.startswith("tun-"):
                rest.append("-i --tun-type gue" if name == "tun-port" else "-i")
            if command.name == "add-server" and name != "real-server":
                rest[-1 if len(rest) == 2 else 1] = f"-r 10.8.{len(lines)}.1"
            words = [f"--{name} {value}"] if isinstance(option, Command) else [*rest, f"{option.words[0]} {value}"]
            if name.endswith("-service"):
                lines += [_line(command, [*words, "-p"]), _line(COMMANDS["delete-service"], [words[-1]])]
            elif isinstance(option, Command):
                lines.append(words[0])
            else:
                lines.append(_line(command, words))
                if command.name == "add-service":
                    lines.append(_line(COMMANDS["delete-service"], [_first(OPTIONS["tcp-service"])]))
            if command.name == "start-daemon" and not isinstance(option, Command):
                lines.append("--stop-daemon master")
        yield from _cut(f"values {name}", lines)


def sequences(seeds: range) -> Iterator[Group]:
    """Random commands, each on what those before it left behind."""
    for seed in seeds:
        made = random.Random(seed)
        yield Group(f"seed {seed}", tuple(_random(made) for _ in range(30)))


def _random(made: random.Random) -> str:
    names = [name for name in COMMANDS if name not in (*SKIPPED, "list", "save")]
    weights = [{"add-service": 7, "add-server": 9, "edit-service": 4, "edit-server": 4}.get(name, 1) for name in names]
    command = COMMANDS[made.choices(names, weights)[0]]
    if command.name == "set":
        return "--set " + " ".join(made.choice(("0", "60", "900", "2678401")) for _ in range(3))
    words = []
    for column in sorted(command.needs):
        if made.random() < 0.97:
            words += [_chosen(made, made.choice(_of(column)))]
    for column in sorted(command.may):
        if made.random() < (0.04 if column.startswith("tun-") else 0.25):
            words += [_chosen(made, made.choice(_of(column)))]
    if made.random() < 0.05:
        words.append(_chosen(made, made.choice(list(OPTIONS.values()))))
    if made.random() < 0.15:
        made.shuffle(words)
    line = _line(command, words)
    if "-f " in line or "--fwmark-service" in line:
        line += made.choice(("", " -6", " -6"))
    slip = made.random()
    if slip < 0.02:
        return line.replace("--", "---", 1) if "--" in line else line + " extra"
    return line + " -z" if slip < 0.03 else line


def _chosen(made: random.Random, option: Option) -> str:
    word = made.choice(option.words)
    if option.takes is Takes.NOTHING or (option.takes is Takes.PERHAPS and made.random() < 0.3):
        return word
    usual, odd = VALUES[option.name]
    value = made.choice(odd if made.random() < 0.06 else usual)
    # popt takes a value after a blank, after `=`, and right after a letter.
    return word + made.choice((" ", " ", " ", "=", "" if len(word) == 2 else "=")) + value


def _line(command: Option, words: list[str]) -> str:
    first = {"set": "--set 1 2 3"}.get(command.name, command.words[0])
    if command.name in ("start-daemon", "stop-daemon"):
        first += " master"
    return " ".join([first, *words])


def _first(option: Option) -> str:
    return f"{option.words[0]} {VALUES[option.name][0][0]}" if option.name in VALUES else option.words[0]


def _needs(command: Command) -> list[str]:
    return sorted(command.needs, reverse=True)


def _of(column: str) -> list[Option]:
    return [option for option in OPTIONS.values() if option.column == column]


def _home(column: str) -> Command:
    homes = ("add-service", "add-server", "start-daemon")
    return next(COMMANDS[name] for name in homes if column in COMMANDS[name].takes_columns)


def _cut(name: str, lines: list[str]) -> Iterator[Group]:
    """Groups of a few lines, each after the same start."""
    for start in range(0, len(lines), 40):
        yield Group(f"{name} {start // 40 + 1}", (*SETUP, *lines[start : start + 40]))


def groups() -> list[Group]:
    """All of them."""
    return [*matrix(), *values(), *sequences(range(1, 25))]
