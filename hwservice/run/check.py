"""Every simulation is compared with a golden model, bit for bit."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwservice.content_cache import cached_folder, digest_of
from hwservice.interpreter import Machine
from hwservice.ir.program import Program
from hwservice.run.codec import load as load_arrays
from hwservice.run.codec import save as save_arrays
from hwservice.run.compiled import CompiledNetwork, code_digest
from hwservice.run.report import Check
from hwservice.simulators import SimulationResult

INTERPRETED_CELLS: Final = 40_000_000
"""Cells that the interpreter updates in about a second; beyond that the integer model stands for it."""
INTERPRETED_ENTRIES: Final = 20_000
"""List entries that it walks in about a second."""

Bytes = NDArray[np.uint8]
Outputs = dict[str, Bytes]
"""By name, [inputs, channels, height, width] each."""


def check_outputs(compiled: CompiledNetwork, inputs: Bytes, result: SimulationResult) -> Check:
    """Compare all outputs of all inputs with the golden interpreter where that takes about a second.

    Larger programs are compared with the fast integer model: the same integer network without a program. Golden outputs
    are kept by content; the comparison is made every time.
    """
    interpreted = is_small(compiled.program, len(inputs)) and result.simulator != "null"
    model, against = (_interpret, "golden interpreter") if interpreted else (_integer, "bit-exact integer model")
    key = digest_of(["golden", against, code_digest(), compiled.program.image.tobytes(), inputs.tobytes()])
    folder = cached_folder("golden", key, lambda folder: save_arrays(model(compiled, inputs), folder))
    return Check(_equal(result, load_arrays(folder)), against)


def is_small(program: Program, inputs: int) -> bool:
    """Whether the interpreter takes about a second at most."""
    cells = sum(mark.bound_cycles for mark in program.marks) * program.accelerator.cells
    entries = sum(mark.vectors for mark in program.marks)
    return inputs * cells <= INTERPRETED_CELLS and inputs * entries <= INTERPRETED_ENTRIES


def _integer(compiled: CompiledNetwork, inputs: Bytes) -> Outputs:
    # It needs onnx and its runtime, which together take a second to import.
    from hwservice import integer_model  # noqa: PLC0415  # only for what is not small

    return integer_model.run(compiled.network, inputs)


def _interpret(compiled: CompiledNetwork, inputs: Bytes) -> Outputs:
    program = compiled.program
    dram = program.memory()
    machine = Machine(program.accelerator, dram)
    found = []
    for values in inputs:
        program.write_input(dram, values)
        machine.run(0)
        found.append(program.read_outputs(dram))
    return {name: np.stack([outputs[name] for outputs in found]) for name in found[0]}


def _equal(result: SimulationResult, expected: Outputs) -> bool:
    return all(
        seen.keys() == expected.keys() and all(np.array_equal(seen[name], expected[name][k]) for name in expected)
        for k, seen in enumerate(result.outputs)
    )
