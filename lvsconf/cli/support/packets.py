"""The packets that a command is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lvsconf.cli.support.errors import CommandError
from lvsconf.packets.packet import Packet, PacketError, parse_list


def read_packets(path: Path) -> tuple[list[dict[str, Any]], tuple[Packet, ...]]:
    """A JSON list of packets, as it stands and parsed; CommandError about what is wrong with it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return raw, parse_list(raw)
    except json.JSONDecodeError as error:
        raise CommandError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except (PacketError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
