"""sysctl.conf: its lines, and its values against what real kernels took for them."""

from __future__ import annotations

import re

import pytest

from lvsconf.kernel import eras
from lvsconf.languages import sysctl
from lvsconf.languages.sysctl import table
from lvsconf.model.host import Setting
from lvsconf.source import Source, Span
from tests.lab.kernels import image
from tests.languages.sysctl_recording import KERNELS, PATH, Recorded, asked, parse, record

RECORDED = parse(PATH.read_text(encoding="utf-8"))
each_key = pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: f"{recorded.kernel} {recorded.key}")

LAB_SETS = {"net.ipv4.icmp_msgs_per_sec", "net.ipv4.icmp_ratelimit"}
READ_ONLY = {"net.netfilter.nf_conntrack_max"}
"""Outside the first namespace."""


def read(text: str):
    return sysctl.read(Source("f", text))


def told(text: str) -> list[tuple[str, int, int, int, str]]:
    return [(item.code, item.span.line, item.span.column, item.span.end_column, item.help) for item in read(text)[1]]


# -- against the kernels ---------------------------------------------------------------------------------------------


def depends_on_the_machine(key: str, value: str) -> bool:
    """Values whose fate the key alone does not settle."""
    if key.endswith("est_cpulist"):  # the guest has one processor
        return True
    if key.endswith("ip_unprivileged_port_start"):  # below ip_local_port_range
        return value == "65535"
    if key.endswith("icmp_ratelimit"):  # milliseconds: a number too low for an int comes out as a large one
        return value == "-2147483649"
    return key in READ_ONLY


@each_key
def test_values(recorded: Recorded) -> None:
    key = table.find(recorded.key)
    assert key is not None
    for value, real in recorded.taken.items():
        if depends_on_the_machine(recorded.key, value):
            continue
        try:
            mine = key.printed(value)
        except ValueError:
            mine = None
        if recorded.key.endswith("icmp_ratelimit") and real is not None:
            mine, real = "taken" if mine is not None else None, "taken"  # rounded up to jiffies
        if mine == "2" and key.name.endswith(("drop_entry", "drop_packet", "secure_tcp")):
            mine = "1"  # the kernel itself turns one into the other
        assert mine == real, (value, mine, real)


@each_key
def test_defaults(recorded: Recorded) -> None:
    key = table.find(recorded.key)
    assert key is not None
    if key.name not in LAB_SETS and key.default is not None:
        default = key.default if isinstance(key.default, tuple) else (key.default,)
        assert recorded.default == "\t".join(map(str, default))


@pytest.mark.parametrize("kernel", KERNELS)
def test_which_kernels_have_a_key(kernel: str) -> None:
    there = {each.key for each in RECORDED if each.kernel == kernel}
    built_without = {"net.ipv4.vs.debug_level"}
    for name in asked():
        key = table.find(name)
        assert key is not None
        if name not in built_without and key.first is not None:
            assert table.exists(key, kernel) is (name in there), name


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_still_does_what_is_recorded(kernel: str) -> None:
    image(kernel, f"the values of {len(asked())} keys")
    now = {each.key: each.taken for each in record(kernel)}
    assert now == {each.key: each.taken for each in RECORDED if each.kernel == kernel}


# -- the table -------------------------------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    for name, key in table.table().items():
        assert key.values in {"flag", "integer", "power", "threshold", "seconds", "unsigned", "cpus"}
        assert key.combine in {None, "max", "or", "device"}
        assert (key.combine is not None) is ("*" in name)
        assert re.fullmatch(r"[A-Z][^\n]*\.", key.effect), name
        assert key.source
        if isinstance(key.default, int):
            assert key.parse(str(key.default)) == (key.default,)


@pytest.mark.parametrize(
    ("name", "release", "there"),
    [
        ("conn_reuse_mode", "3.10.0-1160.el7", False),
        ("conn_reuse_mode", "4.1", None),
        ("conn_reuse_mode", "4.4.0", True),
        ("conn_reuse_mode", "6.1.0-26-amd64", True),
        ("conn_reuse_mode", "2.6.18-8.el5", False),
        ("conntrack", "2.6.32", False),
        ("conntrack", "2.6.36", None),
        ("conntrack", "3.2", True),
        ("est_nice", "6.1.0", False),
        ("est_nice", "6.6", None),
        ("est_nice", "7.0", True),
        ("am_droprate", "2.4.20", True),
        ("timeout_close", "2.4.37", True),
        ("timeout_close", "2.6.0", None),
        ("timeout_close", "2.6.18", False),
        ("timeout_close", "6.1", False),
        ("conntrack", "unheard-of", None),
    ],
)
def test_existence(name: str, release: str, there: bool | None) -> None:
    assert table.exists(table.table()[f"net.ipv4.vs.{name}"], release) is there


def test_defaults_that_the_engine_asks_for_are_there() -> None:
    assert table.default("net.ipv4.vs.conn_reuse_mode") == 1
    assert table.default("net.ipv4.conf.eth0/1.send_redirects") == 1
    with pytest.raises(KeyError):
        table.default("net.ipv4.vs.sync_qlen_max")
    assert eras.load(eras.NEWEST)


