"""A service matrix: as text, as the JSON of the contract, as a graph for Graphviz, as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from lvsconf.kernel.families import FAMILIES
from lvsconf.packets.packet_set import Interval
from lvsconf.questions.matrix import SOURCE_PORT, Matrix, Node
from lvsconf.report import matrix_picture
from lvsconf.report.drawing.screen import COLUMNS, wrap

SHOWN = 6
"""So many ranges of a class are written out for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, in the user's words."""

    chain: str
    proto: int
    name: str
    port: int
    upper: bool

    def __str__(self) -> str:
        return f"filter {self.chain}: {self.name}/{self.port} from port {SOURCE_PORT}, state NEW, any interface"


def write(layout: str, question: Question, matrix: Matrix, out: TextIO) -> None:
    """Write a matrix in one of FORMATS."""
    out.writelines(f"{line}\n" for line in _LAYOUTS[layout](question, matrix))


def _text(question: Question, matrix: Matrix) -> Iterator[str]:
    yield str(question)
    yield f"{_count(len(matrix.nodes), 'class', 'classes')} of addresses, {_count(len(matrix.edges), 'edge', 'edges')}"
    width = len(str(len(matrix.nodes)))
    for node in matrix.nodes:
        yield ""
        lines = wrap(brief(node, matrix.family), COLUMNS - width - 4)
        lines += wrap(_reached(node, matrix), COLUMNS - width - 4)
        for position, line in enumerate(lines):
            yield f"  {node.number if not position else '':>{width}}  {line}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _reached(node: Node, matrix: Matrix) -> str:
    """Whom a class reaches, runs of numbers joined."""
    numbers = [target for source, target in matrix.edges if source == node.number]
    if not numbers:
        return "reaches nobody"
    if len(numbers) == len(matrix.nodes):
        return "reaches everybody"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "reaches " + ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def brief(node: Node, family: int) -> str:
    """The addresses of a class, the first few of them."""
    shown = ", ".join(_range(interval, family) for interval in node.addresses[:SHOWN])
    more = len(node.addresses) - SHOWN
    return f"{shown} and {_count(more, 'range', 'ranges')} more" if more > 0 else shown


def _range(interval: Interval, family: int) -> str:
    """An interval as people write it: an address, a network, or first and last."""
    low, high = (FAMILIES[family].address(value) for value in interval)
    if low == high:
        return str(low)
    size = interval[1] - interval[0] + 1
    if size & (size - 1) or interval[0] % size:
        return f"{low}-{high}"
    return f"{low}/{FAMILIES[family].bits - size.bit_length() + 1}"


def _json(question: Question, matrix: Matrix) -> Iterator[str]:
    del question
    nodes = [
        {
            "id": str(node.number),
            "addresses": ["-".join(FAMILIES[matrix.family].text(value) for value in each) for each in node.addresses],
        }
        for node in matrix.nodes
    ]
    edges = [[str(source), str(target)] for source, target in matrix.edges]
    yield json.dumps({"version": 1, "nodes": nodes, "edges": edges}, indent=2)


def _dot(question: Question, matrix: Matrix) -> Iterator[str]:
    yield "digraph matrix {"
    yield f'  label="{question}";'
    yield "  node [shape=box];"
    for node in matrix.nodes:
        label = "\\n".join(wrap(brief(node, matrix.family), 40))
        yield f'  {node.number} [label="{node.number}\\n{label}"];'
    for source, target in matrix.edges:
        yield f"  {source} -> {target};"
    yield "}"


def _svg(question: Question, matrix: Matrix) -> Iterator[str]:
    labels = [f"{node.number}  {brief(node, matrix.family)}" for node in matrix.nodes]
    return matrix_picture.draw(str(question), labels, matrix.edges)


_LAYOUTS: Mapping[str, Callable[[Question, Matrix], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "dot": _dot,
    "svg": _svg,
}
FORMATS = tuple(_LAYOUTS)
