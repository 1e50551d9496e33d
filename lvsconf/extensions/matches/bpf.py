"""`-m bpf`: a program of the classic Berkeley packet filter."""

from __future__ import annotations

import re

from lvsconf.extensions.bpf_programs import Instruction, Program, check_program
from lvsconf.extensions.codecs import Text, cut_string
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

_LIMIT = 64
_PART = r"\s*([+-]?[0-9]{1,18})"
_HEAD = re.compile(_PART + ",", re.ASCII)
_INSTRUCTION = re.compile(r"\s+".join([_PART] * 4), re.ASCII)
_TOPS = (0xFFFF, 0xFF, 0xFF, 0xFFFFFFFF)


def _instruction(text: str) -> Instruction:
    """As sscanf reads it: each number is cut to its size, and what follows the four is not looked at."""
    found = _INSTRUCTION.match(text)
    if found is None:
        raise OptionError(f"{text!r} is not an instruction: code, two jumps and a constant, in decimal")
    code, jump_true, jump_false, constant = (int(part) & top for part, top in zip(found.groups(), _TOPS, strict=True))
    return code, jump_true, jump_false, constant


def _parse(words: tuple[str, ...], family: int) -> Program:
    head = _HEAD.match(words[0])
    if head is None:
        raise OptionError("a program begins with the number of its instructions and a comma")
    count = int(head[1]) & 0xFFFF
    if not 1 <= count <= _LIMIT:
        raise OptionError(f"a program has 1 to {_LIMIT} instructions")
    rest = words[0][head.end() :].removesuffix(",")
    program = tuple(_instruction(part) for part in rest.split(",") if rest)
    if len(program) != count:
        raise OptionError(f"the program is said to have {count} instructions, and has {len(program)}")
    check_program(program)
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
        Option("object-pinned", "object_pinned", cut_string(511)),
    ),
    check=check,
)
