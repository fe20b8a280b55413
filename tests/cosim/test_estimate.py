"""What compile jobs estimate, against what the RTL measures."""

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from contracts.energy import default_table_name, energy, load_table
from contracts.isa import Counter
from hwservice.compiler import compile_network
from hwservice.run.estimate import estimated_figures
from hwservice.run.report import stretches, total
from hwservice.simulators import simulate
from tests.hwservice.compiler.reference import resnet8

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
