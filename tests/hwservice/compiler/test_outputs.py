"""Outputs are any channels of any maps, wherever these live."""

from dataclasses import replace

import pytest

from contracts.accelerator import PRESETS, Accelerator
from hwservice.ir.quantised import Output, QuantisedNetwork, Source
from tests.hwservice.compiler.reference import Builder
from tests.hwservice.compiler.test_compile import SMALL, assert_program_is_right

ACCELERATORS = [PRESETS["pynq-8x32"], SMALL]


def with_output(network: QuantisedNetwork, sources: tuple[Source, ...]) -> QuantisedNetwork:
    t = network.tensors[sources[0].tensor]
    return replace(network, outputs=(Output("out0", sources, (len(sources), t.height, t.width)),))


@pytest.mark.parametrize("accelerator", ACCELERATORS, ids=lambda a: a.name)
@pytest.mark.parametrize("what", ["cut", "reversed", "joined"])
def test_an_output_may_be_any_channels(what: str, accelerator: Accelerator) -> None:
    b = Builder((4, 40, 40))
    x = b.conv(b.input, 8)
    y = b.conv(x, 3, (1, 1))
    sources = {"cut": b.sources(x)[2:5], "reversed": b.sources(x)[::-1], "joined": b.sources(x)[3:] + b.sources(y)}
    assert_program_is_right(b, with_output(b.network(y), sources[what]), accelerator)


@pytest.mark.parametrize("accelerator", ACCELERATORS, ids=lambda a: a.name)
def test_an_output_may_join_maps_that_lie_at_different_pitches(accelerator: Accelerator) -> None:
    b = Builder((4, 12, 12))
    x = b.conv(b.input, 8)
    y = b.conv(x, 3)
    network = b.network(y, b.conv(x, 2, pads=(1, 4, 1, 4)))
    outputs = (*with_output(network, b.sources(y) + b.sources(x)[4:]).outputs, network.outputs[1])
    assert_program_is_right(b, replace(network, outputs=outputs), accelerator)
