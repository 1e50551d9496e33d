"""What the kernel asks of a program of the classic Berkeley packet filter (net/core/filter.c, bpf_check_classic)."""

from __future__ import annotations

from lvsconf.extensions.options import OptionError

Instruction = tuple[int, int, int, int]
"""Code, jump when true, jump when false, constant."""
Program = tuple[Instruction, ...]

_ALU = 0x04
_K, _X = 0x00, 0x08
_OPERATIONS = {"add": 0x00, "sub": 0x10, "mul": 0x20, "div": 0x30, "or": 0x40, "and": 0x50, "lsh": 0x60, "rsh": 0x70,
               "neg": 0x80, "mod": 0x90, "xor": 0xA0}  # fmt: skip
_RETURNS = frozenset({0x06, 0x16})
_JUMP_ALWAYS = 0x05
_JUMPS = frozenset({0x15, 0x1D, 0x25, 0x2D, 0x35, 0x3D, 0x45, 0x4D})
_MEMORY = frozenset({0x60, 0x61, 0x02, 0x03})
_LOADS = frozenset({0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0x00, 0x01, 0xB1})
_MOVES = frozenset({0x07, 0x87})
_CALCULATIONS = frozenset(_ALU | code | source for code in _OPERATIONS.values() for source in (_K, _X)) - {0x8C}
_CODES = _RETURNS | {_JUMP_ALWAYS} | _JUMPS | _MEMORY | _LOADS | _MOVES | _CALCULATIONS

_CELLS = 16
_BITS = 32
_NO_ZERO = frozenset(_ALU | _OPERATIONS[name] for name in ("div", "mod"))
_SHIFTS = frozenset(_ALU | _OPERATIONS[name] for name in ("lsh", "rsh"))


def check_program(program: Program) -> None:
    """Known codes, jumps within the program, an answer at the end; raises OptionError."""
    for place, (code, jump_true, jump_false, constant) in enumerate(program):
        left = len(program) - place - 1
        if code not in _CODES:
            fault = f"has no code {code}"
        elif code in _NO_ZERO and not constant:
            fault = "divides by 0"
        elif code in _SHIFTS and constant >= _BITS:
            fault = f"shifts by {constant} bits"
        elif code in _MEMORY and constant >= _CELLS:
            fault = f"has no cell {constant}"
        elif (code == _JUMP_ALWAYS and constant >= left) or (code in _JUMPS and max(jump_true, jump_false) >= left):
            fault = "jumps behind its end"
        else:
            continue
        raise OptionError(f"instruction {place + 1}: the filter {fault}")
    if program[-1][0] not in _RETURNS:
        raise OptionError("the program does not end with an answer")
    _check_cells(program)


def _check_cells(program: Program) -> None:
    """No cell is read that some way to the instruction has not written (check_load_and_stores)."""
    known = [0xFFFF] * (len(program) + 1)
    written = 0
    for place, (code, jump_true, jump_false, constant) in enumerate(program):
        written &= known[place]
        if code in (0x02, 0x03):
            written |= 1 << constant
        elif code in (0x60, 0x61):
            if not written & 1 << constant:
                raise OptionError(f"instruction {place + 1}: cell {constant} is read before it is written")
        elif code == _JUMP_ALWAYS:
            known[place + 1 + constant] &= written
            written = 0xFFFF
        elif code in _JUMPS:
            known[place + 1 + jump_true] &= written
            known[place + 1 + jump_false] &= written
            written = 0xFFFF
