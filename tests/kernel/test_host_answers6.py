"""The answers about whole stretches of IPv6 addresses are those that a lookup of each address gives."""

from __future__ import annotations

from ipaddress import IPv6Address

from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.kernel.families import IPV6
from lvsconf.kernel.fib import Fib
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.host_answers6 import REFUSED, address_type, reverse_path
from lvsconf.model.fields import DST, IIF, SRC, interface
from lvsconf.model.questions import AddressTypeQuestion, ReversePathQuestion
from lvsconf.packets.one import answer
from tests.kernel.builders import ADDRESSES6, director, host_of

PREFIXES = ("::/0", "2001:db8::/32", "2001:db8:a0::/44", "2001:db8:a1::/48", "2001:db8:a1:1::/64", "2001:db8:a1::7/128")
KINDS = ("", "unreachable ", "prohibit ", "blackhole ", "local ", "throw ")
TABLES = ("main", "100")
RULES = (
    "100 lookup 100",
    "100 to 2001:db8:a1::/48 lookup 100",
    "100 not to 2001:db8:a1::/48 lookup 100",
    "100 fwmark 0x7 lookup 100",
    "100 iif eth0 lookup 100",
    "100 iif lo lookup 100",
    "100 to 2001:db8:a1:1::/64 prohibit",
)
SOMETHING = "2001:db8:77::/48 via INNERGW dev eth1 table 100 metric 100"
"""A rule may not lead to an empty table."""
EDGES = [
    int(IPv6Address(text)) + step
    for text in ("2001:db8::", "2001:db8:a0::", "2001:db8:a1::", "2001:db8:a1::7", "2001:db8:a1:1::", "2001:db8:a2::")
    for step in (-1, 0, 1)
]
ADDRESSES = [*EDGES, *(int(IPv6Address(text)) for text in ADDRESSES6.values()), int(IPv6Address("2600::1"))]


@st.composite
def routes(draw: st.DrawFn) -> str:
    kind, prefix, table = draw(st.sampled_from(KINDS)), draw(st.sampled_from(PREFIXES)), draw(st.sampled_from(TABLES))
    device = "lo" if kind else draw(st.sampled_from(["eth0", "eth1"]))
    hop = "" if kind or draw(st.booleans()) else f"via {'GW' if device == 'eth0' else 'INNERGW'} "
    return f"{kind}{prefix} {hop}dev {device} table {table} metric {draw(st.sampled_from([100, 200]))}"


@st.composite
def fibs(draw: st.DrawFn) -> Fib:
    files = director(
        family=6,
        outside=("VIP/128", "VIP2/128"),
        default=draw(st.booleans()),
        routes=[SOMETHING, *draw(st.lists(routes(), max_size=6))],
        policy=draw(st.lists(st.sampled_from(RULES), max_size=1)),
    )
    return Kernel(host_of(files)).net(IPV6).fib


def _looked_up(fib: Fib, address: int) -> set[str]:
    """The types that a lookup of one address tells, without an interface."""
    found = fib.constant(address)
    if found is None or found.kind in REFUSED:
        return {"UNREACHABLE"}
    types = {"LOCAL"} if found.kind == "local" else set()
    return types | ({"ANYCAST"} if found.kind == "anycast" or found.subnet else set())


@settings(max_examples=60)
@given(fibs())
def test_an_address_is_of_the_type_that_its_route_says(fib: Fib) -> None:
    for kind in ("LOCAL", "ANYCAST", "UNREACHABLE"):
        pred = address_type(fib, AddressTypeQuestion(DST, frozenset({kind}), None, 6))
        said = {address for address in ADDRESSES if answer(pred, {DST: address})}
        assert said == {address for address in ADDRESSES if kind in _looked_up(fib, address)}, kind


@settings(max_examples=60)
@given(fibs())
def test_a_loose_test_of_a_source_asks_only_for_a_route(fib: Fib) -> None:
    pred = reverse_path(fib, ReversePathQuestion(loose=True, use_mark=False, accept_local=False, family=6))
    for address in ADDRESSES:
        if IPv6Address(address).is_link_local:
            continue
        found = fib.constant(address)
        leads = found is not None and found.kind == "unicast"
        values = {SRC: address, DST: int(IPv6Address(ADDRESSES6["VIP"])), IIF: interface("eth0")}
        assert answer(pred, values) is leads, IPv6Address(address)
