"""A packet of a witness in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FLAGS = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", "A": "ACK", "U": "URG"}


def describe(packet: Mapping[str, Any]) -> str:
    """One line: `tcp SYN 198.51.100.7:40000 → 192.0.2.1:80 on eth0`. Fields with their default value are left out."""
    words = [str(packet.get("proto", "?"))]
    if "type" in packet:
        words.append(f"type {packet['type']} code {packet.get('code', 0)}")
    if "flags" in packet:
        words.append("+".join(_FLAGS.get(letter, letter) for letter in packet["flags"]) or "no flags")
    words += [_end(packet, "src", "sport"), "→", _end(packet, "dst", "dport")]
    if "in" in packet:
        words.append("sent by the host" if packet["in"] is None else f"on {packet['in']}")
    words += [f"{key} {packet[key]}" for key in ("ttl", "at") if key in packet]
    if packet.get("df"):
        words.append("df")
    if packet.get("payload"):
        payload = packet["payload"]
        words.append(f"payload {payload['text']!r}" if isinstance(payload, Mapping) else f"payload {payload}")
    if "inner" in packet:
        words.append(f"about ({describe(packet['inner'])})")
    return " ".join(words)


def _end(packet: Mapping[str, Any], address: str, port: str) -> str:
    host = str(packet.get(address, "?"))
    if port not in packet:
        return host
    return f"[{host}]:{packet[port]}" if ":" in host else f"{host}:{packet[port]}"
