"""What compile jobs estimate, against what the RTL measures."""

from collections.abc import Callable

import numpy as np
import pytest

from contracts import expert
from contracts.accelerator import PRESETS
from contracts.energy import default_table_name, energy, load_table
from contracts.isa import Counter
from hwservice.compiler import compile_network
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.run.estimate import estimated_figures
from hwservice.run.report import stretches, total
from hwservice.simulators import simulate
from tests.hwservice.compiler.reference import Builder, resnet8

pytestmark = pytest.mark.rtl


@pytest.mark.parametrize("preset", ["edge-8x8", "pynq-8x32"])
def test_estimated_cycles_and_energy_are_within_three_percent(preset: str) -> None:
    accelerator = PRESETS[preset]
    b = resnet8(16)
    program = compile_network(b.network(b.layers[-1].output), accelerator)
    estimated = estimated_figures(program)
    seen = total(stretches(program, simulate(program, b.image()[None])))
    measured = energy(
        seen, load_table(default_table_name(accelerator)), accelerator.clock_mhz, seen[Counter.CYCLES], accelerator
    )
    assert estimated["cycles"] == pytest.approx(seen[Counter.CYCLES], rel=0.03)
    assert estimated["energy_mj"]["value"] == pytest.approx(measured.total_mj.value, rel=0.03)
    assert sum(layer["energy_mj"] for layer in estimated["layers"]) == pytest.approx(estimated["energy_mj"]["value"])
    assert np.sum([layer["macs"] for layer in estimated["layers"]]) == program.macs


def _spilled(b: Builder) -> QuantisedNetwork:
    """Maps of which not all fit together: layers in bands, and layers on chip that read what these stored."""
    x = b.conv(b.maximum(b.conv(b.input, 48)), 96, (1, 1))
    y = b.conv(b.conv(x, 16, (1, 1)), 16)
    return b.network(b.conv(y, 96, (1, 1), skip=b.sources(x)))


def _in_slices(b: Builder) -> QuantisedNetwork:
    """More sources than fit, and a sum over them."""
    return b.network(b.conv(b.total(b.conv(b.conv(b.input, 512, (1, 1)), 560, (1, 1))), 10, (1, 1)))


def _long_lists(b: Builder) -> QuantisedNetwork:
    """A fully connected layer over a map: lists of three memories, loaded in pieces."""
    return b.network(b.conv(b.conv(b.input, 512, (1, 1), (16, 16)), 24, (7, 7), pads=(3, 3, 3, 3)))


@pytest.mark.parametrize("network", [_spilled, _in_slices, _long_lists])
def test_layers_whose_maps_or_lists_exceed_the_chip_are_estimated_within_three_percent(
    network: Callable[[Builder], QuantisedNetwork],
) -> None:
    b = Builder((3, 64, 64) if network is _spilled else (3, 16, 16))
    program = compile_network(network(b), PRESETS["edge-8x8"])
    measured = simulate(program, b.image()[None]).cycles[0]
    assert sum(expert.cycles(program.shape, program.accelerator)) == pytest.approx(measured, rel=0.03)
