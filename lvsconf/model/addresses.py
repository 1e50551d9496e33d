"""Addresses as interfaces and routes have them."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

Network = IPv4Network | IPv6Network
InterfaceAddress = IPv4Interface | IPv6Interface
