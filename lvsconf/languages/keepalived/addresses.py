"""The lines of virtual_ipaddress and static_ipaddress (vrrp_ipaddress.c, alloc_ipaddress)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_interface

from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.tree import Statement
from lvsconf.languages.suggest import suggestion
from lvsconf.model.vrrp import VirtualAddress

LONGEST_NAME = 15
"""IFNAMSIZ without the closing zero."""

_LONGEST_NETWORK = 30
_WITH_VALUE = ("dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft", "track_group")
_FLAGS = ("home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac")
_SCOPES = ("global", "nowhere", "host", "link", "site")


class AddressError(ValueError):
    """A line that keepalived skips; `index` is the word that is wrong."""

    def __init__(self, message: str, index: int, help_text: str = "") -> None:
        super().__init__(message)
        self.index = index
        self.help = help_text


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something in a line that keepalived complains of while the address counts."""

    message: str
    index: int
    help: str = ""


def read_address(
    statement: Statement, *, static: bool = False, excluded: bool = False
) -> tuple[VirtualAddress, list[Complaint]]:
    """The address of a line, and what is wrong beside it; raises AddressError."""
    words = [word.text for word in statement.words]
    complaints: list[Complaint] = []
    address, length = _address(words[0], complaints)
    found: dict[str, tuple[str, int]] = {}
    index = 1
    while index < len(words):
        word = words[index]
        if word in _WITH_VALUE and (word != "track_group" or static):
            if index + 1 == len(words):
                raise AddressError(f"`{word}` needs a value", index)
            if word == "dev" and "dev" in found:
                raise AddressError("an address has one interface", index)
            found.setdefault("broadcast" if word == "brd" else word, (words[index + 1], index + 1))
            index += 1
        elif word not in _FLAGS or (word == "use_vmac" and static):
            near = suggestion(word, (*_WITH_VALUE, *_FLAGS))
            complaints.append(Complaint(f"`{word[:80]}` is nothing that an address can have", index, near))
        index += 1
    version = values.address(address).version
    complaints += _options(found, version, length)
    device = found.get("dev", (None, 0))[0]
    label = found["label"][0] if "label" in found and version == 4 else None
    return VirtualAddress(ip_interface(f"{address}/{length}"), device, label, excluded, statement.span), complaints


def _address(text: str, complaints: list[Complaint]) -> tuple[str, int]:
    host, slash, length = text.partition("/")
    try:
        bits = 128 if values.address(host).version == 6 else 32
    except ValueError:
        raise AddressError(f"`{text[:80]}` is no address", 0, "host names are not looked up") from None
    if not slash:
        return host, bits
    try:
        return host, values.integer(length, 0, bits)
    except ValueError as error:
        complaints.append(Complaint(f"`{length[:40]}` is no prefix length: keepalived takes {bits}", 0, str(error)))
        return host, bits


def _options(found: dict[str, tuple[str, int]], version: int, length: int) -> list[Complaint]:
    complaints = []
    if "label" in found:
        text, index = found["label"]
        if len(text) > LONGEST_NAME:
            raise AddressError(f"a label has {LONGEST_NAME} characters at most", index)
        if version == 6:
            complaints.append(Complaint("an IPv6 address has no label", index - 1))
    if "broadcast" in found:
        text, index = found["broadcast"]
        if version == 6:
            raise AddressError("an IPv6 address has no broadcast address", index - 1)
        if text in ("-", "+"):
            if length > _LONGEST_NETWORK:
                complaints.append(Complaint(f"a network of /{length} has no broadcast address", index))
        else:
            try:
                values.address(text)
            except ValueError:
                raise AddressError(f"`{text[:80]}` is no broadcast address", index) from None
    if "scope" in found:
        text, index = found["scope"]
        number = text.isascii() and text.isdigit() and int(text[:4]) <= 255
        if text not in _SCOPES and not number:
            complaints.append(Complaint(f"`{text[:80]}` is no scope", index, suggestion(text, _SCOPES)))
        elif version == 6 and text not in ("global", "0"):
            complaints.append(Complaint("an IPv6 address has no scope", index))
    if "preferred_lft" in found:
        text, index = found["preferred_lft"]
        try:
            if text != "forever":
                values.integer(text, 0, values.LARGEST)
        except ValueError as error:
            complaints.append(Complaint(f"`{text[:80]}` is no lifetime", index, str(error)))
    return complaints
