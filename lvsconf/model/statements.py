"""What users state about a host: what must get through it, and what must not."""

from __future__ import annotations

from dataclasses import dataclass

from lvsconf.model.ipvs import Address
from lvsconf.source import Span


@dataclass(frozen=True, slots=True)
class Statement:
    """Packets to one end must get there (`reaches`), or must not.

    `proto` is 6, 17, 132, 1 or 58; the last two have no `port`. `sources` are ascending intervals of addresses of the
    family of `address`, both ends included, which do not touch; none of them: everybody. `devices` are where the
    packets come in; none: any. `host` is the host that this is said of, None: each that the file is for. `span` is the
    header of the statement; `text` says it in a few words, without the verb.
    """

    reaches: bool
    proto: int
    address: Address
    port: int | None
    sources: tuple[tuple[int, int], ...]
    devices: tuple[str, ...]
    host: str | None
    span: Span
    text: str
