"""The packets that may match a rule: whether there are any, one of them, and all of them when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence

from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space


class Met:
    """What is both in `came` and in `own`: large sets that are put together only when that is needed.

    `usual` is a packet in the order of the space's variables. One that is much like it and in both sets spares the
    comparison; with `compared` nothing is tried, since that takes no time.
    """

    __slots__ = ("_any", "_came", "_own", "_packet", "_packets", "_space")

    def __init__(self, space: Space, came: PacketSet, own: PacketSet, usual: Sequence[bool], *, compared: bool) -> None:
        self._space, self._came, self._own = space, came, own
        self._packets: PacketSet | None = None
        self._packet = None if compared else space.shared(own, came, usual)
        self._any = self._packet is not None or (bool(own) and bool(self.packets))

    def __bool__(self) -> bool:
        return self._any

    @property
    def packets(self) -> PacketSet:
        """All of them."""
        if self._packets is None:
            self._packets = self._came & self._own
        return self._packets

    @property
    def packet(self) -> Sequence[bool]:
        """One of them, where there are any, in the order of the space's variables."""
        if self._packet is None:
            self._packet = self._space.shared(self.packets, self._space.everything, ()) or []
        return self._packet

    def one_of(self, some: PacketSet) -> Sequence[bool] | None:
        """One of them that is in another set too, if one much like `packet` is."""
        return self._space.shared(self._own & some, self._came, self.packet)
