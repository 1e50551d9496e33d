"""keepalived itself is asked: does `keepalived -t` complain of just those files that lvsconf finds a fault in?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lvsconf.gathering import decode
from lvsconf.languages.keepalived.reader import read
from lvsconf.source import Source

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus" / "keepalived"
FILES = sorted(CORPUS.glob("*"))
COMPLAINTS = {"LVS050", "LVS051", "LVS052", "LVS053"}
"""What keepalived complains of too; the other findings are lvsconf's own."""
LOGGED = ("there is no group", "is there already", "the group and its real servers")
"""Faults that keepalived, or the kernel, only logs when it runs."""


def accepts(tool: str, file: Path) -> tuple[bool, str]:
    command = [tool, "-t", "-i", "nobody", "-f", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except subprocess.TimeoutExpired:
        return False, "does not end"
    return done.returncode == 0, done.stderr


def complaints(text: str, name: str = "keepalived.conf") -> list[str]:
    _, problems = read(Source(name, text))
    return [
        f"{each.code} {each.span.line} {each.message}"
        for each in problems
        if each.code in COMPLAINTS and not any(words in each.message for words in LOGGED)
    ]


OF_ANOTHER_HOST = {
    "loong576__lvs-keepalived-install-k8s-HA-cluster__lvs-keepalived01_keepalived.conf": "no interface ens160 here",
    "loong576__lvs-keepalived-install-k8s-HA-cluster__lvs-keepalived02_keepalived.conf": "no interface ens160 here",
    "pqarmitage__keepalived-devel-tools__1773_keepalived.conf": "script security is not enabled",
    "pqarmitage__keepalived-devel-tools__configs_1773.conf": "script security is not enabled",
    "pqarmitage__keepalived-devel-tools__configs_1910.conf": "a mail server's name, script security",
    "pqarmitage__keepalived-devel-tools__configs_1910a.conf": "a mail server's name, script security",
    "pqarmitage__keepalived-devel-tools__configs_1910b.conf": "a mail server's name, script security",
    "pqarmitage__keepalived-devel-tools__configs_1910d.conf": "a mail server's name, script security",
    "pqarmitage__keepalived-devel-tools__configs_754b.conf": "script security is not enabled",
}
"""What keepalived refuses because of the machine it is tested on: nothing that the file tells."""

ENDS_EARLY = {
    "pqarmitage__keepalived-devel-tools__configs_notify1.conf",
    "pqarmitage__keepalived-devel-tools__configs_notify12.conf",
}
"""Files of several hosts whose network namespace depends on the config id: keepalived complains, and ends with 0."""

FAULTY = {
    "acassen__keepalived__keepalived_keepalived.conf": "a garp interval of 0",
    "acassen__keepalived__samples_keepalived.conf.SSL_GET": "AH with MASTER",
    "alibaba__LVS__doc_keepalived.conf.SYNOPSIS": "documentation",
    "alibaba__LVS__samples_keepalived.conf.HTTP_GET.port": "nb_get_retry is deprecated",
    "alibaba__LVS__samples_keepalived.conf.IPv6": "a brace is missing",
    "alibaba__LVS__samples_keepalived.conf.SMTP_CHECK": "lvs_id is unknown",
    "angeloyang__magic__lvs_keepalived.conf": "lvs_id, a method in lower case",
    "binbooo-LJC__keepalived__keepalived.conf": "persistence_timeout 0",
    "feiskyer__kubernetes-handbook__keepalived_keepalived.conf": "no such scheduler, nat_mask",
    "hbjoylee__lvs__backup_keepalived.conf": "nat_mask",
    "hbjoylee__lvs__master_keepalived.conf": "nat_mask",
    "hezk__hzkvectory__keepalived_keepalived.conf.bak": "nat_mask",
    "iqiyi__dpvs__containerized_keepalived.conf": "another load balancer's configuration",
    "khosrow__lvsm__etc_keepalived.conf": "nb_get_retry is deprecated",
    "poeao__HaitaoRepos__lvs_keepalived_lvs.conf": "an empty block",
    "pqarmitage__keepalived-devel-tools__configs_1139b.conf": "persistence_timeout 0",
    "pqarmitage__keepalived-devel-tools__configs_1191.conf": "nb_get_retry is deprecated",
    "pqarmitage__keepalived-devel-tools__configs_1711.conf": "a service without real servers",
    "pqarmitage__keepalived-devel-tools__configs_1910c.conf": "text that is no configuration",
    "pqarmitage__keepalived-devel-tools__configs_2067.conf": "no address, a brace is missing",
    "pqarmitage__keepalived-devel-tools__configs_876a.conf": "no such state",
    "pqarmitage__keepalived-devel-tools__configs_bfd_616.conf": "a quorum above the weights",
    "pqarmitage__keepalived-devel-tools__configs_r_exec.conf": "0 repeats",
    "pqarmitage__keepalived-devel-tools__ipvsconffiles_so1-cmsi.conf": "timeout is unknown",
    "troglobit__keepalived__doc_keepalived.conf.SYNOPSIS": "documentation",
    "zznan0o0__AutoInstallShell__lvs_keepalived_test.conf": "nat_mask",
}


@pytest.mark.oracle
@pytest.mark.skipif(not FILES, reason="no corpus here: keepalived's files not tried")
@pytest.mark.parametrize("path", FILES or [None], ids=lambda path: "none" if path is None else path.name)
def test_the_corpus(path: Path, tool):
    good, said = accepts(tool("keepalived"), path)
    found = complaints(decode(path.read_bytes()), path.name)
    if path.name in OF_ANOTHER_HOST:
        assert not good
        assert found == []
    elif path.name not in ENDS_EARLY:
        assert good == (not found), (found, said)
    assert bool(found) == (path.name in FAULTY)


# -- generated configurations ---------------------------------------------------------------------------------

ADDRESSES = ("10.0.0.2", "10.0.0.3", "10.0.0.4", "2001:db8::2", "10.0.0.300", "web1", "10.0.0.0/8")
PORTS = ("80", "8080", "0", "", "65536", "http")
METHODS = ("NAT", "DR", "TUN", "nat", "TUN type gue", "TUN type gue port 6080", "TUN type gre csum", "DR port 80",
           "TUN type ipip csum", "TUN type gre remcsum", "TUN nocsum")  # fmt: skip
NUMBERS = ("0", "1", "3", "-1", "2147483647", "2147483648", "4294967296", "x", "", "1 2", "0x10", '" 5"')
TIMES = ("0", "1", "0.5", "3.0000001", "-1", "1e3", "", ".5", "x")
BOOLEANS = ("", "on", "off", "yes", "nope", "TRUE")

VALUES = st.sampled_from
REAL = st.one_of(
    VALUES(NUMBERS).map("weight {}".format),
    VALUES(METHODS).map("lvs_method {}".format),
    VALUES(NUMBERS).map("uthreshold {}".format),
    VALUES(NUMBERS).map("lthreshold {}".format),
    VALUES(BOOLEANS).map("inhibit_on_failure {}".format),
    VALUES(BOOLEANS).map("alpha {}".format),
    VALUES(TIMES).map("delay_loop {}".format),
    VALUES(("wieght 1", "notify_up", "TCP_CHECK {\n connect_timeout 3\n}", "TCP_CHECK {\n conect_port 3\n}",
            "HTTP_GET {\n url {\n path /\n status_code 200\n }\n}", "virtualhost a b", "PING_CHECK {\n}")),
)  # fmt: skip
SERVER = st.tuples(VALUES(ADDRESSES), VALUES(PORTS), st.lists(REAL, max_size=3)).map(
    lambda item: f"real_server {item[0]} {item[1]} {{\n" + "".join(f" {line}\n" for line in item[2]) + "}"
)
GOOD_SERVER = VALUES(("10.0.0.2", "10.0.0.3")).map("real_server {} 80 {{\n weight 1\n}}".format)
OPTION = st.one_of(
    VALUES(("rr", "wlc", "sh", "mh", "fifo", "")).map("lb_algo {}".format),
    VALUES(METHODS).map("lb_kind {}".format),
    VALUES(("TCP", "udp", "SCTP", "icmp", "")).map("protocol {}".format),
    VALUES(("ops", "sh-port", "mh-fallback", "flag-1", "hashed", "ha_suspend", "omega", "alpha", "alpha 1")),
    VALUES(NUMBERS).map("persistence_timeout {}".format),
    VALUES(("255.255.255.0", "255.0.255.0", "64", "0", "x", "255.255.255")).map("persistence_granularity {}".format),
    VALUES(NUMBERS).map("quorum {}".format),
    VALUES(NUMBERS).map("hysteresis {}".format),
    VALUES(TIMES).map("delay_loop {}".format),
    VALUES(TIMES).map("connect_timeout {}".format),
    VALUES(ADDRESSES).map("sorry_server {} 80".format),
    VALUES(("sorry_server_inhibit", "ip_family inet", "ip_family inet6", "lb_knid DR", "virtualhost x")),
    SERVER,
    GOOD_SERVER,
)
BASIC = ("lb_algo wlc\nlb_kind DR\nprotocol TCP\n", "lb_algo sh\nlb_kind NAT\nprotocol UDP\n", "lb_kind TUN\n", "")
HEAD = VALUES(("192.0.2.100 80", "2001:db8::100 80", "192.0.2.100", "fwmark 7", "fwmark x", "192.0.2.300 80",
               "192.0.2.100 80000", "group web"))  # fmt: skip
SERVICE = st.tuples(HEAD, VALUES(BASIC), st.lists(OPTION, max_size=5), GOOD_SERVER).map(
    lambda item: f"virtual_server {item[0]} {{\n{item[1]}" + "\n".join((*item[2], item[3])) + "\n}\n"
)
ENTRY = VALUES(("10.0.0.1 80", "10.0.0.1-9 80", "10.0.0.9-1 80", "10.0.1.0/30 80", "10.0.1.1/30 80", "fwmark 1",
                "fwmark 2 inet6", "fwmark x", "10.0.0.1-10.0.0.4 80", "2001:db8::1-f 80", "10.0.0.1-300 80",
                "x"))  # fmt: skip
GROUP = st.lists(ENTRY, min_size=1, max_size=2).map(
    lambda item: "virtual_server_group web {\n10.9.9.9 80\n" + "\n".join(item) + "\n}\n"
)
VIP = VALUES(("192.0.2.101", "192.0.2.100/24 label vip", "192.0.2.102/33", "192.0.2.103 brd +", "2001:db8::5",
              "192.0.2.104 scope link", "192.0.2.105 colour red", "192.0.2.300", "192.0.2.106 dev",
              "192.0.2.107/24 brd 192.0.2.255 no_track"))  # fmt: skip
INSTANCE_LINE = st.one_of(
    VALUES(("state MASTER", "state BACKUP", "state master", "nopreempt", "preempt_delay 5", "preempt", "version 3")),
    VALUES(("0", "1", "255", "256", "x")).map("priority {}".format),
    VALUES(("0", "1", "0.5", "0.001", "255", "256")).map("advert_int {}".format),
    VALUES(("PASS", "AH", "MD5")).map("authentication {{\nauth_type {}\nauth_pass 12345678\n}}".format),
    VALUES(("authentication {\nauth_type PASS\n}", "authentication {\nauth_type PASS\nauth_pass 123456789\n}")),
    VALUES(BOOLEANS).map("smtp_alert {}".format),
    VIP.map("virtual_ipaddress_excluded {{\n{}\n}}".format),
    VALUES(("garp_master_delay 5", "garp_master_repeat 0", "prioritiy 5", "debug 9", "lvs_sync_daemon_interface eth0")),
)
INSTANCE = st.tuples(st.lists(INSTANCE_LINE, max_size=3), st.lists(VIP, max_size=2), VALUES((True, True, False))).map(
    lambda item: (
        "vrrp_instance VI {\ninterface nosuch0\n"
        + ("virtual_router_id 51\n" if item[2] else "")
        + "\n".join(item[0])
        + "\nvirtual_ipaddress {\n192.0.2.100\n"
        + "\n".join(item[1])
        + "\n}\n}\n"
    )
)
CONFIGURATION = st.one_of(SERVICE, st.tuples(GROUP, SERVICE).map("".join), INSTANCE, INSTANCE)


@pytest.mark.oracle
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=CONFIGURATION)
def test_the_verdict(text: str, tool, tmp_path: Path):
    text = f"global_defs {{\ndynamic_interfaces\n}}\n{text}"
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    good, said = accepts(tool("keepalived"), file)
    found = complaints(text)
    assert good == (not found), f"{text}\nkeepalived: {said or 'nothing'}\nlvsconf: {found}"


