"""Which vectors go ahead of the drains before them, and which do not."""

import pytest

from contracts.accelerator import PRESETS
from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, ExecutionUnit, Opcode, decode
from hwservice.compiler import compile_network
from hwservice.compiler.verify import hazards
from hwservice.ir.program import Program
from tests.hwservice.compiler.reference import Builder, resnet8
from tests.hwservice.compiler.test_verify import rewritten

PYNQ = PRESETS["pynq-8x32"]


def layer_starts(program: Program) -> list[dict[str, int]]:
    """The first COMPUTE of every layer but the first."""
    found, border = [], False
    for index in range(program.instruction_count):
        start = HEADER_BYTES + index * INSTRUCTION_BYTES
        opcode, fields = decode(program.image[start : start + INSTRUCTION_BYTES].tobytes())
        if opcode is Opcode.COMPUTE and border:
            found.append(fields)
        border = opcode is not Opcode.COMPUTE and (border or opcode is Opcode.GEOMETRY)
    return found[1:]


def two_layers(height: int, width: int, filters: int) -> Program:
    """A 3 x 3 convolution that reads a map of so many channels that another one wrote."""
    b = Builder((4, height, width))
    return compile_network(b.network(b.conv(b.conv(b.input, filters), 8)), PYNQ)


def test_every_layer_of_a_resnet8_goes_ahead_of_the_drains_before_it() -> None:
    b = resnet8(16)
    starts = layer_starts(compile_network(b.network(b.layers[-1].output), PYNQ))
    assert len(starts) >= 9
    assert all(fields["ahead"] for fields in starts)


def test_vectors_far_from_the_last_tiles_go_ahead() -> None:
    (start,) = layer_starts(two_layers(32, 32, 8))
    assert start["ahead"] == 255
    assert start["lag"] == 1  # 36 vectors a tile: by then the tile before the last one is written


def test_a_layer_of_one_tile_goes_ahead_with_the_vectors_of_other_groups() -> None:
    (start,) = layer_starts(two_layers(4, 8, 16))
    assert (start["ahead"], start["lag"]) == (8 * 9, 1)


def test_a_layer_whose_sources_are_all_being_drained_waits() -> None:
    (start,) = layer_starts(two_layers(4, 8, 8))
    assert (start["ahead"], start["lag"]) == (0, 0)


@pytest.mark.parametrize(("height", "filters"), [(4, 8), (4, 16), (8, 8)])
def test_to_go_further_ahead_is_a_hazard(height: int, filters: int) -> None:
    program = two_layers(height, 8, filters)
    assert hazards(program) == []
    found = hazards(rewritten(program, ExecutionUnit.COMPUTE, ahead=255, lag=15))
    assert any("do not wait for the last 15 drained tiles" in str(hazard) for hazard in found)
