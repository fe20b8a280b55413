"""Programs compute what the integer network says, whatever its geometry and wherever its maps live."""

from collections.abc import Callable

import numpy as np
import pytest

from contracts.accelerator import PRESETS, Accelerator
from contracts.isa import HEADER_BYTES, HEADER_FIELDS, Opcode, Status, unpack
from hwservice.compiler import compile_network, listing
from hwservice.compiler.verify import hazards
from hwservice.interpreter import Machine
from hwservice.ir.quantised import QuantisedNetwork, Source, Tensor
from tests.hwservice.compiler.networks import random_network
from tests.hwservice.compiler.reference import Builder, outputs, resnet8, resnet50

PYNQ = PRESETS["pynq-8x32"]
SMALL = Accelerator(
    name="small", rows=4, lanes=8, bank_depth=2048, vector_depth=128, list_depth=128, record_depth=32, dram_bytes=8
)


def assert_program_is_right(b: Builder, network: QuantisedNetwork, accelerator: Accelerator) -> None:
    """Run on the golden interpreter, compare with the reference; no order among units is left to chance."""
    program = compile_network(network, accelerator)
    assert hazards(program) == []
    image, dram = b.image(), program.memory()
    program.write_input(dram, image)
    outcome = Machine(accelerator, dram).run(0)
    assert outcome.status is Status.DONE, outcome.why
    expected, found = outputs(network, image), program.read_outputs(dram)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("seed", range(18))
def test_a_random_network_computes_what_it_should(seed: int) -> None:
    b, network = random_network(seed)
    assert_program_is_right(b, network, PYNQ)


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 8, 9, 10])
def test_a_random_network_survives_tiny_memories(seed: int) -> None:
    b, network = random_network(seed)
    assert_program_is_right(b, network, SMALL)


def test_a_large_kernel_on_a_large_map_gives_no_more_tokens_than_a_counter_holds() -> None:
    b = Builder((1, 48, 48))
    assert_program_is_right(b, b.network(b.conv(b.input, 3, (20, 20), pads=(10, 10, 9, 9))), PYNQ)


def test_a_map_that_does_not_fit_runs_in_bands() -> None:
    b = resnet8(32)
    network = b.network(b.layers[-1].output)
    small = SMALL.with_(bank_depth=4096, vector_depth=512, list_depth=512)
    assert max(mark.bands for mark in compile_network(network, small).marks) > 1
    assert_program_is_right(b, network, small)


def test_resnet50_at_224_compiles_for_the_smallest_preset() -> None:
    b = resnet50(224)
    smallest = min(PRESETS.values(), key=lambda a: a.activation_bytes)
    program = compile_network(b.network(b.layers[-1].output), smallest)
    assert len(program.marks) == len(b.layers) + 3  # a copy in phases for each 1x1 convolution with a stride
    assert sum(mark.macs for mark in program.marks) > 4_000_000_000
    assert max(mark.bands for mark in program.marks) > 1


def test_filters_that_do_not_fit_together_run_in_parts() -> None:
    b = Builder((8, 24, 24))
    x = b.conv(b.input, 64)
    network = b.network(b.conv(b.conv(x, 64, groups=64, stride=(2, 2)), 8), b.conv(x, 16, groups=4, keep=0.7))
    bands = {mark.name: mark.bands for mark in compile_network(network, SMALL.with_(bank_depth=448)).marks}
    assert bands["layer1"] > 12  # more than output rows
    assert_program_is_right(b, network, SMALL.with_(bank_depth=448))


def test_resnet8_reaches_its_list_length_bound() -> None:
    b = resnet8()
    program = compile_network(b.network(b.layers[-1].output), PYNQ)
    assert sum(mark.bound_cycles for mark in program.marks) == 49_088
    assert program.macs == 12_501_632


def test_removed_weight_vectors_leave_the_lists() -> None:
    dense, half = resnet8(), resnet8(keep=0.5)
    count = [sum(m.vectors for m in compile_network(b.network(b.layers[-1].output), PYNQ).marks) for b in (dense, half)]
    assert count[1] < 0.56 * count[0]