# -- lines, definitions, braces -------------------------------------------------------------------------------

PIECES = VALUES(
    ("lb_algo wlc", "lb_algo", "wlc", "lb_kind $KIND", "lb_kind NAT", "protocol ${PROTO}", "protocol TCP", "{", "}",
     "{ ",
     "real_server 10.0.0.2 80 {", "real_server 10.0.0.${N} 80", "real_server 10.0.0.$N 80 {", "weight 1", "weight $N",
     "# a comment", "! a { comment }", "weight 1 # c }", '"', '"quoted words"', 'virtualhost "a } b"', "$N=3",
     "$KIND=DR", "$PROTO=UDP", "$EMPTY=", "$EMPTY", "@here quorum 1", "@^here delay_loop 3", "@here", "~SEQ(N, 3)",
     "~SEQ(N, 4, 6) $RS",
     "~SEQ(N, 3, -1, 1) real_server 10.0.1.$N 80 { weight $N }", "~LST({A, B}, {1, 2}, {3, 4}) $RS2", "~LST(A, 1, 2)",
     "~SEQ(N, 1, 0, 3) x", "~SEQx(N, 9, 11) $RS", "a\\", "alpha}", "omega{", "ops", "}}", "quorum ${N}", "$", "${",
     "$RS", "notify_up /bin/true", "TCP_CHECK {", "connect_timeout 3", "inhibit_on_failure on", "# c \\")
)  # fmt: skip
DEFINITIONS = (
    "$KIND=DR\n$PROTO=TCP\n$N=2\n"
    "$RS= \\\nreal_server 10.0.0.${N} 80 { \\\n  weight 1 \\\n}\n\n"
    "$RS2= \\\nreal_server 10.0.${A}.${B} 80 { \\\n# weight 1 \\\n}\n\n"
)
LINES = st.lists(st.lists(PIECES, min_size=1, max_size=2).map(" ".join), max_size=6).map("\n".join)


@pytest.mark.oracle
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines=LINES, before=LINES)
def test_the_verdict_on_lines(lines: str, before: str, tool, tmp_path: Path):
    text = (
        f"{DEFINITIONS}virtual_server 192.0.2.100 80 {{\nlb_algo rr\nlb_kind DR\nprotocol TCP\n{before}\n"
        f"real_server 10.0.9.9 80 {{\nweight 100\n}}\n{lines}\n}}\n"
    )
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    good, said = accepts(tool("keepalived"), file)
    found = [
        f"{each.code} {each.message}" for each in read(Source("f", text))[1] if each.code in (*COMPLAINTS, "LVS054")
    ]
    if good:
        found = [each for each in found if not each.startswith("LVS054") and "@" not in text]
    assert good == (not found), f"{text}\nkeepalived: {said or 'nothing'}\nlvsconf: {found}"
