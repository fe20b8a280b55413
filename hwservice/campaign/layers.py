"""Rows of the table `layers`: what the compiler did with each layer, what the counters saw of it, what the expert expected."""

from typing import Any

from contracts import expert
from contracts.dataset import PASS_FACTS
from contracts.isa import Counter
from contracts.structure import Structure
from contracts.structure.facts import facts_of
from hwservice.campaign.code import table_of
from hwservice.ir.program import Program
from hwservice.run.report import Stretch, price

_OF_SHAPE = ("first_bytes", "stream_bytes", "map_bytes", "stored_bytes")


def layer_columns(structure: Structure, program: Program, parts: tuple[Stretch, ...]) -> dict[str, list[Any]]:
    """Column by column, one entry for each stretch of the program."""
    costs = price(parts, table_of(program.accelerator), program.accelerator)
    estimates: list[float | None] = list(expert.cycles(program.shape, program.accelerator))
    left = len(parts) - len(program.marks)
    columns: dict[str, list[Any]] = {
        "index": list(range(len(parts))),
        "name": [part.mark.name for part in parts],
        "operator": [part.mark.operator for part in parts],
        "cycles": [int(part.cycles) for part in parts],
        "energy_mj": [cost.total_mj.value for cost in costs],
        "expert_cycles": estimates + [None] * left,
    }
    for counter in Counter:
        if counter is not Counter.CYCLES:
            columns[counter.name.lower()] = [int(part.counters[counter]) for part in parts]
    for name, values in _facts(structure, program).items():
        columns[name] = values + [None] * left
    return columns


def _facts(structure: Structure, program: Program) -> dict[str, list[Any]]:
    """Facts as the compiler counted them; what it does not count (pitch, drains, ...) as foretold, which is exact."""
    found = facts_of(structure, program.accelerator)
    count = len(program.marks)
    columns: dict[str, list[Any]] = {}
    for name in PASS_FACTS:
        foretold = found.columns[name][0].tolist()
        columns[name] = (foretold + [None] * count)[:count]
    return columns | counted_facts(program)


def counted_facts(program: Program) -> dict[str, list[Any]]:
    """Columns of facts that the compiler counted, one entry for each layer."""
    layers, facts, marks = program.shape.layers, program.facts, program.marks
    return {
        **{name: [getattr(layer, name) for layer in layers] for name in _OF_SHAPE},
        "tiles": [f.tiles for f in facts],
        "filter_groups": [sum(g.count for g in f.groups) for f in facts],
        "longest": [max(g.vectors for g in f.groups) for f in facts],
        "channels": [f.channels for f in facts],
        "height": [f.height for f in facts],
        "width": [f.width for f in facts],
        "bands": [f.bands for f in facts],
        "filters": [m.filters for m in marks],
        "vectors": [m.vectors for m in marks],
        "array_cycles": [expert.array_cycles(layer) for layer in layers],
    }
