"""Targets, one file per iptables module."""
