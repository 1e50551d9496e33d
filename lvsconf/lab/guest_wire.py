"""The silent namespace's side of the guest: injecting and catching frames, reading the kernel's log."""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import os
import socket
import struct
import time
from typing import Any

from lvsconf.lab import wire
from lvsconf.lab.network import Neighbours
from lvsconf.lab.tracelog import DISCOVERY_TYPES, TraceLine, cut

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 3, 0x0800, 0x0806, 0x86DD
PACKET_OUTGOING = 4
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFINDEX = 0x8913, 0x8914, 0x8933
IFF_UP, IFF_RUNNING = 1, 0x40
SO_RCVBUF_SIZE = 4 << 20
NEIGHBOUR_SOLICITATION = 135
# Guest seconds: the emulator skips idle time, so waiting is nearly free.
QUIET_LOOKS, LOOK_SECONDS = 2, 0.001


class Wire:
    """One socket over all far ends; the namespace it was opened in stays its own."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SO_RCVBUF_SIZE)
        self._ioctl = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def raise_link(self, name: str) -> None:
        """Set a far end up."""
        flags = link_flags(self._ioctl, name)
        fcntl.ioctl(self._ioctl, SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), flags | IFF_UP))

    def exists(self, name: str) -> bool:
        """Whether a far end is still there."""
        try:
            fcntl.ioctl(self._ioctl, SIOCGIFINDEX, struct.pack("16s16x", name.encode()))
        except OSError as error:
            if error.errno == errno.ENODEV:
                return False
            raise
        return True

    def inject(self, peer: str, device_mac: str, data: bytes) -> None:
        """Send an IP packet towards the director; a link that is down swallows it."""
        kind = ETH_P_IPV6 if data[0] >> 4 == 6 else ETH_P_IP
        source = bytes.fromhex("02fe00000001")
        frame = _mac_bytes(device_mac) + source + struct.pack("!H", kind) + data
        try:
            self._socket.sendto(frame, (peer, kind))
        except OSError as error:
            if error.errno not in (errno.ENETDOWN, errno.EMSGSIZE, errno.ENOBUFS):
                raise

    def send_frame(self, peer: str, frame: bytes) -> None:
        """Send a frame as it is."""
        self._socket.sendto(frame, (peer, 0))

    def caught(self) -> list[tuple[str, bytes]]:
        """Frames that the director has sent since the last call, with the far end that got them."""
        frames: list[tuple[str, bytes]] = []
        while True:
            try:
                frame, address = self._socket.recvfrom(1 << 17)
            except BlockingIOError:
                return frames
            if address[2] != PACKET_OUTGOING:
                frames.append((address[0], frame))


def link_flags(inside: socket.socket, name: str) -> int:
    """The flags of a device in the namespace that a socket was opened in."""
    request = fcntl.ioctl(inside, SIOCGIFFLAGS, struct.pack("16sH14x", name.encode(), 0))
    return int(struct.unpack_from("H", request, 16)[0])


class Log:
    """The kernel's log from now on."""

    def __init__(self) -> None:
        self._file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._file, 0, os.SEEK_END)

    def lines(self) -> list[TraceLine]:
        """TRACE lines since the last call."""
        lines: list[TraceLine] = []
        while True:
            try:
                record = os.read(self._file, 8192).decode("latin-1")
            except BlockingIOError:
                return lines
            except OSError as error:
                if error.errno == errno.EPIPE:
                    raise RuntimeError("the kernel's log overflowed") from error
                raise
            line = cut(record.partition(";")[2].partition("\n")[0])
            if line:
                lines.append(line)


class Observer:
    """Collects what the director does, and plays the neighbours' part meanwhile."""

    def __init__(self, link: Wire, log: Log, devices: dict[str, str], neighbours: Neighbours) -> None:
        self._link, self._log = link, log
        self._devices = {peer: name for name, peer in devices.items()}
        self._order = list(devices)
        self._neighbours = neighbours
        self._trace: list[TraceLine] = []
        self._egress: list[dict[str, Any]] = []

    def settle(self) -> None:
        """Wait until nothing more happens by itself."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            quiet = 0 if self._collect() else quiet + 1
            time.sleep(LOOK_SECONDS)

    def take(self, injected_type: int | None) -> tuple[list[TraceLine], list[dict[str, Any]]]:
        """All since the last call; neighbour discovery only shows when the injected packet is of it."""
        self._collect()
        hidden = DISCOVERY_TYPES - {injected_type}
        trace = [line for line in self._trace if line.icmpv6_type not in hidden]
        egress = [left for left in self._egress if left["proto"] != "icmpv6" or left.get("type") not in hidden]
        egress.sort(key=lambda left: self._order.index(left["dev"]))
        self._trace, self._egress = [], []
        return trace, egress

    def _collect(self) -> bool:
        lines, frames = self._log.lines(), self._link.caught()
        self._trace += lines
        for peer, frame in frames:
            # A far end of an earlier namespace may still have had something queued.
            if peer in self._devices:
                self._receive(peer, frame)
        return bool(lines or frames)

    def _receive(self, peer: str, frame: bytes) -> None:
        kind, data = struct.unpack_from("!H", frame, 12)[0], frame[14:]
        if kind == ETH_P_ARP:
            self._answer_arp(peer, frame)
        elif kind in (ETH_P_IP, ETH_P_IPV6):
            fields = wire.parse(data)
            if fields.get("proto") == "icmpv6" and fields.get("type") == NEIGHBOUR_SOLICITATION:
                self._answer_solicitation(peer, frame)
            target = fields["dst"] if frame[0] & 1 else self._neighbours.address(frame[:6].hex(":"))
            left = {"dev": self._devices[peer], "next_hop": target or fields["dst"]}
            self._egress.append(left | fields)

    def _answer_arp(self, peer: str, frame: bytes) -> None:
        operation, asker, sender, wanted = struct.unpack_from("!H6s4s6x4s", frame, 20)
        if operation != 1 or sender == wanted:
            return
        mac = _mac_bytes(self._neighbours.mac(str(ipaddress.ip_address(wanted))))
        reply = frame[14:20] + struct.pack("!H6s4s6s4s", 2, mac, wanted, asker, sender)
        self._link.send_frame(peer, asker + mac + struct.pack("!H", ETH_P_ARP) + reply)

    def _answer_solicitation(self, peer: str, frame: bytes) -> None:
        sender, wanted = frame[14 + 8 : 14 + 24], frame[14 + 48 : 14 + 64]
        if not any(sender) or len(wanted) < 16:
            return
        mac = _mac_bytes(self._neighbours.mac(str(ipaddress.ip_address(wanted))))
        # Solicited and overriding, with the target's link-layer address.
        body = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + wanted + b"\x02\x01" + mac
        total = wire.checksum(wanted + sender + struct.pack("!II", len(body), 58) + body)
        body = body[:2] + struct.pack("!H", total) + body[4:]
        header = struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + wanted + sender
        self._link.send_frame(peer, frame[6:12] + mac + struct.pack("!H", ETH_P_IPV6) + header + body)


def _mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
