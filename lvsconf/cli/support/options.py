"""Options that several commands take, with the same name and the same words everywhere."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from lvsconf.model.host import Role

_HOST = "What the host is"

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH…", help="Files of one host, directories of one host each, or - for standard input."),
]
Services = Annotated[
    list[str] | None,
    typer.Option(
        "--service",
        metavar="PROTO:VIP:PORT=METHOD:RIP",
        help="State a service, as in tcp:192.0.2.100:80=dr:10.0.0.2. Can be given several times.",
        rich_help_panel=_HOST,
    ),
]
HostRole = Annotated[Role | None, typer.Option("--role", help="What the host is for.", rich_help_panel=_HOST)]
Kernel = Annotated[
    str | None,
    typer.Option("--kernel", metavar="RELEASE", help="The kernel, as in 6.1.", rich_help_panel=_HOST),
]
Language = Annotated[
    str | None,
    typer.Option("--language", metavar="NAME", help="The language of the files, instead of recognising it."),
]
StdinFilename = Annotated[
    str | None,
    typer.Option("--stdin-filename", metavar="FILE", help="What to call standard input, and how to recognise it."),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="What must and must not get through, instead of the nearest lvsconf.toml up from each host.",
    ),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Take no lvsconf.toml.")]


class When(Enum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Colour = Annotated[When, typer.Option("--color", help="When to use colours.")]
