"""What a snapshot says about links, addresses, routes and rules, as lines for `ip -batch`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

# Devices that the kernel makes by itself once their module is there.
FALLBACK_TUNNELS = {"tunl0": "ipip", "sit0": "sit", "ip6tnl0": "ip6_tunnel", "gre0": "ip_gre"}
TUNNEL_TYPES = {"ipip": "ipip", "sit": "sit", "tunnel6": "ip6tnl", "gre": "gre"}
RESERVED_TABLES = {"default": 253, "main": 254, "local": 255, "unspec": 0}
FIRST_NAMED_TABLE = 100_000
# The rules that a namespace has from its beginning: priority, source and table, IPv4 and IPv6.
KERNEL_RULES = (
    [(0, "all", "local"), (32766, "all", "main"), (32767, "all", "default")],
    [(0, "all", "local"), (32766, "all", "main")],
)
KERNEL_FLAGS = frozenset({"linkdown", "dead", "offload", "pervasive", "trap", "notify", "rt_offload", "rt_trap"})


class Tables:
    """Numbers for routing tables that are known by a name which the guest does not know."""

    def __init__(self) -> None:
        self._numbers = dict(RESERVED_TABLES)

    def number(self, name: str | int) -> int:
        """The number to use for a table."""
        text = str(name)
        if text.isdigit():
            return int(text)
        return self._numbers.setdefault(text, FIRST_NAMED_TABLE + len(self._numbers))


def is_tunnel(link: Object) -> bool:
    """Whether a link of `ip -j address` carries packets inside others."""
    return link.get("link_type") in TUNNEL_TYPES or link["ifname"] in FALLBACK_TUNNELS


def wired(links: Iterable[Object]) -> list[Object]:
    """The links that get a wire: all but loopback and tunnels."""
    return [link for link in links if link["ifname"] != "lo" and not is_tunnel(link)]


def link_lines(links: list[Object], peers: dict[str, str], macs: dict[str, str]) -> list[str]:
    """Make the links, with their far ends in the namespace of the first process."""
    lines = []
    for link in wired(links):
        name = link["ifname"]
        mtu = f" mtu {link['mtu']}" if "mtu" in link else ""
        far = f"peer name {peers[name]} mtu 65535 netns 1"
        lines.append(f"link add name {name} address {macs[name]}{mtu} type veth {far}")
        if "NOARP" in link.get("flags", []):
            lines.append(f"link set dev {name} arp off")
        if str(link.get("group", "default")) != "default":
            lines.append(f"link set dev {name} group {link['group']}")
    for link in links:
        name = link["ifname"]
        if is_tunnel(link) and name not in FALLBACK_TUNNELS:
            kind = TUNNEL_TYPES[link["link_type"]]
            ends = f"local {_end(link.get('address'))} remote {_end(link.get('broadcast'))}"
            lines.append(f"link add name {name} type {kind} {ends}")
        if is_tunnel(link) and "mtu" in link:
            lines.append(f"link set dev {name} mtu {link['mtu']}")
    return lines


def _end(address: str | None) -> str:
    return "any" if not address or ipaddress.ip_address(address).is_unspecified else address


def up_lines(links: list[Object]) -> list[str]:
    """Raise the links that were up."""
    return [f"link set dev {link['ifname']} up" for link in links if "UP" in link.get("flags", ["UP"])]


def address_lines(links: list[Object], six: bool) -> list[str]:
    """Give the links their addresses, so that they are printed as they were: of IPv6's the one that is added last comes
    first (net/ipv6/addrconf.c ipv6_link_dev_addr).
    """
    lines = []
    for link in links:
        listed: list[Object] = link.get("addr_info", [])
        mine4 = [info for info in listed if ":" not in str(info.get("local"))]
        mine6 = [info for info in listed if ":" in str(info.get("local"))]
        for info in [*mine4, *reversed(mine6)]:
            local = info.get("local")
            # The kernel gave loopback its own addresses when it came up.
            if not local or (not six and ":" in local) or (link["ifname"] == "lo" and local in ("127.0.0.1", "::1")):
                continue
            words = ["address", "add", f"{local}/{info['prefixlen']}"]
            if "address" in info:
                words = ["address", "add", local, "peer", f"{info['address']}/{info['prefixlen']}"]
            for key in ("broadcast", "scope", "label"):
                if key in info:
                    words += [key, str(info[key])]
            words += ["dev", link["ifname"]]
            words += ["nodad"] if info.get("family") == "inet6" else []
            words += ["noprefixroute"] if info.get("noprefixroute") else []
            if info.get("preferred_life_time") == 0:
                words += ["preferred_lft", "0"]
            lines.append(" ".join(words))
    return lines + (_link_local_lines(links) if six else [])


def _link_local_lines(links: list[Object]) -> list[str]:
    """Link-local addresses for links that list none: without one the kernel can't ask for neighbours."""
    return [
        f"address add fe80::ff:fe00:{index:x}/64 dev {link['ifname']} nodad"
        for index, link in enumerate(wired(links))
        if not any(str(info.get("local", "")).startswith("fe80:") for info in link.get("addr_info", []))
    ]


