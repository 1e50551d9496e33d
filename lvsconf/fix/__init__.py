"""Mending what `lint` found: edits are applied, proven by linting again, and only then offered or written."""
