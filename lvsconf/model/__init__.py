"""Immutable facts about a host and the two types that say what rules mean. No input or output, no text."""
