"""ResNet-8 is MLPerf Tiny's network, trains, and leaves as ONNX with the same outputs."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

from contracts.errors import InputError, NetworkError  # noqa: E402 - after the skip
from mlservice.datasets import Dataset, Split, as_input, digits  # noqa: E402
from mlservice.export import export_onnx, export_split  # noqa: E402
from mlservice.networks import ResNet8, ResNet8Options  # noqa: E402
from mlservice.training import Progress, TrainingOptions, accuracy, predictions, train  # noqa: E402


@pytest.fixture(scope="module")
def few_digits() -> Dataset:
    whole = digits.read("scikit-learn")
    return Dataset(whole.name, whole.origin, 10, whole.training.first(256), whole.test.first(100))


def network(seed: int = 0, widths: tuple[int, int, int] = (16, 32, 64), channels: int = 1) -> ResNet8:
    torch.manual_seed(seed)
    return ResNet8(ResNet8Options(widths, channels))


@pytest.mark.parametrize("size", [4, 8, 28, 32, 33])
def test_any_image_size_gives_ten_logits(size: int) -> None:
    assert network()(torch.zeros(2, 1, size, size)).shape == (2, 10)


def test_the_colour_network_has_the_benchmarks_weights() -> None:
    # Counted from the benchmark's description: convolutions and classifier without normalisation.
    weights = 3 * 9 * 16 + 2 * 16 * 9 * 16 + (16 + 32) * 9 * 32 + 16 * 32 + (32 + 64) * 9 * 64 + 32 * 64 + 64 * 10
    assert sum(p.numel() for p in network(channels=3).parameters() if p.dim() > 1) == weights


def test_odd_widths_are_built() -> None:
    assert network(widths=(1, 7, 13))(torch.zeros(1, 1, 8, 8)).shape == (1, 10)


def test_a_width_of_zero_is_refused_with_its_value() -> None:
    with pytest.raises(NetworkError, match=r"widths=\(16, 0, 64\)"):
        ResNet8Options((16, 0, 64))


def test_training_learns_reports_and_repeats_itself(few_digits: Dataset) -> None:
    options = TrainingOptions(epochs=12, batch_images=32, flips=False)
    reports: list[Progress] = []
    first, second = network(widths=(8, 8, 16)), network(widths=(8, 8, 16))
    result = train(first, few_digits, options, reports.append)
    train(second, few_digits, options)
    assert result.accuracy > 0.8
    assert result.accuracy == accuracy(first, few_digits.test)
    assert [r.step for r in reports] == list(range(1, 97))
    assert (reports[-1].epoch, reports[-1].steps) == (11, 96)
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_fewer_images_than_a_batch_are_refused(few_digits: Dataset) -> None:
    with pytest.raises(InputError, match="256 training images are fewer than a batch of 300"):
        train(network(), few_digits, TrainingOptions(batch_images=300))


def test_a_diverging_run_is_stopped_and_named(few_digits: Dataset) -> None:
    with pytest.raises(InputError, match="try a peak learning rate below"):
        train(network(), few_digits, TrainingOptions(epochs=20, batch_images=32, peak_learning_rate=1e12))


def test_the_onnx_file_computes_what_the_network_computes(tmp_path: Path, few_digits: Dataset) -> None:
    trained = network(widths=(8, 12, 16))
    train(trained, few_digits, TrainingOptions(epochs=1, batch_images=64, flips=False))
    export_onnx(trained, few_digits.image_shape, tmp_path / "net.onnx")
    images = as_input(few_digits.test.pixels[:8])
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    logits = np.concatenate([session.run(["output"], {"input": image[None]})[0] for image in images])
    with torch.inference_mode():
        np.testing.assert_allclose(logits, trained(torch.from_numpy(images)).numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(logits.argmax(1), predictions(trained, few_digits.test.pixels[:8]))


def test_the_onnx_file_is_plain_static_and_folded(tmp_path: Path) -> None:
    export_onnx(network(channels=3), (3, 32, 32), tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [1, 3, 32, 32]
    # An untrained network has equal biases, which the exporter shares through Identity.
    operators = {node.op_type for node in model.graph.node} - {"Identity"}
    assert operators == {"Conv", "Relu", "Add", "GlobalAveragePool", "Flatten", "Gemm"}


def test_a_split_is_written_as_the_hardware_side_reads_it(tmp_path: Path) -> None:
    split = Split(np.full((2, 1, 4, 4), 128, np.uint8), np.array([3, 4], np.int64))
    export_split(split, tmp_path / "test.npz")
    with np.load(tmp_path / "test.npz") as file:
        assert set(file) == {"input", "label"}
        assert file["input"].dtype == np.float32
        assert (file["input"] == 0.5).all()
        np.testing.assert_array_equal(file["label"], [3, 4])
