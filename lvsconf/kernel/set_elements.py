"""The elements of a set as a Pred: which packets find one (the kadt functions of each type in net/netfilter/ipset).

A row is what one element, or several, want of a packet: one cell for each part, each a set of values in intervals. Rows
that differ in one cell only are joined, so that the Pred is as small as the set is regular.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from lvsconf.kernel.nested_nets import Net, Outcome, Stretch, covering, inside, outcomes
from lvsconf.model.fields import (
    DPORT,
    DST,
    FRAGMENT,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    MARK,
    OIF,
    PROTO,
    SCTP,
    SPORT,
    SRC,
    TCP,
    UDP,
    Field,
)
from lvsconf.model.ipset import Element, IpSet
from lvsconf.model.preds import (
    FALSE,
    TRUE,
    Opaque,
    Pred,
    SetQuestion,
    Within,
    all_of,
    any_of,
    equals,
    interface_is,
    masked,
    negate,
    one_of,
)
from lvsconf.packets.index import Interval, merged

ICMPV6, UDPLITE = 58, 136
_WITH_PORTS = (TCP, UDP, SCTP, UDPLITE)

RUNS_OUT = Opaque("the time limit of an element")
LINK = Opaque("the link address of the packet")

Cell = tuple[object, tuple[Interval, ...]]
"""What a part wants: something that only equals itself (a protocol, an interface), and intervals."""
Row = tuple[Cell, ...]


def unknown_pred(found: IpSet) -> Pred:
    """A set of which not all is known."""
    return Opaque(f"what set {found.name} holds")


def elements_pred(found: IpSet, question: SetQuestion) -> Pred:
    """When some element of the set matches; the question has enough directions and the set's family."""
    nets = "net" in found.kinds
    if question.exceptions and nets and not any(element.nomatch for element in found.elements):
        return FALSE
    if found.type == "hash:net,iface":
        return _interfaces(found, question)
    if nets and any(element.nomatch for element in found.elements):
        # Under a mask that is no prefix, networks need not lie in each other or apart.
        return _with_exceptions(found, question) if found.mask is None else unknown_pred(found)
    lasting = [_row(found, each) for each in found.elements if each.timeout is None and _findable(found, each)]
    limited = [_row(found, each) for each in found.elements if each.timeout is not None and _findable(found, each)]
    return any_of((_rows(found, question, lasting), all_of((_rows(found, question, limited), RUNS_OUT))))


# -- rows -------------------------------------------------------------------------------------------------------------


def _bits(found: IpSet) -> int:
    return 128 if found.family == 6 else 32


def _findable(found: IpSet, element: Element) -> bool:
    """hash:ip does not look for address 0, which a range may have brought in."""
    return found.type != "hash:ip" or element.parts[0] != 0


def _row(found: IpSet, element: Element) -> Row:
    cells: list[Cell] = []
    for kind, part in zip(found.kinds, element.parts, strict=True):
        match kind, part:
            case "net", (int() as first, int() as length) if found.mask is not None:
                prefix = (1 << _bits(found)) - (1 << (_bits(found) - length))
                cells.append(((first, found.mask & prefix), ()))
            case "net", (int() as first, int() as length):
                cells.append((None, ((first, first | (1 << (_bits(found) - length)) - 1),)))
            case "port", (int() as proto, int() as port):
                cells.append((proto, ((port, port),)))
            case "mac", _:
                cells.append((None, ()))
            case _, int():
                cells.append((None, ((part, part),)))
            case _:
                raise ValueError(f"{found.type} has no part such as {part!r}")
    return tuple(cells)


def _joined(rows: Iterable[Row]) -> list[Row]:
    """The same in fewer rows: those that differ in one cell's intervals become one."""
    joined = list(dict.fromkeys(rows))
    for index in range(len(joined[0]) if joined else 0):
        groups: dict[object, list[Row]] = {}
        for row in joined:
            groups.setdefault((row[:index], row[index][0], row[index + 1 :]), []).append(row)
        joined = [
            (
                *group[0][:index],
                (group[0][index][0], merged(each for row in group for each in row[index][1])),
                *group[0][index + 1 :],
            )
            for group in groups.values()
        ]
    return joined


def _rows(found: IpSet, question: SetQuestion, rows: Iterable[Row]) -> Pred:
    """Any of the rows."""
    readers = [_reader(found, question, index) for index in range(len(found.kinds))]
    preds = []
    for row in _joined(rows):
        preds.append(all_of(reader(cell) for reader, cell in zip(readers, row, strict=True)))
    return any_of(preds)


