"""A service matrix as SVG: a row for each source, a column for each destination, and the classes below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from lvsconf.report.drawing.screen import wrap

CELL, MARGIN, LINE, LETTER = 18, 40, 16, 7.3
COLUMNS = 90
"""Letters in a line of the list of classes."""


def draw(title: str, labels: Sequence[str], edges: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The lines of a picture; the classes count from 1, an edge is (from, to)."""
    size = CELL * len(labels)
    lines = [line for label in labels for line in wrap(label, COLUMNS)]
    top = MARGIN + LINE
    below = top + size + 2 * LINE
    width = int(max(size + 2 * MARGIN, 2 * MARGIN + LETTER * max(len(line) for line in (title, *lines))))
    height = below + LINE * (len(lines) + 1)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="monospace" font-size="12">'
    )
    yield f'<rect width="{width}" height="{height}" fill="white"/>'
    yield f'<text x="{MARGIN}" y="{LINE}">{escape(title)}</text>'
    yield f'<text x="{MARGIN}" y="{2 * LINE}" fill="#666">row: from, column: to</text>'
    for number in range(1, len(labels) + 1):
        middle = (number - 0.5) * CELL
        yield f'<text x="{MARGIN + middle}" y="{top - 4}" text-anchor="middle">{number}</text>'
        yield f'<text x="{MARGIN - 6}" y="{top + middle + 4}" text-anchor="end">{number}</text>'
    for source, target in edges:
        x, y = MARGIN + (target - 1) * CELL, top + (source - 1) * CELL
        yield f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="#3a7"/>'
    for step in range(len(labels) + 1):
        at = step * CELL
        yield f'<path d="M{MARGIN} {top + at}h{size}M{MARGIN + at} {top}v{size}" stroke="#999" fill="none"/>'
    for position, line in enumerate(lines):
        yield f'<text x="{MARGIN}" y="{below + position * LINE}" xml:space="preserve">{escape(line)}</text>'
    yield "</svg>"
