"""What a kernel can load of the files that describe a host: each part in the form its own tool reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lvsconf.lab.replay import SNAPSHOT_FILES
from lvsconf.languages import ipvsadm
from lvsconf.snapshot import HostInput

# By the part of the host (HostInput.files), the name in a snapshot.
NAMES = {
    **{role: f"{role}.rules" for role in ("iptables", "ip6tables", "ipvsadm", "ipset")},
    **{role: role for role in ("ipvsadm-thresholds", "ipvsadm-timeout", "sockets", "modules")},
    **{role: f"{role}.json" for role in ("ip-address", "ip-route", "ip6-route", "ip-rule", "ip6-rule")},
    "sysctl": "sysctl.conf",
}
TOOLS = {
    "iptables": "iptables-save",
    "ip6tables": "ip6tables-save",
    "ipvsadm": "ipvsadm-save -n",
    "ip-address": "ip -j address",
    "ip-route": "ip -j route show table all",
    "ip6-route": "ip -6 -j route show table all",
    "ip-rule": "ip -j rule",
    "ip6-rule": "ip -6 -j rule",
}


class NotLoadable(ValueError):  # noqa: N818 - what it says is the input's fault
    """A file that no tool of the kernel's reads back; the message says which would be."""


@dataclass(frozen=True)
class Loadable:
    """The files by their names in a snapshot, and what the user calls each of them."""

    files: dict[str, str]
    origins: Mapping[str, str]


def loadable(given: HostInput) -> Loadable:
    """The files to load; NotLoadable for forms that are for people only."""
    files: dict[str, str] = {}
    origins: dict[str, str] = {}
    for role, source in given.files.items():
        name = NAMES.get(role)
        if name is None or name not in SNAPSHOT_FILES:
            continue
        text = given.sources[source].text
        if not _reads_back(role, text):
            raise NotLoadable(f"{source}: a kernel can't be given this form: take the output of {TOOLS[role]}")
        files[name], origins[name] = text, source
    return Loadable(files, origins)


def _reads_back(role: str, text: str) -> bool:
    if role in ("iptables", "ip6tables"):
        return not text.strip() or bool(re.search(r"^[ \t]*\*\w+", text, re.MULTILINE))
    if role == "ipvsadm":
        return not text.strip() or ipvsadm.recognise(text)
    if role.startswith("ip"):
        return role == "ipset" or role.startswith("ipvsadm") or not text.strip() or text.lstrip()[:1] in "[{"
    return True
