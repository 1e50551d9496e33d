"""Packets, and the interpreters of Pred: one packet, and (later) sets of packets."""
