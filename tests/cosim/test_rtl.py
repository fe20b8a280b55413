"""The RTL against the golden interpreter: whole programs, bit for bit, with stalls, resets and faults."""

from dataclasses import replace

import numpy as np
import pytest

from contracts.accelerator import PRESETS, Accelerator
from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, Counter, Fault, Opcode, Status, encode
from hwservice.compiler import compile_network
from hwservice.interpreter import Machine
from hwservice.ir.program import Program
from hwservice.simulators import SimulationOptions, SimulationResult, simulate
from tests.hwservice.compiler.networks import random_network
from tests.hwservice.compiler.reference import outputs, resnet8

pytestmark = pytest.mark.rtl

PYNQ = PRESETS["pynq-8x32"]
SMALL = Accelerator(
    name="small", rows=4, lanes=8, bank_depth=2048, vector_depth=128, list_depth=128, record_depth=32, dram_bytes=8
)
TIMELESS = (
    Counter.ISSUED,
    Counter.USEFUL_CELLS,
    Counter.BANK_READS,
    Counter.BANK_WRITES,
    Counter.DRAINS,
    Counter.SKIP_READS,
    Counter.DRAM_WRITE_BEATS,
)


def small_program(seed: int = 2) -> tuple[Program, np.ndarray]:
    """A random network with concatenation, pruned vectors and an unequal skip, and one input."""
    b, network = random_network(seed)
    return compile_network(network, SMALL), b.image()


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_equal_the_interpreter_with_their_counters(seed: int) -> None:
    program, image = small_program(seed) if seed % 6 not in (1, 5) else small_program(seed + 1)
    dram = program.memory()
    program.write_input(dram, image)
    golden = Machine(SMALL, dram).run(0)
    result = simulate(program, image[None])
    assert result.status is Status.DONE
    for name, values in program.read_outputs(dram).items():
        np.testing.assert_array_equal(result.outputs[0][name], values)
    for counter in TIMELESS:
        assert result.counters[0, counter] == golden.counters[counter], counter.name


def test_every_cycle_has_one_cause() -> None:
    result = run(*small_program())
    counters = result.counters[0]
    causes = counters[Counter.ISSUED : Counter.STALL_FETCH + 1]
    assert counters[Counter.CYCLES] == causes.sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stalls_on_every_axi_channel_change_nothing_but_time(seed: int) -> None:
    program, image = small_program()
    calm = run(program, image)
    stalled = run(program, image, SimulationOptions(stall_probability=0.4, stall_seed=seed))
    assert stalled.cycles[0] > calm.cycles[0]
    np.testing.assert_array_equal(stalled.outputs[0]["out0"], calm.outputs[0]["out0"])


@pytest.mark.parametrize("cycle", [20, 333, 2000])
def test_a_reset_in_the_middle_leaves_a_machine_that_works(cycle: int) -> None:
    program, image = small_program()
    calm, reset = run(program, image), run(program, image, SimulationOptions(reset_at=cycle))
    np.testing.assert_array_equal(reset.outputs[0]["out0"], calm.outputs[0]["out0"])
    assert reset.cycles[0] == calm.cycles[0]


def test_programs_follow_each_other_without_reset() -> None:
    b, network = random_network(2)
    program = compile_network(network, SMALL)
    images = np.stack([b.image() for _ in range(4)])
    result = simulate(program, images)
    assert len(set(result.cycles.tolist())) == 1
    for image, found in zip(images, result.outputs, strict=True):
        np.testing.assert_array_equal(found["out0"], outputs(network, image)["out0"])


def test_resnet8_reaches_its_utilisation_on_the_default_accelerator() -> None:
    b = resnet8()
    network = b.network(b.layers[-1].output)
    program = compile_network(network, PYNQ)
    image = b.image()
    result = run(program, image)
    np.testing.assert_array_equal(result.outputs[0]["out0"], outputs(network, image)["out0"])
    assert result.cycles[0] <= 52_000
    assert program.macs / (result.cycles[0] * PYNQ.cells) >= 0.94


@pytest.mark.parametrize(
    ("position", "replacement", "fault"),
    [
        (0, b"XXXX", Fault.BAD_MAGIC),
        (4, b"\xff\x7f", Fault.BAD_VERSION),
        (8, b"\0" * 8, Fault.BAD_DIGEST),
        (HEADER_BYTES, b"\0" * INSTRUCTION_BYTES, Fault.ILLEGAL_OPCODE),
        (HEADER_BYTES, encode(Opcode.COMPUTE, filters=1, tiles=1, list_length=1), Fault.ILLEGAL_FIELD),
        (HEADER_BYTES, encode(Opcode.SYNC, unit=1, wait_a=3), Fault.DEADLOCK),
    ],
)
def test_a_bad_program_ends_with_its_fault(position: int, replacement: bytes, fault: Fault) -> None:
    program, image = small_program()
    damaged = program.image.copy()
    damaged[position : position + len(replacement)] = np.frombuffer(replacement, np.uint8)
    result = run(replace(program, image=damaged), image)
    assert (result.status, result.fault) == (Status.ERROR, fault)


def run(program: Program, image: np.ndarray, options: SimulationOptions | None = None) -> SimulationResult:
    """One input."""
    return simulate(program, image[None], options)
