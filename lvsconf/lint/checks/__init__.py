"""The checks, one file per rule: each asks questions and yields findings."""
