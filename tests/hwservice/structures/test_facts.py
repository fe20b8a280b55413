"""What `contracts.structure.facts` foretells, against what the compiler does."""

import random

import numpy as np
import pytest

from contracts import expert
from contracts.accelerator import PRESETS, Accelerator
from contracts.structure import Structure
from contracts.structure.facts import facts_of
from contracts.structure.families import densenet, mobilenet_v1, mobilenet_v2, plain, resnet, vgg
from hwservice.campaign.layers import counted_facts
from hwservice.compiler import compile_network
from hwservice.ir.program import Program
from hwservice.structures import integer_network


def compiled(structure: Structure, accelerator: Accelerator) -> Program:
    return compile_network(integer_network(structure), accelerator)


def assert_equal(structure: Structure, accelerator: Accelerator) -> None:
    program = compiled(structure, accelerator)
    found = facts_of(structure, accelerator)
    names = [mark.name for mark in program.marks]
    for column, wanted in counted_facts(program).items():
        assert dict(zip(names, found.columns[column][0].tolist(), strict=True)) == dict(
            zip(names, wanted, strict=True)
        ), column
    assert found.input_bytes[0] == program.shape.input_bytes
    assert found.output_bytes[0] == program.shape.output_bytes
    assert np.allclose(found.cycles[0], expert.cycles(program.shape, accelerator))


ON_CHIP = {
    "plain": plain((3, 32, 32), (12, 33, 7), pooled=True),
    "resnet": resnet((3, 32, 32), (16, 31, 65), inner=(9, 40, 17)),
    "resnet20": resnet((1, 28, 28), (15, 17, 33), (3, 3, 3)),
    "densenet": densenet((3, 32, 32), ((5, 8, 9), (11, 3)), stem=13, normalise_first=True),
    "mobilenet_v1": mobilenet_v1((3, 40, 40), (8, 17, 33, 32, 64), (2, 1, 2, 1, 2)),
    "mobilenet_v2": mobilenet_v2((3, 32, 32), ((1, 9, 1, 1), (6, 12, 2, 2)), stem=8, last=40, classes=10),
    "vgg": vgg((3, 32, 32), ((9, 16), (33,), (64,)), hidden=(50,), classes=10),
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ON_CHIP)
def test_facts_of_networks_on_chip_equal_the_compilers(name: str, preset: str) -> None:
    assert_equal(ON_CHIP[name], PRESETS[preset])


def test_facts_at_random_widths_equal_the_compilers() -> None:
    draw = random.Random(7)
    for _ in range(6):
        widths = [draw.randint(1, 70) for _ in range(7)]
        assert_equal(resnet((3, 32, 32), widths[:3], inner=widths[3:6]), PRESETS["pynq-8x32"])


def test_lists_longer_than_a_memory_are_foretold() -> None:
    assert_equal(
        vgg((3, 48, 48), ((16,), (40,)), hidden=(20,), classes=10), PRESETS["zcu-16x64"].with_(list_depth=2048)
    )


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_networks_in_bands_are_foretold_within_a_permille(preset: str) -> None:
    given = [
        resnet((3, 224, 224), (64, 128, 256, 512), (2, 2, 2, 2), large=True, classes=1000),
        mobilenet_v1((3, 224, 224), tuple(w // 2 for w in (32, 64, 128, 128, 256, 256, 512)), (2, 1, 2, 1, 2, 1, 2)),
        vgg((3, 96, 96), ((16, 16), (32, 32), (64, 64)), hidden=(256,)),
    ]
    for structure in given:
        program = compiled(structure, PRESETS[preset])
        wanted = sum(expert.cycles(program.shape, PRESETS[preset]))
        assert facts_of(structure, PRESETS[preset]).cycles.sum() == pytest.approx(wanted, rel=0.001)
