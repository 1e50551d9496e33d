"""keepalived.conf(5), as keepalived 2.2.7 reads it.

Recognising it needs nothing more than this; `reader` reads it.
"""

from __future__ import annotations

import re

NAME = "keepalived"
EXPECTS = "keepalived.conf"

_BLOCK = re.compile(
    r"^[ \t]*(?:vrrp_instance|virtual_server(?:_group)?|vrrp_sync_group|vrrp_script|global_defs|static_ipaddress)\b",
    re.MULTILINE,
)


def recognise(text: str) -> bool:
    """Whether this is a configuration of keepalived."""
    return bool(_BLOCK.search(text))
