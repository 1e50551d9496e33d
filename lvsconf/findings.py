"""What lvsconf reports: data only, with no idea how it is found or shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lvsconf.source import Source, Span


class Severity(Enum):
    """How bad it is when it happens."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class Certainty(Enum):
    """PROVEN holds for every value of what the input leaves unknown; POSSIBLE says what it assumes."""

    PROVEN = "proven"
    POSSIBLE = "possible"


class Applicability(Enum):
    """SAFE fixes change nothing but the fault; UNSAFE ones need a person to look."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that a finding talks about."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a span by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together mend one finding."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """Packets that anyone can replay with `lvsconf trace`; `at` is the index of the one that meets its fate.

    `packets` are in the JSON form of `trace --packets`; `trace` are that packet's lines in the kernel's own
    TRACE notation; `path` says the same in words, a step each.
    """

    packets: tuple[dict[str, Any], ...]
    at: int
    trace: tuple[str, ...]
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, its place, its proof and, where there is one, its fix."""

    code: str
    slug: str
    severity: Severity
    certainty: Certainty
    message: str
    span: Span
    label: str = ""
    assumes: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    witness: Witness | None = None
    fix: Fix | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a reader could not understand. `code` (LVS002, LVS010-099) gives severity and documentation."""

    code: str
    message: str
    span: Span
    label: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that gave nothing at all: what stands where, and what was expected. It ends the run with 2."""

    file: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule that could not be asked, and the inputs it lacks."""

    code: str
    needs: tuple[str, ...]


KERNEL_DEFAULT = "(the kernel's default)"
"""How an assumption ends that is the value of a sysctl key which the file lacks."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of `lint` over everything the user named; findings in the order file, line, column, code.

    `minor` are those of `assumed` that no finding can hang on: programs are told them, people are not.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    assumed: tuple[str, ...]
    ignored: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    sources: Mapping[str, Source]
    minor: frozenset[str] = frozenset()