def _reader(found: IpSet, question: SetQuestion, index: int) -> Callable[[Cell], Pred]:
    """What turns a cell of that part into a Pred."""
    kind, source = found.kinds[index], question.directions[index] == "src"
    address, port = (SRC, SPORT) if source else (DST, DPORT)
    if kind == "port" and found.type.startswith("hash:"):
        return lambda cell: _port(cell, port, question.family)
    if kind == "port":
        transport = all_of((one_of(PROTO, (TCP, UDP)), equals(FRAGMENT, 0)))
        return lambda cell: all_of((transport, Within(port, cell[1])))
    if kind == "mac":
        return lambda _: LINK
    if kind == "mark":
        return lambda cell: _under(MARK, cell[1], found.markmask, 32)
    mask = found.mask
    if mask is None:
        return lambda cell: Within(address, cell[1])
    if kind == "net":
        return lambda cell: _network(address, cell)
    return lambda cell: _under(address, cell[1], mask, _bits(found), zero=False)


def _network(address: Field, cell: Cell) -> Pred:
    """A network of a set with a mask, which is under its prefix and the mask."""
    match cell[0]:
        case (int() as first, int() as mask):
            return masked(address, first, mask) if not first & ~mask else FALSE
        case _:
            return FALSE


def _under(what: Field, intervals: tuple[Interval, ...], mask: int, bits: int, *, zero: bool = True) -> Pred:
    """The field, cut with a mask, is one of the values; values that the mask can't leave match nothing.

    Without `zero`, what is cut to nothing matches nothing either.
    """
    spare = mask ^ ((1 << bits) - 1)
    values = {value for low, high in intervals for value in range(low, high + 1) if not value & spare}
    if not zero:
        values.discard(0)
    if not spare & (spare + 1):
        blocks = merged((value, value | spare) for value in values)
        return Within(what, blocks) if blocks else FALSE
    return any_of(masked(what, value, mask) for value in sorted(values))


def _port(cell: Cell, port: Field, family: int) -> Pred:
    """ip_set_get_ip4_port, ip_set_get_ip6_port: protocols without ports have port 0."""
    proto, intervals = cell
    if not isinstance(proto, int):
        return FALSE
    first = equals(FRAGMENT, 0)
    if proto in _WITH_PORTS:
        return all_of((equals(PROTO, proto), first, Within(port, intervals)))
    if proto in (ICMP, ICMPV6):
        return all_of((equals(PROTO, proto), first, any_of(_icmp(low, high) for low, high in intervals)))
    return all_of((equals(PROTO, proto), first if family == 6 else TRUE))


def _icmp(low: int, high: int) -> Pred:
    """Types and codes from one to another, as type * 256 + code."""
    preds = []
    for kind in range(low >> 8, (high >> 8) + 1):
        codes = low & 0xFF if kind == low >> 8 else 0, high & 0xFF if kind == high >> 8 else 0xFF
        preds.append(all_of((equals(ICMP_TYPE, kind), Within(ICMP_CODE, (codes,)))))
    return any_of(preds)


# -- exceptions -------------------------------------------------------------------------------------------------------


def _net(found: IpSet, element: Element, index: int, question: SetQuestion) -> Net:
    part = element.parts[index]
    if not isinstance(part, tuple) or not isinstance(part[0], int):
        raise ValueError(f"{found.type} has no network such as {part!r}")
    first, length = part
    last = first | (1 << (_bits(found) - length)) - 1
    return Net(first, last, element.nomatch is question.exceptions, element.timeout is None)


def _with_exceptions(found: IpSet, question: SetQuestion) -> Pred:
    """The element with the longest prefix decides, in sets of two networks that with the longest first one."""
    places = [index for index, kind in enumerate(found.kinds) if kind == "net"]
    if len(places) == 2:
        return _pairs(found, question, places)
    (place,) = places
    groups: dict[Row, list[Net]] = {}
    for element in found.elements:
        row = _row(found, element)
        groups.setdefault((*row[:place], *row[place + 1 :]), []).append(_net(found, element, place, question))
    surely: list[Row] = []
    perhaps: list[Row] = []
    for rest, nets in groups.items():
        stretches = outcomes(nets)
        for rows, wanted in ((surely, [frozenset({Outcome.YES})]), (perhaps, _PERHAPS)):
            intervals = merged((low, high) for low, high, each in stretches if each in wanted)
            if intervals:
                rows.append((*rest[:place], (None, intervals), *rest[place:]))
    return any_of((_rows(found, question, surely), all_of((_rows(found, question, perhaps), RUNS_OUT))))


