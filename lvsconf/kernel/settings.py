"""The sysctl values that the engine asks for: listed, or an era's default, or unknown."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.kernel.eras import Era
from lvsconf.model.host import Setting

# How `all` and an interface combine (include/linux/inetdevice.h).
_COMBINE = {
    "rp_filter": max,
    "accept_local": max,
    "src_valid_mark": max,
    "route_localnet": max,
    "send_redirects": max,
}


class Settings:
    """Values by key. `used_defaults` collects the keys that were asked for and are missing from a present file."""

    def __init__(self, era: Era, sysctl: Mapping[str, Setting] | None) -> None:
        self._era = era
        self._sysctl = sysctl
        self.used_defaults: dict[str, int] = {}

    @property
    def known(self) -> bool:
        """Whether there is a sysctl file at all."""
        return self._sysctl is not None

    def listed(self, key: str) -> int | None:
        """The value in the file, None when the key is not there or no number."""
        found = self._sysctl.get(key) if self._sysctl is not None else None
        word = found.value.split()[0] if found is not None and found.value.split() else ""
        try:
            return int(word, 0)
        except ValueError:
            return None

    def place(self, key: str) -> Setting | None:
        """Where a key is set, for findings."""
        return self._sysctl.get(key) if self._sysctl is not None else None

    def default(self, key: str) -> int:
        """The era's default."""
        return self._era.sysctl[key]

    def get(self, key: str) -> int | None:
        """The value of a plain key; None is unknown."""
        if self._sysctl is None:
            return None
        found = self.listed(key)
        if found is None:
            found = self.used_defaults[key] = self.default(key)
        return found

    def interface(self, key: str, device: str) -> int | None:
        """The effective value of conf.all.KEY and conf.DEVICE.KEY; None is unknown."""
        if self._sysctl is None:
            return None
        values = [self.listed(f"net.ipv4.conf.{name}.{key}") for name in ("all", device)]
        missing = [name for name, value in zip(("all", device), values, strict=True) if value is None]
        for name in missing:
            self.used_defaults[f"net.ipv4.conf.{name}.{key}"] = self.default(key)
        return _COMBINE[key](self.default(key) if value is None else value for value in values)

    def forwarding(self, device: str) -> int | None:
        """Whether packets that come in by `device` may be forwarded; None is unknown."""
        if self._sysctl is None:
            return None
        for key in (f"net.ipv4.conf.{device}.forwarding", "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"):
            found = self.listed(key)
            if found is not None:
                return found
        return self.get("net.ipv4.ip_forward")
