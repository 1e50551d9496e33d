"""`-m bpf`: a program of the classic Berkeley packet filter."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import Text, string
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

_LIMIT = 64
_INSTRUCTION = re.compile(r"\s*(\d{1,5})\s+(\d{1,3})\s+(\d{1,3})\s+(\d{1,10})\s*", re.ASCII)
_TOPS = (0xFFFF, 0xFF, 0xFF, 0xFFFFFFFF)

Program = tuple[tuple[int, ...], ...]


def _instruction(text: str) -> tuple[int, ...]:
    found = _INSTRUCTION.fullmatch(text)
    values = tuple(map(int, found.groups())) if found else ()
    if not values or any(value > top for value, top in zip(values, _TOPS, strict=True)):
        raise OptionError(f"{text!r} is not an instruction: code, two jumps and a constant, in decimal")
    return values


def _parse(words: tuple[str, ...], family: int) -> Program:
    count, comma, rest = words[0].partition(",")
    if not comma or not re.fullmatch(r"\d{1,5}", count, re.ASCII):
        raise OptionError("a program begins with the number of its instructions and a comma")
    if not 1 <= int(count) <= _LIMIT:
        raise OptionError(f"a program has 1 to {_LIMIT} instructions")
    program = tuple(_instruction(part) for part in rest.removesuffix(",").split(","))
    if len(program) != int(count):
        raise OptionError(f"the program is said to have {count} instructions, and has {len(program)}")
    return program


def _show(value: Program, family: int) -> tuple[str, ...]:
    return (Text(",".join((str(len(value)), *(" ".join(map(str, instruction)) for instruction in value)))),)


def check(arguments: Arguments, family: int) -> None:
    """One of the two."""
    if len(arguments) != 1:
        raise OptionError("-m bpf needs either --bytecode or --object-pinned")


MODULE = MatchModule(
    name="bpf",
    options=(
        Option("bytecode", "bytecode", Codec(1, _parse, _show, "a program as nfbpf_compile prints it")),
        Option("object-pinned", "object_pinned", string(511)),
    ),
    check=check,
)
