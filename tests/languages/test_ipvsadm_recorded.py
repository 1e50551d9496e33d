"""The reader accepts and refuses what ipvsadm and real kernels did, and knows what they then had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lvsconf.languages import ipvsadm
from lvsconf.languages.ipvsadm import listing, states
from lvsconf.languages.ipvsadm.format import format_source, selector, server_words, service_words
from lvsconf.languages.ipvsadm.invocation import HARMLESS
from lvsconf.languages.ipvsadm.services import Tables
from lvsconf.model.ipvs import ForwardingMethod, VirtualService
from lvsconf.source import Source
from tests.lab.kernels import image
from tests.languages.ipvsadm_lines import groups
from tests.languages.ipvsadm_recording import KERNELS, PATH, SHOWN, Recorded, parse, record

RECORDED = parse(PATH.read_text(encoding="utf-8"))
each_group = pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.group.name)

NO_DAEMON = "--start-daemon master\n--stop-daemon master\n"
"""Unlike a file's reader, a fresh kernel knows that no daemon runs."""


def read(lines: list[str]) -> tuple[Tables, list[str]]:
    """What the lines leave behind, and what is refused of the last."""
    tables, problems = ipvsadm.read(Source("f", NO_DAEMON + "".join(f"{line}\n" for line in lines)))
    last = len(lines) + NO_DAEMON.count("\n")
    return tables, [item.message for item in problems if item.span.line == last and item.code not in HARMLESS]


def accepted(recorded: Recorded) -> list[str]:
    return [line for line, status in zip(recorded.group.lines, recorded.statuses, strict=True) if status == 0]


@each_group
def test_each_line_is_accepted_or_refused_as_it_was(recorded: Recorded) -> None:
    done: list[str] = []
    for line, status in zip(recorded.group.lines, recorded.statuses, strict=True):
        refused = read([*done, line])[1]
        assert bool(refused) == (status != 0), f"{line}: ipvsadm ended with {status}, here {refused}"
        if status == 0:
            done.append(line)


def printed(service: VirtualService) -> list[str]:
    """The lines of `ipvsadm -S -n`, which forgets the thresholds."""
    head = selector(service.key)
    servers = (replace(server, upper=0, lower=0) for server in service.servers)
    lines = [["-A", *head, *service_words(service)], *(["-a", *head, *server_words(server)] for server in servers)]
    return [" ".join(words) for words in lines]


def as_saved(text: str) -> list[str]:
    """Its lines in any order; a mark above 2147483647 is not what it looks like."""
    return sorted(line.rstrip().replace("-f -1", "-f 4294967295") for line in text.splitlines() if line.strip())


@each_group
def test_what_is_saved_in_the_end(recorded: Recorded) -> None:
    tables, _ = read(accepted(recorded))
    expected = as_saved(recorded.shown["ipvsadm -S -n"])
    mine = sorted(line for service in tables.services for line in printed(service))
    # flag-3 has no name in sh and mh: ipvsadm saves nothing of it, not even a line that it could load again.
    mine = [line.replace(" -b flag-3", " -b") if " -s sh" in line or " -s mh" in line else line for line in mine]
    mine = [line.replace("-port,flag-3", "-port") for line in mine]
    assert mine == expected


@each_group
def test_formatting_changes_nothing_but_the_form(recorded: Recorded) -> None:
    text = "".join(f"{line}\n" for line in accepted(recorded))
    formatted = format_source(Source("f", text))
    assert format_source(Source("f", formatted)) == formatted
    before, after = (ipvsadm.read(Source("f", each))[0] for each in (text, formatted))
    for one, two in zip(before.services, after.services, strict=True):
        assert comparable(one) == comparable(two)
    assert before.timeouts == after.timeouts
    daemons = [[replace(each, span=None) for each in tables.daemons or ()] for tables in (before, after)]
    assert daemons[0] == daemons[1]


