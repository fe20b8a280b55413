"""Functional coverage: which of the things that the instruction set can say some programs say.

`python -m tests.cosim.coverage` prints the table for the suite's random programs. No hardware is needed to count.
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import product

from contracts.isa import (
    HEADER_BYTES,
    INSTRUCTION_BYTES,
    INSTRUCTIONS,
    Field,
    Opcode,
    decode,
)
from hwservice.ir.program import Program
from tests.cosim.random_programs import random_program
from tests.cosim.test_rtl import SMALL

SEEDS = range(120)
"""The random programs that the suite runs on the RTL."""

MODES = {
    (Opcode.LOAD, "target"): 4,
    (Opcode.OUTPUT, "stride_x"): 16,
    (Opcode.OUTPUT, "stride_y"): 16,
    (Opcode.SYNC, "unit"): 3,
}
"""Fields of which each value is a bin of its own, and how many values are legal."""

LEGAL_FROM_ONE = {"beats", "planes", "pitch", "list_length", "filters", "tiles"}
TOP = {
    "local_address": "the memories are smaller than the field",
    "list_address": "the memories are smaller than the field",
    "vector_address": "the memories are smaller than the field",
    "record_address": "the memories are smaller than the field",
    "local_stride": "the memories are smaller than the field",
    "list_length": "the list memory is smaller than the field",
    "filters": "more than the rows of any accelerator",
    "dram_address": "no simulated DRAM has 4 GiB",
    "dram_stride": "no simulated DRAM has 4 GiB",
    "beats": "the memories are smaller than the field",
    "planes": "the memories are smaller than the field",
    "tiles": "a million tiles: the walk would take hours",
    "offset": "drains would leave the banks",
    "phase_rows": "drains would leave the banks",
    "wait_a": "255 tokens on their way: see the fault tests",
    "wait_b": "255 tokens on their way: see the fault tests",
    "origin_flat": "addresses wrap at 2**22: the ends are odd, the plans use whole turns",
    "pitch": "OUTPUT: a scatter of that pitch leaves the banks",
}
"""Fields whose ends are out of reach of a legal program on `SMALL`, and why."""

CROSSES: dict[str, tuple[str, ...]] = {
    "drain": ("scatter", "mid_wide", "maximum", "pool", "last"),
    "sums": ("maximum", "first", "last", "pool"),
    "cursor": ("rewind", "hold", "several tiles", "last"),
    "scatter": ("scatter", "stride kind", "several tiles", "mid_wide"),
    "pairs": ("scatter", "paired", "stride kind", "several tiles"),
}
"""Names of flags seen together at a COMPUTE."""


def bins() -> dict[str, str]:
    """Every bin; the reason why it cannot be reached, or an empty text."""
    found = {f"opcode {opcode.name}": "" for opcode in Opcode}
    for opcode, form in INSTRUCTIONS.items():
        for field in form.all_fields[1:]:
            for name in _field_bins(opcode, field):
                found[f"{opcode.name}.{field.name} {name}"] = _unreachable(opcode, field, name)
    for cross, names in CROSSES.items():
        for values in product(*(range(3 if name == "stride kind" else 2) for name in names)):
            seen = dict(zip(names, values, strict=True))
            found[f"cross {cross} {seen}"] = _contradiction(seen)
    return found


def covered(programs: Iterable[Program]) -> set[str]:
    """The bins that some programs reach."""
    return {name for program in programs for name in _of_program(program)}


def _field_bins(opcode: Opcode, field: Field) -> list[str]:
    if (opcode, field.name) in MODES:
        return [f"= {value}" for value in range(MODES[opcode, field.name])]
    return ["= 0", "= 1"] if field.bits == 1 else ["least", "middle", "greatest"]


def _bin_of(opcode: Opcode, field: Field, value: int) -> str:
    if (opcode, field.name) in MODES or field.bits == 1:
        return f"= {value}"
    low, high = field.range
    least = 1 if _from_one(opcode, field.name) else low
    return "least" if value == least else "greatest" if value == high else "middle"


def _from_one(opcode: Opcode, name: str) -> bool:
    return name in LEGAL_FROM_ONE and not (opcode is Opcode.OUTPUT and name == "pitch")


def _unreachable(opcode: Opcode, field: Field, name: str) -> str:
    if opcode is Opcode.GEOMETRY and field.name == "pitch":
        return ""
    if name == "least" and field.name == "dram_address" and opcode is not Opcode.LOAD:
        return "DRAM address 0 holds the program"
    if name == "greatest" or (name == "least" and field.signed):
        return TOP.get(field.name, "")
    return ""


def _contradiction(seen: dict[str, int]) -> str:
    if seen.get("scatter") and seen.get("pool"):
        return "illegal: a pooled sum scattered"
    if seen.get("several tiles") and not seen.get("last", 1) and "pool" in seen and not seen["pool"]:
        return "illegal: sums of several tiles carried on"
    return ""


def _of_program(program: Program) -> Iterator[str]:
    raw = program.image.tobytes()
    output: dict[str, int] = {}
    for index in range(program.instruction_count):
        at = HEADER_BYTES + index * INSTRUCTION_BYTES
        opcode, values = decode(raw[at : at + INSTRUCTION_BYTES])
        yield f"opcode {opcode.name}"
        for field in INSTRUCTIONS[opcode].all_fields[1:]:
            yield f"{opcode.name}.{field.name} {_bin_of(opcode, field, values[field.name])}"
        output = values if opcode is Opcode.OUTPUT else output
        if opcode is Opcode.COMPUTE:
            yield from _crosses({**output, **values})


def _crosses(values: dict[str, int]) -> Iterator[str]:
    widest = max(values["stride_x"], values["stride_y"])
    values = {**values, "several tiles": int(values["tiles"] > 1), "stride kind": min(max(widest, 1), 3) - 1}
    for cross, names in CROSSES.items():
        yield f"cross {cross} { ({name: values[name] for name in names}) }"


def report(reached: set[str]) -> str:
    """A table: per instruction and cross the bins, those that can be reached, those that are, and what is missing."""
    lines = ["| what | bins | reachable | reached |", "| --- | --- | --- | --- |"]
    groups: dict[str, list[str]] = {}
    everything = bins()
    for name in everything:
        first, second = name.split(" ")[:2]
        groups.setdefault(first.split(".")[0] if first != "cross" else f"cross {second}", []).append(name)
    for group, names in groups.items():
        open_ = [name for name in names if not everything[name]]
        lines.append(f"| {group} | {len(names)} | {len(open_)} | {sum(name in reached for name in open_)} |")
    return "\n".join(lines)


def missing(reached: set[str]) -> list[str]:
    """Bins that can be reached and are not."""
    return [name for name, reason in bins().items() if not reason and name not in reached]


def suite() -> set[str]:
    """What the suite's random programs reach."""
    return covered(random_program(SMALL, seed)[0] for seed in SEEDS)


def main() -> None:
    """Print the table and what is missing."""
    reached = suite()
    sys.stdout.write(report(reached) + "\n")
    for name in missing(reached):
        sys.stdout.write(f"missing: {name}\n")


if __name__ == "__main__":
    main()
