"""The sysctl values that the engine asks for: listed, or an era's default, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lvsconf.kernel.eras import Era
from lvsconf.kernel.eras.missing import missing_value
from lvsconf.languages.sysctl import table
from lvsconf.model.host import Setting, Sysctl

_COMBINE: Mapping[str, Callable[[Iterable[int]], int]] = {
    "max": max,
    "or": lambda values: int(any(values)),
    "and": lambda values: int(all(values)),
}
"""How `all` and an interface combine (include/linux/inetdevice.h); which key combines how says the table of keys."""


_INTERFACE = "net.ipv4.conf.*."


class Settings:
    """Values by key. `used_defaults` collects the keys that were asked for and are missing from a present file."""

    def __init__(self, sysctl: Sysctl | None, era: Era) -> None:
        self._sysctl = sysctl
        self.era = era
        self.used_defaults: dict[str, int] = {}
        self._values: dict[str, int | None] = {}
        self._interfaces: dict[tuple[str, str], int | None] = {}
        self._forwarding: dict[str, int | None] = {}

    def missing(self, key: str) -> int | None:
        """What a kernel does that has no such setting; None when it has it."""
        return missing_value(self.era, key)

    @property
    def known(self) -> bool:
        """Whether there is a sysctl file at all."""
        return self._sysctl is not None

    def listed(self, key: str) -> int | None:
        """The value in the file, None when the key is not there or no number, or not known to the era."""
        if self.missing(key) is not None:
            return None
        found = self._sysctl.get(key) if self._sysctl is not None else None
        known = table.find(key)
        if found is None or known is None:
            return None
        try:
            return known.parse(found.value)[0]
        except ValueError:
            return None

    def place(self, key: str) -> Setting | None:
        """Where a key is set, for findings."""
        return self._sysctl.get(key) if self._sysctl is not None else None

    def default(self, key: str) -> int:
        """The kernel's default; `key` is a whole one, or the last word of one of interfaces."""
        return table.default(key if "." in key else f"{_INTERFACE}{key}")

    def get(self, key: str) -> int | None:
        """The value of a plain key; None is unknown."""
        if key not in self._values:
            self._values[key] = self._get(key)
        return self._values[key]

    def _get(self, key: str) -> int | None:
        instead = self.missing(key)
        if instead is not None:
            return instead
        if self._sysctl is None:
            return None
        found = self.listed(key)
        if found is None:
            found = self.used_defaults[key] = self.default(key)
        return found

    def interface(self, key: str, device: str) -> int | None:
        """The effective value of conf.all.KEY and conf.DEVICE.KEY; None is unknown."""
        if (key, device) not in self._interfaces:
            self._interfaces[key, device] = self._interface(key, device)
        return self._interfaces[key, device]

    def _interface(self, key: str, device: str) -> int | None:
        instead = self.missing(f"{_INTERFACE}{key}")
        if instead is not None:
            return instead
        if self._sysctl is None:
            return None
        values = [self.listed(f"net.ipv4.conf.{name}.{key}") for name in ("all", device)]
        missing = [name for name, value in zip(("all", device), values, strict=True) if value is None]
        for name in missing:
            self.used_defaults[f"net.ipv4.conf.{name}.{key}"] = self.default(key)
        combine = _COMBINE[self._combination(key)]
        return combine(self.default(key) if value is None else value for value in values)

    def _combination(self, key: str) -> str:
        if key == "rp_filter":
            return self.era.behaviour.rp_filter
        return table.table()[f"{_INTERFACE}{key}"].combine or "max"

    def routes_for(self, device: str) -> bool:
        """Whether the host is an IPv6 router on an interface, and has a router's groups and anycast addresses there."""
        own = self.listed(f"net.ipv6.conf.{device}.forwarding")
        return bool(self.forwarding6() if own is None else own)

    def forwarding6(self) -> int | None:
        """Whether IPv6 packets may be forwarded (net/ipv6/ip6_output.c ip6_forward); None is unknown."""
        return self.get("net.ipv6.conf.all.forwarding")

    def hop_limit(self, device: str | None) -> int:
        """The hop limit of IPv6 packets that the host sends by a device (net/ipv6/route.c ip6_dst_hoplimit)."""
        key = f"net.ipv6.conf.{device or 'all'}.hop_limit"
        return self.get(key) or self.default(key)

    def forwarding(self, device: str) -> int | None:
        """Whether packets that come in by `device` may be forwarded; None is unknown."""
        if device not in self._forwarding:
            self._forwarding[device] = self._forwards(device)
        return self._forwarding[device]

    def _forwards(self, device: str) -> int | None:
        if self._sysctl is None:
            return None
        for key in (f"net.ipv4.conf.{device}.forwarding", "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"):
            found = self.listed(key)
            if found is not None:
                return found
        return self.get("net.ipv4.ip_forward")
