"""The reference packet-path engine: what Linux does with a packet, hook by hook, per kernel era."""