_PERHAPS = [
    frozenset({Outcome.YES, *others}) for others in ((Outcome.NO,), (Outcome.NONE,), (Outcome.NO, Outcome.NONE))
]


def _pairs(found: IpSet, question: SetQuestion, places: Sequence[int]) -> Pred:
    first, second = places
    groups: dict[tuple[Cell, ...], dict[Net, list[Net]]] = {}
    for element in found.elements:
        row = _row(found, element)
        outer = _net(found, element, first, question)._replace(positive=True, lasting=True)
        inner = groups.setdefault(row[1:second], {})
        inner.setdefault(outer, []).append(_net(found, element, second, question))
    readers = [_reader(found, question, index) for index in range(len(found.kinds))]
    preds: list[Pred] = []
    for rest, inner in groups.items():
        conditions = [reader(cell) for reader, cell in zip(readers[1:second], rest, strict=True)]
        stretches = {outer: outcomes(nets) for outer, nets in inner.items()}
        says = {
            outcome: {outer: _says(each, outcome, readers[second]) for outer, each in stretches.items()}
            for outcome in (Outcome.YES, Outcome.NO)
        }
        preds.append(all_of((*conditions, any_of(_ways(says, readers[first])))))
    return any_of(preds)


def _says(stretches: Iterable[Stretch], outcome: Outcome, reader: Callable[[Cell], Pred]) -> Pred:
    """Where the second address leads to an outcome."""
    sure = merged((low, high) for low, high, each in stretches if each == {outcome})
    maybe = merged((low, high) for low, high, each in stretches if outcome in each and len(each) > 1)
    limited = all_of((reader((None, maybe)), RUNS_OUT)) if maybe else FALSE
    return any_of((reader((None, sure)) if sure else FALSE, limited))


def _ways(says: dict[Outcome, dict[Net, Pred]], reader: Callable[[Cell], Pred]) -> Iterator[Pred]:
    """For each first network: its elements say yes, and none with a network inside it says no before."""
    here = {net: reader((None, ((net.first, net.last),))) for net in says[Outcome.YES]}
    for net, inner in inside(here).items():
        refusals = [all_of((here[each], says[Outcome.NO][each])) for each in inner if says[Outcome.NO][each] != FALSE]
        if says[Outcome.YES][net] != FALSE:
            yield all_of((here[net], says[Outcome.YES][net], negate(any_of(refusals))))


# -- interfaces -------------------------------------------------------------------------------------------------------


def _interfaces(found: IpSet, question: SetQuestion) -> Pred:
    """hash:net,iface: only the longest prefix that an address is in counts, whatever its interfaces.

    Bridge ports (physdev:) are never asked for by iptables.
    """
    groups: dict[Net, list[Element]] = {}
    for element in found.elements:
        iface = element.parts[1]
        if isinstance(iface, tuple) and not iface[1]:
            outer = _net(found, element, 0, question)._replace(positive=True, lasting=True)
            groups.setdefault(outer, []).append(element)
    address = SRC if question.directions[0] == "src" else DST
    device = IIF if question.directions[1] == "src" else OIF
    own: dict[Net, list[Interval]] = {}
    for low, high, stack in covering(groups):
        own.setdefault(stack[-1], []).append((low, high))
    preds = [
        all_of((Within(address, tuple(intervals)), _device(device, groups[net], question)))
        for net, intervals in own.items()
    ]
    limited = merged(
        (net.first, net.last) for net, elements in groups.items() if any(each.timeout is not None for each in elements)
    )
    if not limited:
        return any_of(preds)
    # Where an element may be gone by now, the networks around it may count.
    reached = Within(address, limited)
    return any_of((all_of((negate(reached), any_of(preds))), all_of((reached, RUNS_OUT))))


def _device(device: Field, elements: Sequence[Element], question: SetQuestion) -> Pred:
    """The first of the elements that has the packet's interface decides."""
    preds: list[Pred] = []
    before: list[Pred] = []
    for element in elements:
        iface = element.parts[1]
        if not isinstance(iface, tuple):
            continue
        here = interface_is(device, f"{iface[0]}+" if element.wildcard else str(iface[0]))
        # A packet without that interface has an empty name, which no element is asked about.
        here = all_of((here, negate(equals(device, 0))))
        if element.nomatch is question.exceptions:
            preds.append(all_of((here, negate(any_of(before)))))
        else:
            before.append(here)
    return any_of(preds)