def comparable(service: VirtualService, **changes: object) -> tuple[object, ...]:
    """A service without its places, and its servers by address."""
    servers = sorted(
        (replace(server, span=None, tunnel_checksum=None, **changes) for server in service.servers),  # type: ignore[arg-type]
        key=lambda server: (str(server.address), server.port),
    )
    mask = service.netmask if service.persistent is not None else None
    full = (
        128
        if getattr(service.key, "family", 0) == 6 or ":" in service.name.split()[1].rpartition(":")[0]
        else 2**32 - 1
    )
    flags = tuple(flag for flag in service.flags if flag != "flag-3" or service.scheduler not in ("sh", "mh"))
    engine = service.engine if service.persistent is not None else None
    return (service.key, service.scheduler, service.persistent, None if mask == full else mask, service.one_packet,
            engine, flags, servers)  # fmt: skip


@each_group
def test_what_is_listed_in_the_end(recorded: Recorded) -> None:
    tables, _ = read(accepted(recorded))
    found, problems = listing.read(Source("f", recorded.shown["ipvsadm -L -n --tun-info"]))
    assert not problems
    assert found.services is not None
    by_name = sorted(found.services, key=lambda service: str(service.key))
    mine = sorted(tables.services, key=lambda service: str(service.key))
    local = {str(server.address) for server in (each for service in mine for each in service.servers)} & {
        "127.0.0.1",
        "::1",
    }
    for one, two in zip(mine, by_name, strict=True):
        if any(str(server.address) in local for server in one.servers):
            continue  # listed as Local, whatever the method
        assert comparable(one, upper=0, lower=0) == comparable(two)


@each_group
def test_thresholds_in_the_end(recorded: Recorded) -> None:
    tables, _ = read(accepted(recorded))
    table, problems = listing.read_thresholds(Source("f", recorded.shown["ipvsadm -L -n --thresholds"]))
    assert not problems
    assert table == {
        (service.key, (str(server.address), server.port)): (server.upper, server.lower)
        for service in tables.services
        for server in service.servers
    }


@each_group
def test_timeouts_and_daemons_in_the_end(recorded: Recorded) -> None:
    tables, _ = read(accepted(recorded))
    timeouts, problems = states.read_timeout(Source("f", recorded.shown["ipvsadm -L --timeout"]))
    assert not problems
    assert timeouts is not None
    asked = tables.timeouts
    if asked is not None:
        shown = (timeouts.tcp, timeouts.tcp_fin, timeouts.udp)
        asked_for = (asked.tcp, asked.tcp_fin, asked.udp)
        assert all(mine in (0, real) for mine, real in zip(asked_for, shown, strict=True))
    daemons, problems = states.read_daemon(Source("f", recorded.shown["ipvsadm -L --daemon"]))
    assert not problems
    assert sorted(daemon.state for daemon in daemons) == sorted(daemon.state for daemon in tables.daemons or ())
    for daemon in tables.daemons or ():
        real = next(each for each in daemons if each.state == daemon.state)
        for name in ("interface", "syncid", "maxlen", "group", "port", "ttl"):
            if getattr(daemon, name):
                assert getattr(real, name) == getattr(daemon, name)


def test_the_recording_is_of_the_lines_as_they_are() -> None:
    assert [each.group for each in RECORDED] == groups(), "python -m tests.languages.ipvsadm_recording"
    assert all(set(each.shown) == set(SHOWN) for each in RECORDED)
    statuses = [status for each in RECORDED for status in each.statuses]
    assert len(statuses) > 2500
    assert 0.25 < statuses.count(0) / len(statuses) < 0.7
    methods = {
        server.method for each in RECORDED for item in read(accepted(each))[0].services for server in item.servers
    }
    assert methods == set(ForwardingMethod)


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_still_does_what_is_recorded(kernel: str) -> None:
    image(kernel, f"{len(RECORDED)} groups of lines")
    assert record([each.group for each in RECORDED], kernel) == RECORDED
