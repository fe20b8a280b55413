"""A program as text, one instruction per line."""

from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, decode
from hwservice.ir.program import Program


def listing(program: Program) -> str:
    """Disassembly: index, opcode and every field that is not 0."""
    lines = [f"; {program.name} for {program.accelerator.name}, {program.instruction_count} instructions"]
    for index in range(program.instruction_count):
        start = HEADER_BYTES + index * INSTRUCTION_BYTES
        opcode, fields = decode(program.image[start : start + INSTRUCTION_BYTES].tobytes())
        text = " ".join(f"{name}={value}" for name, value in fields.items() if value and name != "opcode")
        lines.append(f"{index:6d}  {opcode.name:<14} {text}".rstrip())
    return "\n".join(lines) + "\n"
