"""Protocols beside TCP, UDP and ICMP: their state tables, and the classes of packets that move them on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lvsconf.model.fields import DCCP_TYPE, DCCP_TYPES, SCTP_CHUNK, SCTP_CHUNKS
from lvsconf.model.preds import Pred, equals

Table = Mapping[str, Mapping[str, str]]
"""Class of packet, then state, to next state."""

CHUNKS: tuple[tuple[Pred, str], ...] = tuple((equals(SCTP_CHUNK, number), name) for name, number in SCTP_CHUNKS.items())
DCCP_PACKETS: tuple[tuple[Pred, str], ...] = tuple(
    (equals(DCCP_TYPE, number), name) for name, number in DCCP_TYPES.items()
)


@dataclass(frozen=True, slots=True)
class Protocols:
    """The tables of protocols.yaml."""

    conntrack_sctp: Mapping[str, Table]
    conntrack_sctp_timeouts: Mapping[str, int]
    conntrack_dccp: Mapping[str, Table]
    conntrack_dccp_timeouts: Mapping[str, int]
    conntrack_gre_timeouts: Mapping[str, int]
    ipvs_sctp: Mapping[str, Table]
    ipvs_sctp_timeouts: Mapping[str, int]


def _grid(text: str) -> Table:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def _grids(texts: Mapping[str, str]) -> Mapping[str, Table]:
    return {name: _grid(text) for name, text in texts.items()}


@cache
def tables() -> Protocols:
    """What protocols.yaml beside this module says."""
    raw: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return Protocols(
        conntrack_sctp=_grids(raw["conntrack_sctp"]),
        conntrack_sctp_timeouts=raw["conntrack_sctp_timeouts"],
        conntrack_dccp=_grids(raw["conntrack_dccp"]),
        conntrack_dccp_timeouts=raw["conntrack_dccp_timeouts"],
        conntrack_gre_timeouts=raw["conntrack_gre_timeouts"],
        ipvs_sctp=_grids(raw["ipvs_sctp"]),
        ipvs_sctp_timeouts=raw["ipvs_sctp_timeouts"],
    )
