"""Reading sysctl.conf, sockets, ipvsadm listings; writing cpio; reading the guest's results."""

from pathlib import Path

from lvsconf.lab import emulator, image, ipvsrules, listeners, replay, sysctls
from lvsconf.lab.cpio import Archive
from lvsconf.lab.listeners import Listener


def test_sysctls_are_ordered_and_the_labs_own_left_out() -> None:
    text = (
        "net.ipv4.conf.eth0/100.rp_filter = 1\nnet.ipv4.conf.default.rp_filter = 2\nkernel.panic = 1\n# note = 1\n"
        "net.ipv4.conf.all.rp_filter=0\nnet.ipv4.icmp_ratelimit = 1000\nnet.netfilter.nf_log.2 = NONE\n"
        "net.ipv6.conf.all.forwarding = 1\nnet/ipv4/ip_forward = 1\n"
    )
    assert sysctls.read(text, six=False) == [
        ("net/ipv4/ip_forward", "1"),
        ("net/ipv4/conf/all/rp_filter", "0"),
        ("net/ipv4/conf/default/rp_filter", "2"),
        ("net/ipv4/conf/eth0.100/rp_filter", "1"),
    ]
    assert ("net/ipv6/conf/all/forwarding", "1") in sysctls.read(text, six=True)


def test_listeners() -> None:
    listing = (
        "udp   UNCONN 0      0       127.0.0.53%lo:53         0.0.0.0:*\n"
        'tcp   LISTEN 0      511           0.0.0.0:80         0.0.0.0:*    users:(("nginx",pid=1,fd=6))\n'
        "tcp   LISTEN 0      128              [::]:22            [::]:*\n"
        "tcp   LISTEN 0      128                 *:443              *:*\n"
        "tcp   ESTAB  0      0           192.0.2.1:22     203.0.113.5:5000\n"
    )
    assert listeners.parse(listing) == [
        Listener("udp", "127.0.0.53", 53, "lo"),
        Listener("tcp", "0.0.0.0", 80),
        Listener("tcp", "::", 22),
        Listener("tcp", None, 443),
    ]


def test_thresholds_and_timeouts() -> None:
    listing = (
        "IP Virtual Server version 1.2.1 (size=4096)\n"
        "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\n"
        "  -> RemoteAddress:Port\n"
        "TCP  192.0.2.100:80 lc\n"
        "  -> 10.0.0.2:80                  20         10         0          0\n"
    )
    rules = "-A -t 192.0.2.100:80 -s lc\n-a -t 192.0.2.100:80 -r 10.0.0.2:80 -g -w 1\n\n"
    assert ipvsrules.restore_text(rules, listing).splitlines()[1].endswith("-w 1 -x 20 -y 10")
    assert ipvsrules.restore_text(rules, "") == rules.rstrip() + "\n"
    assert ipvsrules.read_timeouts("Timeout (tcp tcpfin udp): 900 120 300\n") == ["900", "120", "300"]
    assert ipvsrules.read_timeouts("") is None


def test_archive() -> None:
    archive = Archive()
    archive.file("/a/b/run", "#!", executable=True)
    archive.file("/a/b/run", "##", executable=True)
    archive.link("a/link", "b/run")
    data = archive.packed()
    assert len(data) % 512 == 0
    assert data.count(b"070701") == 5
    assert data.index(b"a\0") < data.index(b"a/b\0") < data.index(b"a/b/run\0") < data.index(b"TRAILER!!!")
    assert b"##" in data
    assert b"#!" not in data


def test_results_have_the_shape_of_trace() -> None:
    text = '{"index":3,"packets":[],"notes":[]}\r\n{"index":4,"error":{"text":"no"},"notes":["n"]}\r\n{"index":5,"pack'
    results = emulator.read_results(text)
    assert {index: replay._shaped(result) for index, result in results.items()} == {
        3: {"version": 1, "packets": [], "assumed": []},
        4: {"version": 1, "error": {"text": "no"}, "notes": ["n"]},
    }


def test_scenario_reads_only_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "iptables.rules").write_text("*filter\nCOMMIT\n")
    (tmp_path / "keepalived.conf").write_text("secret")
    (tmp_path / "packets.json").write_text('[{"src": "192.0.2.1", "dst": "192.0.2.2"}]')
    scenario = replay.Scenario.read(tmp_path)
    assert scenario.files == {"iptables.rules": "*filter\nCOMMIT\n"}
    assert len(scenario.packets) == 1
    assert replay.Scenario.read(tmp_path, []).packets == []


def test_the_guest_imports_only_itself_and_the_standard_library() -> None:
    folder = Path(image.__file__).parent
    assert all((folder / f"{name}.py").is_file() for name in image.GUEST_MODULES)
    own = [line for name in image.GUEST_MODULES for line in (folder / f"{name}.py").read_text().splitlines()]
    imported = {line.split()[1] for line in own if line.startswith("from lvsconf")}
    assert imported <= {"lvsconf.lab"} | {f"lvsconf.lab.{name}" for name in image.GUEST_MODULES}
    assert {"json", "socket", "__future__"} <= image.guest_imports()


def test_kernel_series() -> None:
    assert image.in_series("6.1.0-56-cloud-amd64", "6.1")
    assert not image.in_series("6.12.117+deb12-cloud-amd64", "6.1")
    names = ["6.1.0-9-cloud-amd64", "6.1.0-56-cloud-amd64"]
    assert max(names, key=image.version_key) == names[1]
