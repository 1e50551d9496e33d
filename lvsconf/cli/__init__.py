"""The commands: one module each, with a function `command` that returns an exit code, or a group of them, COMMANDS.

Only the module of the command that is called is imported; all of them for help, completion and wrong names.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from types import ModuleType
from typing import Any

import typer

from lvsconf.cli.support.errors import CommandError, complain

BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended
TROUBLE = 2
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def names() -> tuple[str, ...]:
    """Every command there is."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


def application(only: str | None = None) -> typer.Typer:
    """The command line with all commands, or with one of them."""
    app = typer.Typer(
        name="lvsconf",
        help="Lint, build and fix Linux Virtual Server directors and the netfilter rules around them.",
        epilog="Exit codes: 0 clean, 1 findings or differences, 2 bad usage or unreadable input.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_HELP_OPTIONS,
    )
    app.callback()(_root)
    for name in names() if only is None else (only,):
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, "COMMANDS"):
            app.add_typer(_group(module), name=name)
        else:
            app.command(name)(_exiting(module.command))
    return app


def _group(module: ModuleType) -> typer.Typer:
    """A command that is several: its module's COMMANDS, and HELP for all of them."""
    group = typer.Typer(help=module.HELP, no_args_is_help=True, rich_markup_mode=None, context_settings=_HELP_OPTIONS)
    for name, command in module.COMMANDS.items():
        group.command(name, context_settings=_HELP_OPTIONS)(_exiting(command))
    return group


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # What is printed must not depend on the locale, nor end in an exception for a file name that is not UTF-8.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    first = arguments[0] if arguments else ""
    try:
        application(first if first in names() else None)(list(arguments), prog_name="lvsconf")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except Exception:
        # Whatever it is, it must not pass for one of the exit codes that mean findings.
        traceback.print_exc()
        complain("this is a fault in lvsconf, not in what it read")
        return TROUBLE
    return 0


def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True),
) -> None:
    if version:
        from lvsconf.__main__ import __version__

        typer.echo(f"lvsconf {__version__}")
        raise typer.Exit


def _exiting(command: Callable[..., int | None]) -> Callable[..., None]:
    """A command as typer wants it: its exit code raised, and what goes wrong outside of it said in one line."""

    @functools.wraps(command)
    def exiting(*arguments: Any, **options: Any) -> None:
        try:
            code = command(*arguments, **options) or 0
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has gone. Python flushes once more at exit, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = BROKEN_PIPE
        except CommandError as trouble:
            complain(str(trouble))
            code = TROUBLE
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            code = TROUBLE
        raise typer.Exit(code)

    return exiting
