"""Packets, and the interpreters of Pred: one packet, and sets of packets."""