def route_family(route: Object) -> int:
    """The family of a route: some listings hold both."""
    via = route.get("gateway") or ""
    texts = [route.get("dst", ""), route.get("src", "") or "", route.get("prefsrc", ""), via]
    return 6 if any(":" in text for text in texts) or "pref" in route else 4


def route_lines(routes: list[Object], family: int, tables: Tables) -> list[str]:
    """The routes of one family, those through a gateway last since they need the others.

    The kernel makes table local itself from the addresses: IPv4 routes it lacks there are added, none is taken away.
    """
    chosen = [route for route in routes if route_family(route) == family and not _made_by_kernel(route, family)]
    chosen.sort(key=lambda route: "gateway" in route or "via" in route or "nexthops" in route)
    return list(dict.fromkeys(_route(route, tables, family) for route in chosen))


def _made_by_kernel(route: Object, family: int) -> bool:
    kind = route.get("type", "unicast")
    if kind in ("anycast", "multicast"):
        return True
    # `cache` entries and IPv6's own local entries are not configuration.
    return (family == 6 and route.get("table") == "local") or route.get("dst") == "ff00::/8"


def _route(route: Object, tables: Tables, family: int) -> str:
    # The kernel has made some of them already; of IPv6 routes that differ in the device one would replace the other.
    words = ["route", "replace" if family == 4 else "append"]
    if route.get("type", "unicast") != "unicast":
        words.append(str(route["type"]))
    words.append(str(route["dst"]))
    if route.get("src"):
        words += ["from", str(route["src"])]
    words += _next_hop(route)
    words += ["table", str(tables.number(route.get("table", "main")))]
    for key, option in (("tos", "tos"), ("protocol", "proto"), ("scope", "scope"), ("prefsrc", "src")):
        if key in route:
            words += [option, str(route[key])]
    if route.get("metric"):
        words += ["metric", str(route["metric"])]
    for metrics in route.get("metrics", []):
        for key, value in metrics.items():
            words += [key, str(value)]
    if route.get("pref") in ("low", "high"):
        words += ["pref", str(route["pref"])]
    for hop in route.get("nexthops", []):
        words += ["nexthop", *_next_hop(hop)]
        words += ["weight", str(hop["weight"])] if "weight" in hop else []
    return " ".join(words)


def _next_hop(hop: Object) -> list[str]:
    words: list[str] = []
    if "gateway" in hop:
        words += ["via", str(hop["gateway"])]
    elif "via" in hop:
        words += ["via", str(hop["via"]["family"]), str(hop["via"]["host"])]
    if "dev" in hop:
        words += ["dev", str(hop["dev"])]
    return words + [flag for flag in hop.get("flags", []) if flag not in KERNEL_FLAGS]


def rule_lines(rules: list[Object], tables: Tables) -> list[str]:
    """The policy rules of one family; the namespace's own ones are replaced, unless they are the same.

    A kernel whose rules were touched checks sources in full (net/ipv4/fib_rules.c, fib_has_custom_rules).
    """
    known = [(rule.get("priority"), rule.get("src"), rule.get("table")) for rule in rules] in KERNEL_RULES
    if known and all(set(rule) <= {"priority", "src", "table", "protocol"} for rule in rules):
        return []
    # Flushing spares the rule with priority 0.
    return ["rule flush", "rule del priority 0"] + [_rule(rule, tables) for rule in rules]


