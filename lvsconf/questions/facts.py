"""What is known of a host, without the places where it stands: to tell whether two hosts are alike in something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from lvsconf.source import Span


def unplaced(value: object) -> object:
    """The same as nested tuples that compare equal wherever the facts were read."""
    if isinstance(value, Span):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(unplaced(getattr(value, item.name)) for item in fields(value)))
    if isinstance(value, Mapping):
        return tuple((key, unplaced(value[key])) for key in sorted(value, key=str))
    if isinstance(value, tuple | list):
        return tuple(unplaced(item) for item in value)
    return value


def alike(one: object, other: object) -> bool:
    """Whether two values say the same."""
    return one == other or unplaced(one) == unplaced(other)
