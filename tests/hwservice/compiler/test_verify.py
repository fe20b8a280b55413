"""Programs without hazards, and programs that lost a token, or wait in the wrong place, with them."""

import re
from dataclasses import replace

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, ExecutionUnit, Opcode, decode, encode, unit_of
from hwservice.compiler import compile_network
from hwservice.compiler.verify import hazards
from hwservice.ir.program import Program
from tests.hwservice.compiler.reference import Builder, resnet8, resnet50
from tests.hwservice.compiler.test_compile import SMALL

PYNQ = PRESETS["pynq-8x32"]


def in_bands() -> Program:
    """Layers in bands and layers on chip, with a skip and spilled maps."""
    b = Builder((4, 40, 40))
    x = b.conv(b.input, 8)
    y, z = b.conv(x, 8, stride=(2, 2)), b.conv(x, 8, skip=b.sources(x))
    return compile_network(b.network(b.conv(z, 4, (5, 5)), b.conv(y, 4)), SMALL)


def rewritten(program: Program, unit: ExecutionUnit, **fields: int) -> Program:
    """The program with some fields of one unit's instructions changed, where they have them."""
    image = program.image.copy()
    for index in range(program.instruction_count):
        here = slice(HEADER_BYTES + index * INSTRUCTION_BYTES, HEADER_BYTES + (index + 1) * INSTRUCTION_BYTES)
        opcode, values = decode(image[here].tobytes())
        if unit_of(opcode, values) is unit:
            kept = {name: value for name, value in values.items() if name != "opcode"}
            changed = {name: value for name, value in fields.items() if name in kept}
            image[here] = np.frombuffer(encode(opcode, **{**kept, **changed}), np.uint8)
    return replace(program, image=image)


@pytest.mark.parametrize("preset", ["edge-8x8", "pynq-8x32", "square-16x16"])
def test_a_resnet8_has_no_hazards(preset: str) -> None:
    b = resnet8()
    assert hazards(compile_network(b.network(b.layers[-1].output), PRESETS[preset])) == []


def test_a_resnet50_in_bands_has_no_hazards() -> None:
    b = resnet50(96, width=16)
    program = compile_network(b.network(b.layers[-1].output), PRESETS["edge-8x8"].with_(bank_depth=2048))
    assert max(mark.bands for mark in program.marks) > 1
    assert hazards(program) == []


@pytest.mark.parametrize(
    ("unit", "waits", "what"),
    [
        (ExecutionUnit.LOAD, {"wait_a": 0}, "LOAD writes BANK .* while COMPUTE may not have read it"),
        (ExecutionUnit.LOAD, {"wait_a": 0, "wait_b": 0}, "LOAD reads DRAM .* while STORE may not have written it"),
        (ExecutionUnit.COMPUTE, {"wait_a": 0}, "COMPUTE reads LIST .* while LOAD may not have written it"),
        (ExecutionUnit.COMPUTE, {"wait_b": 0}, "DRAIN writes BANK .* while STORE may not have read it"),
        (ExecutionUnit.STORE, {"wait_b": 0}, "STORE reads BANK .* while DRAIN may not have written it"),
    ],
)
def test_waits_that_are_left_out_are_hazards(unit: ExecutionUnit, waits: dict[str, int], what: str) -> None:
    found = "\n".join(str(hazard) for hazard in hazards(rewritten(in_bands(), unit, **waits)))
    assert re.search(what, found), found[:500]


def test_a_layer_that_does_not_wait_for_the_drains_before_it_is_a_hazard() -> None:
    b = Builder((4, 16, 16))
    program = compile_network(b.network(b.conv(b.conv(b.input, 8), 8)), PYNQ)
    nothing = np.frombuffer(encode(Opcode.SYNC, unit=ExecutionUnit.LOAD), np.uint8)
    image = program.image.copy()
    for index in range(program.instruction_count):
        here = slice(HEADER_BYTES + index * INSTRUCTION_BYTES, HEADER_BYTES + (index + 1) * INSTRUCTION_BYTES)
        opcode, _ = decode(image[here].tobytes())
        fences = {Opcode.MARK} | ({Opcode.GEOMETRY, Opcode.OUTPUT} if index > program.instruction_count // 3 else set())
        if opcode in fences:
            image[here] = nothing
    found = hazards(replace(program, image=image))
    assert any("COMPUTE reads BANK" in str(hazard) for hazard in found)
    assert hazards(program) == []


def test_tokens_that_nobody_takes_are_a_hazard() -> None:
    b = Builder((1, 48, 48))
    program = compile_network(b.network(b.conv(b.input, 3, (20, 20), pads=(10, 10, 9, 9))), PYNQ)
    assert hazards(program) == []
    greedy = rewritten(program, ExecutionUnit.COMPUTE, signal_b=1)
    assert any("STORE may hold no more tokens of COMPUTE" in str(hazard) for hazard in hazards(greedy))