def _rule(rule: Object, tables: Tables) -> str:
    words = ["rule", "add"]
    words += ["not"] if "not" in rule else []
    for key, option in (("src", "from"), ("dst", "to")):
        value = rule.get(key)
        if value:
            length = f"/{rule[key + 'len']}" if key + "len" in rule and "/" not in value else ""
            words += [option, f"{value}{length}"]
    if "fwmark" in rule:
        words += ["fwmark", f"{rule['fwmark']}/{rule['fwmask']}" if "fwmask" in rule else str(rule["fwmark"])]
    for key, option in (("tos", "tos"), ("iif", "iif"), ("oif", "oif"), ("ipproto", "ipproto")):
        if key in rule:
            words += [option, str(rule[key])]
    for key in ("sport", "dport"):
        if key in rule:
            words += [key, str(rule[key])]
        elif f"{key}_start" in rule:
            words += [key, f"{rule[f'{key}_start']}-{rule[f'{key}_end']}"]
    if "uid_start" in rule:
        words += ["uidrange", f"{rule['uid_start']}-{rule['uid_end']}"]
    words += ["priority", str(rule["priority"])]
    if "goto" in rule:
        words += ["goto", str(rule["goto"])]
    elif "table" in rule:
        words += ["table", str(tables.number(rule["table"]))]
    else:
        words += [str(rule.get("action", "unreachable"))]
    if "suppress_prefixlen" in rule:
        words += ["suppress_prefixlength", str(rule["suppress_prefixlen"])]
    return " ".join(words)


def addresses_in(texts: Iterable[str]) -> list[str]:
    """Every address that some text mentions, each once: all that may become a next hop."""
    found: dict[str, None] = {}
    for text in texts:
        for word in re.findall(r"[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]+", text):
            # A port may follow IPv4 addresses.
            for candidate in (word, word.partition(":")[0]):
                try:
                    address = ipaddress.ip_address(candidate)
                except ValueError:
                    continue
                if not (address.is_multicast or address.is_unspecified or address.is_loopback):
                    found[str(address)] = None
                break
    return list(found)


def neighbour_lines(addresses: list[str], links: list[Object], macs: Neighbours) -> list[str]:
    """Permanent neighbours on every wire, so that no packet waits for an answer."""
    names = [link["ifname"] for link in wired(links) if "UP" in link.get("flags", ["UP"])]
    return [
        f"neigh replace {address} lladdr {macs.mac(address)} dev {name} nud permanent"
        for name in names
        for address in addresses
    ]


class Neighbours:
    """MAC addresses that tell which address they stand for."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}

    def mac(self, address: str) -> str:
        """The MAC of a next hop: IPv4 is written into it, IPv6 gets a number."""
        packed = ipaddress.ip_address(address).packed
        if len(packed) == 4:
            mac = "02:04:" + packed.hex(":")
        else:
            known = [mac for mac, other in self._addresses.items() if other == address]
            mac = known[0] if known else "02:06:" + len(self._addresses).to_bytes(4, "big").hex(":")
        self._addresses[mac] = address
        return mac

    def address(self, mac: str) -> str | None:
        """The next hop that a MAC stands for."""
        return self._addresses.get(mac)


def destination_mac(address: str, link: Object, own: str) -> str:
    """The MAC a neighbour on a link would send to; `own` is that of the director's device."""
    target = ipaddress.ip_address(address)
    broadcasts = [info.get("broadcast") for info in link.get("addr_info", [])]
    if address == "255.255.255.255" or address in broadcasts:
        return "ff:ff:ff:ff:ff:ff"
    if not target.is_multicast:
        return own
    if target.version == 6:
        return "33:33:" + target.packed[-4:].hex(":")
    return "01:00:5e:" + (int(target) & 0x7FFFFF).to_bytes(3, "big").hex(":")
