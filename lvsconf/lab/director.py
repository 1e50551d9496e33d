"""Inside the guest: one network namespace set up as a snapshot says."""

from __future__ import annotations

import ctypes
import json
import os
import re
import socket
import subprocess
import time
from typing import Any

from lvsconf.lab import listeners, network, sysctls, tracelog
from lvsconf.lab.fate import Counters
from lvsconf.lab.guest_wire import IFF_RUNNING, Log, Observer, Wire, link_flags
from lvsconf.lab.ipvsrules import numbered, read_timeouts, restore_text
from lvsconf.lab.refusals import SetupError, complaint

CLONE_NEWNET = 0x40000000
CARRIER_SECONDS = 5.0
# Which file the objects of ip come from.
IP_FILES = {"link": "ip-address.json", "address": "ip-address.json", "route": "ip-route.json", "rule": "ip-rule.json"}
LOOPBACK = {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": []}
OPTIONAL_MODULES = frozenset(
    {"ip_vs_ftp", "ip_vs_pe_sip"}
    | {f"nf_{part}_{name}" for part in ("conntrack", "nat") for name in ("ftp", "tftp", "sip")}
)


class Director:
    """The namespace this process moves into; `close` before the next one."""

    def __init__(self, number: int, files: dict[str, str], packets: list[dict[str, Any]], wire: Wire) -> None:
        self._files, self._packets, self._wire = files, packets, wire
        self._listeners: list[socket.socket] = []
        self._statistics: list[int] = []
        self.notes: list[str] = []
        self.refused: list[SetupError] = []
        self.neighbours = network.Neighbours()
        self.links: list[dict[str, Any]] = self._json("ip-address.json") or []
        if not any(link["ifname"] == "lo" for link in self.links):
            self.links.insert(0, LOOPBACK)
        wired = network.wired(self.links)
        self.devices = {link["ifname"]: f"p{number}.{index}" for index, link in enumerate(wired)}
        self.macs = {name: f"02:ff:00:00:00:{index:02x}" for index, name in enumerate(self.devices)}
        self.six = self._uses_ipv6()
        self.targets = tracelog.rule_targets(files.get("iptables.rules", ""))
        self.targets6 = tracelog.rule_targets(files.get("ip6tables.rules", ""))

    def set_up(self) -> None:
        """Load the whole snapshot, in an order in which each part finds what it needs."""
        for module in optional_modules(self._files):
            tool(["modprobe", module])
        leave_namespace()
        for path, value in sysctls.LAB_VALUES.items():
            sysctls.write(path, value)
        if not self.six:
            sysctls.write("net/ipv6/conf/all/disable_ipv6", "1")
            sysctls.write("net/ipv6/conf/default/disable_ipv6", "1")
        self._network()
        for failed in sysctls.apply(self._files.get("sysctl.conf", ""), self.six):
            if failed.why:
                self.refused.append(SetupError(failed.why, "sysctl.conf", failed.line))
            else:
                self.notes.append(f"sysctl.conf:{failed.line}: {failed.key} can't be set in the lab")
        if "ipset.rules" in self._files:
            tool(["ipset", "restore"], self._files["ipset.rules"], "ipset.rules")
        rules = tracelog.with_trace_rules(self._files.get("iptables.rules", ""))
        tool(["iptables-legacy-restore"], rules, "iptables.rules", self._files.get("iptables.rules", ""))
        if self.six or "ip6tables.rules" in self._files:
            rules = tracelog.with_trace_rules(self._files.get("ip6tables.rules", ""))
            tool(["ip6tables-legacy-restore"], rules, "ip6tables.rules", self._files.get("ip6tables.rules", ""))
        self._ipvs()
        for listener in listeners.parse(self._files.get("sockets", "")):
            try:
                self._listeners.append(listeners.open_socket(listener))
            except OSError as error:
                self.notes.append(f"sockets: {listener}: {error}")
        # Stays with this namespace, and costs less than opening it for each packet.
        names = ["snmp", "snmp6"] if self.six else ["snmp"]
        self._statistics = [os.open(f"/proc/net/{name}", os.O_RDONLY) for name in names]

    def inject(self, device: str, target: str, data: bytes) -> None:
        """Let a packet for an address arrive on a device."""
        link = next(link for link in self.links if link["ifname"] == device)
        mac = network.destination_mac(target, link, self.macs[device])
        self._wire.inject(self.devices[device], mac, data)

    def observer(self, log: Log) -> Observer:
        """What collects this director's doings."""
        return Observer(self._wire, log, self.devices, self.neighbours)

    def counters(self) -> Counters:
        """How often the local stack was given something."""
        tables: dict[str, dict[str, int]] = {}
        lines = os.pread(self._statistics[0], 1 << 14, 0).decode().splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            tables[names.split(":")[0]] = dict(zip(names.split()[1:], map(int, values.split()[1:]), strict=False))
        delivered = tables["Ip"]["InDelivers"]
        errors = tables["Icmp"]["InDestUnreachs"] + tables["Icmp"]["InTimeExcds"]
        if self.six:
            text = os.pread(self._statistics[1], 1 << 14, 0).decode()
            six = dict(line.split() for line in text.splitlines())
            delivered += int(six["Ip6InDelivers"])
            errors += int(six["Icmp6InDestUnreachs"]) + int(six["Icmp6InTimeExcds"])
        return Counters(delivered, errors)

    def close_listeners(self) -> None:
        """Close what would go on sending by itself."""
        for opened in self._listeners:
            opened.close()
        self._listeners = []

    def close(self) -> None:
        """Let go of the namespace; it ends once this process has moved to another."""
        self.close_listeners()
        for descriptor in self._statistics:
            os.close(descriptor)
        self._statistics = []

    def _json(self, name: str) -> Any:
        if name not in self._files:
            return None
        text = self._files[name].strip()
        try:
            return json.loads(text) if text else []
        except ValueError as error:
            raise SetupError(str(error), name) from None

    def _uses_ipv6(self) -> bool:
        """Whether IPv6 plays a part: without it, it stays off and sends nothing of its own."""
        spoken = any(":" in str(packet.get(key)) for packet in self._packets for key in ("src", "dst"))
        return spoken or "[" in self._files.get("ipvsadm.rules", "")

    def _network(self) -> None:
        for link in self.links:
            if network.is_tunnel(link):
                kind = network.FALLBACK_TUNNELS.get(link["ifname"], link.get("link_type", ""))
                tool(["modprobe", {"tunnel6": "ip6_tunnel", "gre": "ip_gre"}.get(kind, kind)])
        tables = network.Tables()
        lines = network.link_lines(self.links, self.devices, self.macs)
        lines += network.up_lines(self.links) + network.address_lines(self.links, self.six)
        routes, rules = self._json("ip-route.json"), self._json("ip-rule.json")
        routing = ["route flush table main"] if routes is not None else []
        routing += network.route_lines(routes or [], 4, tables)
        routing += network.rule_lines(rules, tables) if rules is not None else []
        neighbours = network.neighbour_lines(self._next_hops(), self.links, self.neighbours)
        if self.six:
            # Without a family, flushing would take the routes of both.
            self._ip([], lines + neighbours)
            self._ip(["-4"], routing)
            self._network6(routes or [], tables)
        else:
            self._ip([], lines + routing + neighbours)
        self._raise_far_ends()

    def _raise_far_ends(self) -> None:
        """Give the links a carrier and wait until the kernel has noticed: until then they drop what they send."""
        flags = {link["ifname"]: link.get("flags", ["UP"]) for link in self.links}
        plugged = {name: peer for name, peer in self.devices.items() if "NO-CARRIER" not in flags[name]}
        for peer in plugged.values():
            self._wire.raise_link(peer)
        deadline = time.monotonic() + CARRIER_SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
            for name in plugged:
                while "UP" in flags[name] and not link_flags(inside, name) & IFF_RUNNING:
                    if time.monotonic() > deadline:
                        raise SetupError(f"{name} does not come up", "ip-address.json")
                    time.sleep(0.001)

    def _network6(self, mixed: list[dict[str, Any]], tables: network.Tables) -> None:
        routes, rules = self._json("ip6-route.json"), self._json("ip6-rule.json")
        # A default route without a gateway does not tell its family.
        routes = routes and [{"pref": "medium", **route} for route in routes]
        if routes is None and any(network.route_family(route) == 6 for route in mixed):
            # `ip -j route show table all` prints both families.
            routes = mixed
        lines = ["route flush table main"] if routes is not None else []
        lines += network.route_lines(routes or [], 6, tables)
        lines += network.rule_lines(rules, tables) if rules is not None else []
        self._ip(["-6"], lines)

    def _next_hops(self) -> list[str]:
        names = ("ip-route.json", "ip6-route.json", "ipvsadm.rules", "iptables.rules", "ip6tables.rules")
        texts = [self._files.get(name, "") for name in names]
        texts += [f"{packet.get('src')} {packet.get('dst')}" for packet in self._packets]
        own = {str(info.get("local")) for link in self.links for info in link.get("addr_info", [])}
        found = [address for address in network.addresses_in(texts) if address not in own]
        return [address for address in found if self.six or ":" not in address]

    def _ip(self, options: list[str], lines: list[str]) -> None:
        if not lines:
            return
        try:
            tool(["ip", *options, "-batch", "-"], "\n".join(lines) + "\n")
        except SetupError as error:
            failed = re.search(r"-:(\d+)", str(error))
            if not failed:
                raise
            words = lines[int(failed[1]) - 1]
            file = IP_FILES.get(words.split()[0], "ip-address.json")
            said = error.text.partition(": ")[2].splitlines()[0]
            raise SetupError(
                f"ip {' '.join([*options, words])}: {said}", file.replace("ip-", "ip6-") if "-6" in options else file
            ) from None

    def _ipvs(self) -> None:
        given, limits = self._files.get("ipvsadm.rules", ""), self._files.get("ipvsadm-thresholds", "")
        rules = restore_text(given, limits)
        if rules:
            try:
                tool(["ipvsadm", "-R"], rules, "ipvsadm.rules")
            except SetupError as error:
                tool(["ipvsadm", "-C"])
                for line, text in numbered(given, limits):
                    # ipvsadm -R does not say which line it was.
                    if run(["ipvsadm", "-R"], text)["status"]:
                        raise SetupError(error.text, "ipvsadm.rules", line) from None
                raise
        timeouts = read_timeouts(self._files.get("ipvsadm-timeout", ""))
        if timeouts:
            tool(["ipvsadm", "--set", *timeouts], None, "ipvsadm-timeout")


def tool(command: list[str], text: str | None = None, file: str = "", original: str | None = None) -> None:
    """Run one of the guest's programs; `file` is what it is given, `original` that file's text where it is another."""
    given = (text or "").encode(errors="surrogateescape")
    done = subprocess.run(command, input=given, capture_output=True, check=False)  # noqa: S603 - the guest's own
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip() or f"exit status {done.returncode}"
        if file:
            raise complaint(said, file, original if original is not None else text or "")
        raise SetupError(f"{' '.join(command)}: {said}")


def run(words: list[str], text: str) -> dict[str, Any]:
    """Run one of the guest's programs, whatever its end."""
    given = text.encode(errors="surrogateescape")
    done = subprocess.run(words, input=given, capture_output=True, check=False)  # noqa: S603 - the guest's own
    output, errors = (each.decode(errors="backslashreplace") for each in (done.stdout, done.stderr))
    return {"status": done.returncode, "output": output, "errors": errors}


def optional_modules(files: dict[str, str]) -> list[str]:
    """Modules of the snapshot that change what IPVS or conntrack do by being loaded."""
    listed = {line.split()[0] for line in files.get("modules", "").splitlines() if line.split()}
    return sorted(listed & OPTIONAL_MODULES)


def leave_namespace() -> None:
    """Move this process to a new namespace; the one before it ends with its last user."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
