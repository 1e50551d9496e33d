"""Matches, one file per iptables module."""
