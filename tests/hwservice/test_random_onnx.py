"""Random networks over all operators: read as ONNX Runtime computes, little lost in eight bits, and programs that compute just that.

`RANDOM_NETWORKS=1000 pytest tests/hwservice/test_random_onnx.py` tries so many (0.3 s of processor time each).
"""

import os
from pathlib import Path

import numpy as np
import pytest

from contracts.accelerator import PRESETS, Accelerator
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.compiler.verify import hazards
from hwservice.frontend import QuantiseOptions, error_against_float, load_network, quantise
from hwservice.simulators import simulate_null
from tests.hwservice.float_networks import float_results, onnxruntime_results
from tests.hwservice.random_onnx import random_onnx

TRIED = int(os.environ.get("RANDOM_NETWORKS", "24"))
TINY = Accelerator(
    name="tiny", rows=4, lanes=8, bank_depth=1024, vector_depth=128, list_depth=128, record_depth=32, dram_bytes=8
)
LEAST_SQNR_DB = {"general": 18, "power-of-two": 12}
"""What a few layers in eight bits leave at least; a wrong factor, channel or pad leaves about nothing."""


@pytest.mark.parametrize("seed", range(TRIED))
def test_a_random_network_keeps_its_meaning_down_to_the_program(seed: int, tmp_path: Path) -> None:
    net, outputs = random_onnx(seed)
    path = net.save(tmp_path / "net.onnx", outputs)
    graph = load_network(path)
    images = np.random.default_rng(seed).normal(0, 1, (8, *graph.input_shape)).astype(np.float32)
    assert_same(float_results(graph, images[0]), onnxruntime_results(path, images[0]))
    scales = "general" if seed % 3 else "power-of-two"
    network = quantise(graph, images, QuantiseOptions(scales))
    assert error_against_float(graph, network, images).sqnr_db > LEAST_SQNR_DB[scales]
    raw = integer_model.quantise_input(network, images[:1])
    expected = integer_model.run(network, raw)
    for accelerator in (TINY, PRESETS["edge-8x8"]):
        program = compile_network(network, accelerator)
        assert hazards(program) == []
        found = simulate_null(program, raw).outputs[0]
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values[0])


def assert_same(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].shape == values.shape
        np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=1e-4 * max(1.0, float(np.abs(values).max())))