def test_concatenation_and_gather_add_no_instructions() -> None:
    def count(pick: Callable[[Builder, Tensor, Tensor], tuple[Source, ...]]) -> tuple[int, int]:
        b = Builder((8, 16, 16))
        x = b.conv(b.input, 12)
        program = compile_network(b.network(b.conv(pick(b, x, b.conv(x, 24)), 8)), PYNQ)
        return program.instruction_count, program.marks[-1].vectors

    plain = count(lambda b, _, y: b.sources(y))
    assert count(lambda b, x, y: b.sources(x) + b.sources(y)[:12]) == plain
    assert count(lambda b, _, y: b.sources(y)[::-1]) == plain
    assert count(lambda b, _, y: b.sources(y)[::2]) == (plain[0], plain[1] // 2)


def test_each_filter_group_walks_its_own_vectors() -> None:
    b = Builder((8, 8, 8))
    network = b.network(b.conv(b.input, 16))
    weights = network.layers[0].weights
    assert weights is not None
    weights[:8, 2:] = 0
    (mark,) = compile_network(network, PYNQ).marks
    assert mark.vectors == 9 * (2 + 8)
    assert_program_is_right(b, network, PYNQ)


def test_lists_that_do_not_all_fit_beside_the_shared_one_are_loaded_again() -> None:
    b = Builder((10, 4, 6))
    network = b.network(b.conv(b.input, 40))
    weights = network.layers[0].weights
    assert weights is not None
    for group in range(1, 10, 2):  # the others walk all 90 vectors of 128 that fit
        weights[4 * group : 4 * group + 4] *= b.random.random((1, *weights.shape[1:])) < 0.5
    assert_program_is_right(b, network, SMALL)


def test_weights_of_more_than_half_the_memory_are_loaded_once_in_pieces() -> None:
    b = Builder((10, 8, 8))
    network = b.network(b.conv(b.input, 12))  # 90 vectors for each group of 4, where 128 fit
    program = compile_network(network, SMALL)
    (layer,) = program.shape.layers
    assert layer.stream_bytes < 1.3 * 12 * 90 + 4 * 90 + 16 * 12
    assert_program_is_right(b, network, SMALL)


@pytest.mark.parametrize(("channels", "filters", "last"), [(15, 22, 6), (17, 24, 10), (9, 26, 21)])
def test_records_are_not_overwritten_before_a_drain_that_a_streamed_list_overtook(
    channels: int, filters: int, last: int
) -> None:
    b = Builder((6, 5, 5))
    x = b.conv(b.maximum(b.conv(b.input, channels)), filters)  # over 128 vectors a group: they come in pieces
    assert_program_is_right(b, b.network(b.conv(b.total(x), last, (1, 1))), SMALL)


def test_a_residual_may_cover_only_some_filters() -> None:
    b = Builder((4, 8, 8))
    x = b.conv(b.input, 6)
    skip = (*b.sources(x), None, None, None)
    assert_program_is_right(b, b.network(b.conv(x, 9, skip=skip)), PYNQ)


def test_the_header_names_the_accelerator() -> None:
    b = Builder((3, 8, 8))
    program = compile_network(b.network(b.conv(b.input, 4)), PYNQ)
    header = unpack(HEADER_FIELDS, int.from_bytes(program.image[:HEADER_BYTES].tobytes(), "little"))
    assert header["digest"] == PYNQ.digest
    assert header["instruction_count"] == program.instruction_count


def test_the_listing_shows_every_instruction() -> None:
    b = Builder((3, 8, 8))
    program = compile_network(b.network(b.conv(b.input, 4)), PYNQ)
    lines = listing(program).splitlines()
    assert len(lines) == program.instruction_count + 1
    assert {line.split()[1] for line in lines[1:]} == {opcode.name for opcode in Opcode} - {"SYNC"}
    assert any("COMPUTE" in line and "filters=4" in line for line in lines)
