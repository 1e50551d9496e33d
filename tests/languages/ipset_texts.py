"""Random files for `ipset restore`, made from lvsconf's own tables of types and options."""

from __future__ import annotations

from hypothesis import strategies as st

from lvsconf.languages.ipset.types import TYPES, SetType

# A small world, so that elements meet: in it, outside it, and next to its ends.
V4 = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.0", "10.0.1.0", "10.1", "0.0.0.0", "255.255.255.255", "0x0a000004")
V6 = ("2001:db8::1", "2001:db8::2", "2001:db8::", "::1", "::", "fe80::1", "::ffff:10.0.0.1", "::10.0.0.1")
RANGES4 = ("10.0.0.0/30", "10.0.0.3/31", "10.0.0.1-10.0.0.3", "10.0.0.3-10.0.0.1", "10.0.0.0/32", "10.0.0.6-10.0.0.6")
NETS4 = (*RANGES4, "10.0.0.0/8", "10/8", "0.0.0.0/0", "0.0.0.0/1", "0.0.0.0-255.255.255.255", "10.0.0.0/33")
NETS6 = ("2001:db8::/64", "2001:db8::1/127", "::/0", "::/1", "2001:db8::1/128", "2001:db8::/129", "::1-::2")
WRONG = ("", "10.0.0.256", "x y", "-", "/", "[10.0.0.1", "[10.0.0.1]-10.0.0.2", "10.0.0.1/", "1:2:3", "\u00e9")
PORTS = ("80", "22-25", "25-22", "tcp:80", "udp:53", "ssh", "udp:domain", "sctp:1", "udplite:7-8", "6:80", "0", "65535")
ODD_PORTS = (
    *("icmp:8/0", "icmp:ping", "icmp:echo", "icmp:200/7", "ipv6-icmp:1/1", "icmpv6:redirect", "gre:0", "47:0", "47:1"),
    *("0:0", "tcp:icmp", "vrrp:0", "TCP:80", "[ssh]-[smtp]", "65536", "nope:1", "icmp:256/0", "udp:", "080", "0x50"),
)
MACS = ("2:0:0:0:0:1", "02:00:00:00:00:02", "00:00:00:00:00:00", "02:00:00:00:00:0G", "2:0:0:0:0", "FF:ff:0:0:0:100")
MARKS = ("0", "1", "0xff", "0x1ff", "4294967295", "4294967296", "x")
IFACES = ("eth0", "eth", "eth1", "physdev:eth0", "an-interface-too-long", "e")
NAMES = ("a", "b", "c", "missing")
PARTS: dict[str, tuple[str, ...]] = {
    "mac": MACS,
    "mark": MARKS,
    "iface": IFACES,
    "port": (*PORTS, *ODD_PORTS),
    "number": (*PORTS, *ODD_PORTS),
    "set": (*NAMES, "a,before,b", "a,after"),
}
VALUES = {
    "family": ("inet", "inet6", "ipv4", "ipv6", "any", "inet7"),
    "range": ("10.0.0.0/30", "10.0.0.0-10.0.0.7", "10.0.0.9-10.0.0.0", "10.0.0.0/15", "10.0.0.0/32", "10.0.0.1", "x"),
    "from": ("10.0.0.0", "10.0.0.0/8"),
    "to": ("10.0.0.9", "x"),
    "network": ("10.0.0.0/24", "10.0.0.1"),
    "hashsize": ("1", "64", "1000", "1024", "0x400", "-1", "x"),
    "maxelem": ("1", "4", "65536", "4294967296"),
    "netmask": ("24", "31", "30", "32", "64", "128", "0", "129", "x"),
    "bitmask": ("255.255.0.255", "0.0.0.0", "255.255.255.255", "ffff::ffff", "::", "x"),
    **dict.fromkeys(("probes", "resize", "gc"), ("4", "x")),
    "markmask": ("0xff", "0", "4294967295"),
    "timeout": ("0", "1000000", "2147483", "2147484", "x"),
    "bucketsize": ("0", "1", "3", "12", "14", "255", "256"),
    "initval": ("0", "0xdeadbeef", "4294967296"),
    "size": ("0", "8", "100"),
    "packets": ("0", "42", "18446744073709551614", "18446744073709551615", "-2"),
    "bytes": ("7", "x"),
    "comment": ('"a b"', "word", '""', '"tab\there"', "\u00e9", '"' + "y" * 256 + '"', '"it\'s"', 'a"b c"d'),
    "skbmark": ("0x1", "0x10/0xff", "0x0", "10", "0x1ffffffff/0x1", "0x"),
    "skbprio": ("1:a", "0:0", "x", "12345:1"),
    "skbqueue": ("0", "3", "65536"),
    "before": NAMES,
    "after": NAMES,
}
PORT_RANGES = ("80-90", "90-80", "80", "0-65535", "20-25")
FLAGS = ("counters", "comment", "forceadd", "skbinfo", "nomatch", "wildcard")


