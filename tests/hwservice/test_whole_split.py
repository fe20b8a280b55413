"""With power-of-two scales ONNX Runtime gives the integer model's bytes on every image of a whole test split."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from benchmarks import zoo
from contracts.cache import cache_directory
from hwservice import integer_model
from hwservice.frontend import QuantiseOptions, load_network, quantise
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.quantise.qdq import to_qdq
from mlservice.datasets.catalogue import load
from mlservice.datasets.dataset import as_input

COUNT = 10_000
BATCH = 250
TRAINED = sorted((cache_directory() / "demo").glob("*/resnet8.onnx"))
"""What `make demo` left behind: the network, its calibration images and its test split."""


def whole_split() -> np.ndarray:
    """Fashion-MNIST's test split; seeded images of its size and range where it is not to be had."""
    try:
        images = as_input(np.asarray(load().test.pixels))
    except ImportError:  # only what hwservice needs is installed
        images = np.empty(0, np.float32)
    if images.shape == (COUNT, 1, 28, 28):
        return images
    return np.random.default_rng(0).integers(0, 256, (COUNT, 1, 28, 28)).astype(np.float32) / 256


def onnxruntime_outputs(network: QuantisedNetwork, images: np.ndarray) -> Iterator[np.ndarray]:
    """Batch by batch, with all graph optimisations but those that make integer kernels of QDQ pairs: these may saturate."""
    model = to_qdq(network)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    for at in range(0, len(images), BATCH):
        yield session.run(None, {network.input.name: images[at : at + BATCH]})[0]


def assert_equal_on_every_image(path: Path, calibration: np.ndarray, images: np.ndarray) -> None:
    network = quantise(load_network(path), calibration, QuantiseOptions("power-of-two"))
    name, checked = network.outputs[0].name, 0
    for wanted in onnxruntime_outputs(network, images):
        part = images[checked : checked + BATCH]
        raw = integer_model.run(network, integer_model.quantise_input(network, part))[name]
        np.testing.assert_array_equal(integer_model.dequantise_output(network, name, raw), wanted)
        checked += len(part)
    assert checked == len(images)


@pytest.mark.slow
def test_a_seeded_network_equals_onnxruntime_on_ten_thousand_images(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(zoo.resnet8((4, 8, 16), (1, 28, 28)).SerializeToString())
    images = whole_split()
    assert_equal_on_every_image(path, images[:256], images)


@pytest.mark.slow
@pytest.mark.skipif(not TRAINED, reason="`make demo` has not trained a network on this machine")
def test_the_trained_demo_network_equals_onnxruntime_on_its_whole_test_split() -> None:
    folder = TRAINED[-1].parent
    calibration, test = (np.load(folder / f"{name}.npz")["input"] for name in ("calibration", "test"))
    assert_equal_on_every_image(TRAINED[-1], calibration, test)
