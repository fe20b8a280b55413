import numpy as np
import pytest

from hwservice import integer_model
from hwservice.ir.quantised import Output, QuantisedNetwork, Source, Tensor
from hwservice.run.values import dequantised, quantised_input
from hwservice.simulators import SimulationResult


@pytest.mark.parametrize(("scale", "zero"), [(0.1, 128), (0.0078125, 0), (1 / 3, 7)])
def test_inputs_are_quantised_as_the_integer_model_does(scale: float, zero: int) -> None:
    tensor = Tensor("input", 2, 4, 4, scale, zero)
    network = QuantisedNetwork("n", tensor, (), ())
    images = np.random.default_rng(0).normal(0, 20, (8, 2, 4, 4)).astype(np.float32)
    assert np.array_equal(quantised_input(images, tensor), integer_model.quantise_input(network, images))


@pytest.mark.parametrize("softmax", [False, True])
def test_outputs_are_dequantised_as_the_integer_model_does(softmax: bool) -> None:
    tensor = Tensor("t", 5, 1, 1, 0.25, 100)
    output = Output("output", tuple(Source("t", channel) for channel in range(5)), (5,), softmax)
    network = QuantisedNetwork("n", tensor, (), (output,))
    raw = np.random.default_rng(0).integers(0, 256, (3, 5, 1, 1)).astype(np.uint8)
    result = object.__new__(SimulationResult)
    object.__setattr__(result, "outputs", tuple({"output": values} for values in raw))
    found = dequantised(network, result)["output"]
    assert np.allclose(found, integer_model.dequantise_output(network, "output", raw), atol=1e-7)
