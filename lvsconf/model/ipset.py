"""ipsets as the kernel holds them."""

from __future__ import annotations

from dataclasses import dataclass

from lvsconf.source import Span

Part = int | str | tuple[int, int] | tuple[str, bool] | None
"""One part of an element, by the kind of part in the set's type:

ip (an address), mac, mark, and the port of bitmap:port are numbers; a mac that is still to be learnt is None. net is
(address, prefix length), the port of a hash (protocol, port), where ICMP has type * 256 + code for a port.
iface is (name, whether it is a bridge port); the member of a list:set is its name.
"""

Key = tuple[Part, ...]
"""An element without its options."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `timeout` is how many seconds were left when the set was saved; None: it stays for good.

    `line` is where it stands in the file of its set.
    """

    parts: Key
    nomatch: bool = False
    wildcard: bool = False
    timeout: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class IpSet:
    """One set; elements in the order in which they were added, those of a list:set in the order of the list.

    `family` is None for types that hold no addresses. `mask` is what addresses are cut with before they are looked up
    (the options netmask and bitmask), `range` the first and last address or port of a bitmap. `whole` is False when a
    line that speaks of the set could not be read, so that its elements are not known.
    """

    name: str
    type: str
    family: int | None
    elements: tuple[Element, ...] = ()
    mask: int | None = None
    markmask: int = 0xFFFFFFFF
    range: tuple[int, int] | None = None
    timeout: int | None = None
    counters: bool = False
    forceadd: bool = False
    whole: bool = True
    span: Span | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What an element is made of: `("ip", "port", "net")` for hash:ip,port,net."""
        return tuple(self.type.partition(":")[2].split(","))