def addresses(kind: SetType, part: str, family: int) -> tuple[str, ...]:
    """Texts for an address, most of which some part takes."""
    if family == 6:
        return (*V6, *NETS6, *V4[:1])
    return (*V4, *(NETS4 if part == "net" else RANGES4 if part == "ip" else NETS4[:2]), *WRONG[:1], *V6[:1])


@st.composite
def options(draw: st.DrawFn, names: tuple[str, ...], create: bool, number: bool = False) -> str:
    """Some of the options, in any order."""
    words: list[str] = []
    unique = draw(st.integers(0, 19)) > 0
    for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=unique)) if names else ():
        words.append(f"--{name}" if draw(st.integers(0, 19)) == 0 else name)
        if name not in FLAGS or (name == "comment" and not create):
            values = PORT_RANGES if name == "range" and number else VALUES[name]
            good = values[: max(len(values) * 2 // 3, 1)]
            words.append(draw(st.sampled_from(good if draw(st.integers(0, 9)) else values)))
    return " ".join(words)


@st.composite
def elements(draw: st.DrawFn, kind: SetType, family: int) -> str:
    """An element of a set, most often one that can be read."""
    pieces = []
    for part in kind.parts:
        texts = PARTS.get(part) or addresses(kind, part, family)
        pieces.append(draw(st.sampled_from(texts if draw(st.integers(0, 4)) == 0 else texts[:6])))
    if draw(st.integers(0, 29)) == 0:
        pieces.append(draw(st.sampled_from(WRONG)))
    elif draw(st.integers(0, 29)) == 0 and len(pieces) > 1:
        pieces.pop()
    return ",".join(pieces)


@st.composite
def files(draw: st.DrawFn, types: tuple[str, ...] = tuple(TYPES)) -> str:
    """A handful of sets with elements, and commands on them."""
    lines: list[str] = []
    known: dict[str, tuple[SetType, int]] = {}
    for name in draw(st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=3)):
        kind = TYPES[draw(st.sampled_from(types))]
        family = 6 if 6 in kind.families and draw(st.booleans()) else 4
        word = kind.alias if draw(st.integers(0, 9)) == 0 else kind.name
        names = tuple(each for each in kind.create if each not in ("family", "range"))
        words = ["create", name, word, "family inet6" if family == 6 else "", draw(options(names, True))]
        if "range" in kind.create:
            texts = PORT_RANGES if kind.parts == ("number",) else VALUES["range"]
            words.append(f"range {draw(st.sampled_from(texts if draw(st.integers(0, 9)) == 0 else texts[:2]))}")
        if draw(st.integers(0, 19)) == 0:
            words.append(draw(options((*kind.create, *kind.ignored[2:]), True, kind.parts == ("number",))))
        lines.append(" ".join(word for word in words if word))
        known[name] = kind, family
        for _ in range(draw(st.integers(0, 8))):
            command = draw(st.sampled_from(("add", "add", "add", "add", "add", "del")))
            text = draw(elements(kind, family))
            some = draw(options(kind.add if command == "add" or draw(st.integers(0, 5)) == 0 else (), False))
            lines.append(f"{command} {name} {text} {some}".strip())
    for _ in range(draw(st.integers(0, 3))):
        lines.append(draw(st.sampled_from(OTHERS)))
    if draw(st.integers(0, 9)) == 0:
        position = draw(st.integers(0, len(lines)))
        lines[position:position] = [draw(st.sampled_from(ODD))]
    return "\n".join(lines) + "\n"


OTHERS = (
    "flush", "flush a", "flush missing", "destroy", "destroy a", "x b", "destroy missing", "rename a d", "ren b a",
    "e missing d", "swap a b", "w a c", "-W a missing", "save", "list a", "# a comment", "", "  \t", "COMMIT",
    "rename a " + "x" * 32,
)  # fmt: skip
ODD = (
    "-exist", "-exist flush a", "add -! a 10.0.0.1", "cre a hash:ip", "-A a 10.0.0.1", "--add a 10.0.0.1", "add a",
    "create a", "create a hash:ipp", "frobnicate", "add a 10.0.0.1 nonsense", 'add "a" "10.0.0.1"', 'add a "10.0.0.1',
    "help", "version", "restore", "flush a b", "COMMIT x", "-q add a 10.0.0.9", "-o plain flush a", "d a 10.0.0.1",
    "add a 10.0.0.7 " + "x " * 40, "add a " + "1" * 1100, " \v\fflush a", "flush\ra",
)  # fmt: skip