# -- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("net.ipv4.vs.drop_entry = 7", ("LVS047", 26, 27, "")),
        ("net.ipv4.vs.sync_ports=3", ("LVS047", 24, 25, "")),
        ("net.ipv4.vs.sync_threshold = 50 3 ", ("LVS047", 30, 34, "")),
        ("net.ipv4.vs.conntrack = on", ("LVS047", 25, 27, "")),
        ("net.ipv4.vs.conntrack =", ("LVS047", 23, 24, "")),
        ("-net/ipv4/vs/secure_tcp = 4", ("LVS047", 27, 28, "")),
        ("net.ipv4.conf.eth0.rp_filter = yes", ("LVS047", 32, 35, "")),
        ("net.ipv4.conf.*.rp_filter = yes", ("LVS047", 29, 32, "")),
        ("net.ipv4.vs.contrack = 1", ("LVS048", 1, 21, "did you mean `conntrack`?")),
        ("net/ipv4/vs/frobnicate = 1", ("LVS048", 1, 23, "")),
        ("-net.ipv4.vs.contrack = 1", None),
        ("net.ipv4.vs.conntrack = 1 # as the firewall wants", None),
        ("net.ipv4.vs.sync_threshold = 3", None),
        ("net.ipv4.vs.sync_threshold = 0 0", None),
        ("kernel.frobnicate = yes", None),
    ],
)
def test_a_value_or_a_key(line: str, expected: tuple[str, int, int, str] | None) -> None:
    found = told(f"net.ipv4.ip_forward = 1\n{line}\n")
    assert found == ([] if expected is None else [(expected[0], 2, *expected[1:])])


def test_a_refused_value_changes_nothing() -> None:
    settings, problems = read("net.ipv4.vs.drop_entry = 1\nnet.ipv4.vs.drop_entry = 9\nnet.ipv4.vs.secure_tcp = x\n")
    assert [problem.span.line for problem in problems] == [2, 3]
    assert settings == {"net.ipv4.vs.drop_entry": Setting("1", Span("f", 1, 1, 1, 27))}


def test_patterns() -> None:
    settings, problems = read(
        "net.ipv4.conf.*.rp_filter = 2\nnet.ipv4.conf.eth1.rp_filter = 1\n-net.ipv4.conf.lo.rp_filter\n"
        "net/ipv4/conf/eth?/arp_ignore=1\nnet.ipv4.conf.*.arp_ignore = 2\nnet.ipv4.conf.eth[0-1].log_martians = 1\n"
    )
    assert not problems
    values = {
        device: settings[f"net.ipv4.conf.{device}.rp_filter"].value
        for device in ("all", "eth0", "eth0/1", "eth1", "lo")
        if f"net.ipv4.conf.{device}.rp_filter" in settings
    }
    assert values == {"all": "2", "eth0": "2", "eth0/1": "2", "eth1": "1"}
    assert settings["net.ipv4.conf.eth0.arp_ignore"].value == "2"
    assert "net.ipv4.conf.eth2.log_martians" not in settings
    assert "net.ipv4.conf.a.b.rp_filter" not in settings
    assert list(settings) == ["net.ipv4.conf.eth1.rp_filter"]


def test_a_kernel_without_the_key() -> None:
    settings, _ = read("net.ipv4.vs.sloppy_tcp = 1\nnet/ipv4/vs/timeout_udp = 1\nnet.ipv4.vs.conntrack = 1\n")
    found = sysctl.foreign(settings, "3.10.0")
    assert [(item.code, item.span) for item in found] == [
        ("LVS049", Span("f", 1, 1, 1, 23)),
        ("LVS049", Span("f", 2, 1, 2, 24)),
    ]
    assert [item.span.line for item in sysctl.foreign(settings, "6.1.0")] == [2]
    assert not sysctl.foreign(settings, "no release")


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("net.ipv4.vs.sync_threshold=3   50", "net.ipv4.vs.sync_threshold = 3\t50"),
        ("net.ipv4.vs.conn_reuse_mode = 0x3", "net.ipv4.vs.conn_reuse_mode = 3"),
        ("net.ipv4.vs.conntrack = 1 # why", "net.ipv4.vs.conntrack = 1"),
        ("net.ipv4.vs.conntrack = maybe", "net.ipv4.vs.conntrack = maybe"),
        ("net/ipv4/conf/*/rp_filter = 01", "net.ipv4.conf.*.rp_filter = 1"),
        ("  -net/ipv4/conf/lo/rp_filter ", "-net.ipv4.conf.lo.rp_filter"),
        ("net.ipv4.vs.est_cpulist = 0-3", "net.ipv4.vs.est_cpulist = 0-3"),
    ],
)
def test_printed(line: str, printed: str) -> None:
    assert sysctl.format_source(Source("f", line + "\n")) == printed + "\n"
    assert sysctl.format_source(Source("f", printed + "\n")) == printed + "\n"
