"""Which options go with which command, and with which tunnel: the tables of options.py, asked about one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvsconf.languages.ipvsadm.options import COMMANDS, EXCLUSIVE_LISTINGS, OPTIONS, TUNNEL_COLUMNS, TUNNELS
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.source import Span

Fault = tuple[str, Span | None]
"""What is wrong, and where; None is the whole line."""


def column_faults(command: str, places: Mapping[str, Span]) -> Iterator[Fault]:
    """What the table of commands refuses; `places` tells where the option of a column is written."""
    table = COMMANDS[command]
    named = table.words[0]
    for column in sorted(table.needs - places.keys()):
        yield f"`{named}` needs {_written(column)}", None
    columns = [column for column in places if _is_column(column)]
    for column in columns:
        if column not in table.takes_columns:
            yield f"`{_written(column)}` does not go with `{named}`", places[column]
    exclusive = [column for column in columns if column in table.one_of]
    if len(exclusive) > 1:
        yield _together(exclusive), places[exclusive[1]]
    if command == "list":
        for these, those in EXCLUSIVE_LISTINGS:
            pair = [column for column in columns if column in these] + [column for column in columns if column in those]
            if these & places.keys() and those & places.keys():
                yield _together([pair[0], pair[-1]]), places[pair[-1]]


def tunnel_faults(tunnel: str, method: ForwardingMethod, places: Mapping[str, Span]) -> Iterator[Fault]:
    """What the table of tunnels refuses."""
    given = [column for column in places if column in TUNNEL_COLUMNS]
    if method is not ForwardingMethod.TUN:
        if given:
            yield f"`--{given[0]}` goes with a tunnel (-i) only", places[given[0]]
        return
    table = TUNNELS[tunnel]
    for column in sorted(table.needs - places.keys()):
        yield f"a {tunnel} tunnel needs `--{column}`", places.get("tun-type")
    for column in given:
        if column != "tun-type" and column not in table.takes_columns:
            article = "an" if tunnel == "ipip" else "a"
            yield f"{article} {tunnel} tunnel knows no `--{column}`", places[column]
    exclusive = [column for column in given if column in table.one_of]
    if len(exclusive) > 1:
        yield _together(exclusive), places[exclusive[1]]


def _is_column(name: str) -> bool:
    return any(option.column == name for option in OPTIONS.values())


def _written(column: str) -> str:
    words = [option.words[0] for option in OPTIONS.values() if option.column == column]
    return " or ".join(words)


def _together(columns: list[str]) -> str:
    first, second = (_written(column) for column in columns[:2])
    return f"`{first}` and `{second}` don't go together"
