"""The RTL against the golden interpreter: whole programs, bit for bit, with stalls, resets and faults."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.accelerator import ISA_VERSION, PRESETS, Accelerator
from contracts.isa import (
    HEADER_BYTES,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    MAGIC,
    TOKEN_LIMIT,
    Counter,
    ExecutionUnit,
    Fault,
    Opcode,
    Status,
    Target,
    encode,
    pack,
)
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.interpreter import Machine
from hwservice.ir.program import Program
from hwservice.simulators import SimulationOptions, SimulationResult, simulate
from tests.cosim.testbench.checker import TIMELESS
from tests.hwservice.compiler.networks import random_network
from tests.hwservice.compiler.reference import Builder, outputs, resnet8, resnet50

pytestmark = pytest.mark.rtl

Bytes = NDArray[np.uint8]

PYNQ = PRESETS["pynq-8x32"]
SMALL = Accelerator(
    name="small", rows=4, lanes=8, bank_depth=2048, vector_depth=128, list_depth=128, record_depth=32, dram_bytes=8
)


def small_program(seed: int = 2) -> tuple[Program, Bytes]:
    """A random network with concatenation, pruned vectors and an unequal skip, and one input."""
    b, network = random_network(seed)
    return compile_network(network, SMALL), b.image()


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_equal_the_interpreter_with_their_counters(seed: int) -> None:
    program, image = small_program(seed) if seed % 6 not in (1, 5) else small_program(seed + 1)
    assert_equals_the_interpreter(program, image)


def test_inputs_that_run_at_the_same_time_give_what_each_gives_alone() -> None:
    program, image = small_program()
    images = np.stack([image ^ np.uint8(n) for n in range(5)])
    together = simulate(program, images)
    for n, values in enumerate(images):
        alone = simulate(program, values[None])
        assert np.array_equal(together.counters[n], alone.counters[0])
        assert np.array_equal(together.snapshots[n], alone.snapshots[0])
        for name, bytes_ in alone.outputs[0].items():
            assert np.array_equal(together.outputs[n][name], bytes_)


@pytest.mark.parametrize("preset", ["edge-8x8", "pynq-8x32"])
def test_resnet8_equals_the_interpreter_with_its_counters(preset: str) -> None:
    b = resnet8(16)
    assert_equals_the_interpreter(compile_network(b.network(b.layers[-1].output), PRESETS[preset]), b.image())


@pytest.mark.parametrize("stalls", [SimulationOptions(), SimulationOptions(stall_probability=0.3, stall_seed=7)])
def test_maps_that_live_in_dram_equal_the_interpreter(stalls: SimulationOptions) -> None:
    b = Builder((4, 40, 40))
    x = b.conv(b.input, 8)
    y, z = b.conv(x, 8, stride=(2, 2)), b.conv(x, 8, skip=b.sources(x))
    program = compile_network(b.network(b.conv(z, 4, (5, 5)), b.conv(y, 4)), SMALL)
    assert min(mark.bands for mark in program.marks[:5]) > 1
    assert_equals_the_interpreter(program, b.image(), stalls)


@pytest.mark.parametrize("stalls", [SimulationOptions(), SimulationOptions(stall_probability=0.3, stall_seed=7)])
def test_sources_that_pass_in_slices_equal_the_interpreter(stalls: SimulationOptions) -> None:
    b = Builder((4, 5, 14))
    wide = b.conv(b.conv(b.input, 400, (1, 1)), 5, keep=0.5)
    program = compile_network(b.network(b.conv(wide, 3)), SMALL)
    assert_equals_the_interpreter(program, b.image(), stalls)


def test_a_sum_over_a_map_that_passes_in_slices_equals_the_interpreter() -> None:
    b = Builder((2, 130, 130))
    program = compile_network(b.network(b.conv(b.total(b.input), 3, (1, 1))), SMALL)
    assert_equals_the_interpreter(program, b.image())


@pytest.mark.parametrize("stall_probability", [0.0, 0.3])
def test_every_cycle_has_one_cause(stall_probability: float) -> None:
    result = run(*small_program(), SimulationOptions(stall_probability=stall_probability))
    for counters in (*result.counters, *result.snapshots[0]):
        assert counters[Counter.CYCLES] == counters[Counter.ISSUED : Counter.STALL_FETCH + 1].sum()


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


@pytest.mark.slow
def test_a_resnet50_whose_maps_exceed_the_chip_is_exact_at_224() -> None:
    b = resnet50(224, width=16)
    network = b.network(b.layers[-1].output)
    program = compile_network(network, PRESETS["edge-8x8"])
    assert sum(mark.bands > 1 for mark in program.marks) > 4
    image = b.image()
    result = run(program, image)
    assert result.status is Status.DONE
    np.testing.assert_array_equal(result.outputs[0]["out0"], integer_model.run(network, image[None])["out0"][0])


SIGNAL = encode(Opcode.SYNC, unit=ExecutionUnit.LOAD, signal_a=1)
TRANSFER = {"beats": 1, "planes": 1}
WINDOW = (encode(Opcode.GEOMETRY, pitch=8), encode(Opcode.OUTPUT, x1=8, y1=8))


@pytest.mark.parametrize(
    ("fault", "instructions"),
    [
        (Fault.ILLEGAL_OPCODE, [bytes(INSTRUCTION_BYTES)]),
        (Fault.ILLEGAL_OPCODE, [b"\x0f" + bytes(INSTRUCTION_BYTES - 1)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.COMPUTE, filters=1, tiles=1, list_length=1, first=1, last=1)]),
        (Fault.ILLEGAL_FIELD, [*WINDOW, encode(Opcode.COMPUTE, filters=5, tiles=1, list_length=1, first=1, last=1)]),
        (Fault.ILLEGAL_FIELD, [*WINDOW, encode(Opcode.COMPUTE, filters=1, tiles=0, list_length=1, first=1, last=1)]),
        (Fault.ILLEGAL_FIELD, [*WINDOW, encode(Opcode.COMPUTE, filters=1, tiles=2, list_length=1, first=1)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.GEOMETRY)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.OUTPUT, scatter=1, stride_x=1)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.LOAD, target=Target.BANK, planes=1)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.LOAD, target=Target.BANK, **TRANSFER, dram_address=4)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.LOAD, target=Target.RECORD, **TRANSFER)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.STORE, **TRANSFER, local_address=SMALL.bank_depth)]),
        (Fault.ILLEGAL_FIELD, [encode(Opcode.SYNC, unit=3)]),
        (Fault.DRAM_ERROR, [encode(Opcode.LOAD, target=Target.BANK, **TRANSFER, dram_address=1 << 30)]),
        (Fault.DRAM_ERROR, [encode(Opcode.STORE, **TRANSFER, dram_address=1 << 30)]),
        (Fault.TOKEN_OVERFLOW, [SIGNAL] * (TOKEN_LIMIT + 1)),
        (Fault.TOKEN_OVERFLOW, [encode(Opcode.SYNC, unit=ExecutionUnit.STORE, signal_b=1)] * (TOKEN_LIMIT + 9)),
        (Fault.DEADLOCK, [encode(Opcode.SYNC, unit=ExecutionUnit.COMPUTE, wait_a=3)]),
        (Fault.DEADLOCK, [encode(Opcode.STORE_COUNTERS)]),
    ],
)
def test_a_bad_instruction_ends_the_program_with_its_fault(fault: Fault, instructions: list[bytes]) -> None:
    program = by_hand(*instructions)
    golden = Machine(SMALL, program.memory()).run(0)
    result = run(program, small_program()[1])
    assert (golden.status, golden.fault) == (Status.ERROR, fault)
    assert (result.status, result.fault) == (Status.ERROR, fault)
    assert result.fault_index == golden.fault_index


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ({"magic": 1}, Fault.BAD_MAGIC),
        ({"isa_version": ISA_VERSION + 1}, Fault.BAD_VERSION),
        ({"digest": PYNQ.digest}, Fault.BAD_DIGEST),
    ],
)
def test_a_bad_header_ends_the_program_with_its_fault(header: dict[str, int], fault: Fault) -> None:
    result = run(by_hand(**header), small_program()[1])
    assert (result.status, result.fault) == (Status.ERROR, fault)


def test_a_program_without_instructions_is_done() -> None:
    assert run(by_hand(), small_program()[1]).status is Status.DONE


def by_hand(*instructions: bytes, **header: int) -> Program:
    """A program of these instructions for `SMALL`."""
    fields = {
        "magic": MAGIC,
        "isa_version": ISA_VERSION,
        "digest": SMALL.digest,
        "instruction_count": len(instructions),
    }
    text = pack(HEADER_FIELDS, {**fields, **header}).to_bytes(HEADER_BYTES, "little") + b"".join(instructions)
    program, _ = small_program()
    return replace(program, image=np.frombuffer(text, np.uint8), instruction_count=len(instructions))


def assert_equals_the_interpreter(program: Program, image: Bytes, options: SimulationOptions | None = None) -> None:
    """Outputs bit for bit, and all counters that do not depend on time."""
    dram = program.memory()
    program.write_input(dram, image)
    golden = Machine(program.accelerator, dram).run(0)
    result = run(program, image, options)
    assert (golden.status, result.status) == (Status.DONE, Status.DONE)
    for name, values in program.read_outputs(dram).items():
        np.testing.assert_array_equal(result.outputs[0][name], values)
    for counter in TIMELESS:
        assert result.counters[0, counter] == golden.counters[counter], counter.name


def run(program: Program, image: Bytes, options: SimulationOptions | None = None) -> SimulationResult:
    """One input."""
    return simulate(program, image[None], options)
