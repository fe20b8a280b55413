"""Rounding in the last part of a session: as the compiler rounds, where the integer network needs it, and nowhere else."""

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, fx, nn

from contracts.accelerator import PRESETS
from contracts.errors import CancelledError
from hwservice import integer_model
from hwservice.frontend import load_network, quantise
from mlservice.datasets import Dataset, Split, as_input, digits
from mlservice.export import export_onnx
from mlservice.hardware import CommandLine
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.networks.resnet8 import convolution
from mlservice.networks.stacked import mobilenet_v1, plain
from mlservice.pruning.cost import Macs
from mlservice.training import Trainer, TrainingOptions
from mlservice.training.evaluate import accuracy
from mlservice.training.methods.catalogue import METHODS
from mlservice.training.methods.method import Task
from mlservice.training.prune import PruneRequest, prune
from mlservice.training.rounding import (
    RoundedEnd,
    RoundedMap,
    RoundedWeights,
    rounded,
    rounded_weights,
    take_ranges,
)

SHAPE = (1, 8, 8)
OPTIONS = TrainingOptions(epochs=5, batch_images=64, flips=False)
TASK = Task(SHAPE, 25_000.0, Macs())
"""Half of the multiply-accumulates of `resnet`."""


@pytest.fixture(scope="module")
def data() -> Dataset:
    return digits.read("scikit-learn")


def resnet() -> nn.Module:
    return ResNet8(ResNet8Options(widths=(4, 8, 8), input_channels=1))


def with_dropout() -> nn.Module:
    """Which draws from torch's generator at every step."""
    return nn.Sequential(*list(plain(1, 10, (4, 8)))[:-1], nn.Dropout(0.2), nn.Linear(8, 10))


NETWORKS: Mapping[str, Callable[[], nn.Module]] = {"dense": with_dropout, "priced-gates": resnet}
"""By method, what it shapes here."""


class Joined(nn.Module):
    """Joins maps before they are normalised, as dense networks do: nothing keeps their channels alike, and two are large on purpose.

    What it computes is not affected, since a normalisation follows; the range that all share leaves the others few of 256 steps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.joined, self.last = convolution(1, 8, 1), nn.BatchNorm2d(16), convolution(16, 16, 2)
        self.grown = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.pool, self.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(16, 10)
        self.grown.weight.data[:2] *= 300

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        maps = torch.relu(self.joined(torch.cat([maps, self.grown(torch.relu(maps))], 1)))
        logits: Tensor = self.classifier(self.pool(torch.relu(self.last(maps))).flatten(1))
        return logits


def test_weights_take_eight_bits_of_each_filters_range() -> None:
    weights = torch.randn(6, 3, 3, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = rounded_weights(weights)
    for exact, taken in zip(weights.detach(), found.detach(), strict=True):
        step = float(exact.abs().max()) / 127
        assert float((exact - taken).abs().max()) <= step / 2 + 1e-7
        assert np.rint(taken.numpy() / step) == pytest.approx(taken.numpy() / step, abs=1e-3)
    found.sum().backward()  # type: ignore[no-untyped-call]  # torch leaves this one untyped
    assert weights.grad is not None
    assert bool((weights.grad == 1).all())


@pytest.mark.parametrize(
    "make",
    [resnet, lambda: mobilenet_v1(1, 10, (8, 8, 16), (1, 1, 2)), Joined],
    ids=["adds", "depthwise", "joins"],
)
def test_roundings_stand_where_the_compiler_rounds(
    data: Dataset, make: Callable[[], nn.Module], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    images = data.test.first(64)
    exact = _with_statistics(make(), data.training)
    network = rounded(exact)
    take_ranges(network, data.training.first(64))
    for each in network.modules():
        each.training = isinstance(each, RoundedMap | RoundedWeights)
    with torch.inference_mode():
        found = network(torch.from_numpy(as_input(images.pixels[:]))).numpy()
        unrounded = exact(torch.from_numpy(as_input(images.pixels[:]))).numpy()
    integer = _integer_logits(exact, data.training.first(64), images, tmp_path / "network.onnx")
    assert np.abs(found - integer).mean() < 0.2 * np.abs(unrounded - integer).mean()


@pytest.fixture(scope="module")
def trained(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[RoundedEnd, float]]:
    """Sessions with the same seed: with the integer network's loss as it is, and with none believed; the integer network's accuracy on the test split."""
    onnx = tmp_path_factory.mktemp("rounding") / "network.onnx"

    def accuracy_int8(network: nn.Module, images: Split) -> float:
        found = _integer_logits(network, data.training.first(512), images, onnx)
        return float((found.argmax(1) == images.labels).mean())

    def lost(network: nn.Module) -> float:
        return accuracy(network, data.training) - accuracy_int8(network, data.training)

    found = {}
    for looks in (True, False):
        torch.manual_seed(0)
        options = TrainingOptions(epochs=10, batch_images=32, flips=False, peak_learning_rate=0.1)
        trainer = Trainer(Joined(), data.training, options)
        shaper = METHODS["dense"].make(TASK)
        end = RoundedEnd(shaper, lost if looks else lambda _: 0.0, data.training.first(512))
        end.begin(trainer)
        trainer.run(end)
        found[looks] = end, accuracy_int8(end.result(), data.test)
    return found


def test_training_with_rounding_wins_back_what_the_integer_network_lost(
    data: Dataset, trained: dict[bool, tuple[RoundedEnd, float]]
) -> None:
    (_, with_rounding), (without, as_it_was) = trained[True], trained[False]
    assert accuracy(without.result(), data.test) > as_it_was + 0.05
    assert with_rounding > as_it_was + 0.05


@pytest.mark.rtl
def test_a_pruning_session_asks_the_hardware_side_and_says_that_it_trained_with_rounding(
    data: Dataset, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    training = TrainingOptions(epochs=3, batch_images=32, flips=False, peak_learning_rate=0.1)
    answer = prune(Joined(), data, PRESETS["pynq-8x32"], PruneRequest(None, "dense", training, tmp_path), CommandLine())
    assert answer["trained_for_rounding"] is True
    assert answer["accuracy_int8"] > 0.4
    assert answer["bit_exact"]
    assert answer["onnx_top1_equal"]
    assert not (tmp_path / "compared.npz").exists()


def test_what_leaves_is_plain(trained: dict[bool, tuple[RoundedEnd, float]]) -> None:
    end = trained[True][0]
    assert end.rounds
    assert not [m for m in end.result().modules() if isinstance(m, RoundedMap | RoundedWeights)]
    assert end.result().state_dict().keys() == trained[False][0].result().state_dict().keys()


def _with_statistics(network: nn.Module, split: Split) -> fx.GraphModule:
    """Traced, in evaluation mode, with normalisations that have seen images."""
    traced = fx.symbolic_trace(network.train())
    with torch.no_grad():
        for start in range(0, 512, 64):
            traced(torch.from_numpy(as_input(split.pixels[start : start + 64])))
    return traced.eval()


def _integer_logits(network: nn.Module, calibration: Split, images: Split, path: Path) -> Any:
    export_onnx(network, SHAPE, path)
    graph = load_network(path)
    integer = quantise(graph, as_input(calibration.pixels[:]))
    inputs = integer_model.quantise_input(integer, as_input(images.pixels[:]))
    name = graph.outputs[0].name
    return integer_model.dequantise_output(integer, name, integer_model.run(integer, inputs)[name])


def session(
    data: Dataset, method: str, loss: float, stop: int | None = None, kept: Mapping[str, Any] | None = None
) -> tuple[RoundedEnd, Trainer]:
    """110 steps in which the integer network is said to lose so much at the look (step 88), or some of them: to `stop`, or on from what was kept."""
    torch.manual_seed(0)
    trainer = Trainer(NETWORKS[method](), data.training, OPTIONS)
    end = RoundedEnd(METHODS[method].make(TASK), lambda _: loss, data.training.first(64))
    if kept is None:
        end.begin(trainer)
    else:
        end.restore(trainer, kept["end"])
        trainer.restore(kept["trainer"])
    with suppress(CancelledError):
        trainer.run(end, cancelled=lambda: trainer.step == stop)
    return end, trainer


def weights_of(end: RoundedEnd) -> list[Tensor]:
    return list(end.result().state_dict().values())


def test_a_session_whose_integer_network_loses_little_is_as_it_was_without_the_look(data: Dataset) -> None:
    torch.manual_seed(0)
    trainer = Trainer(with_dropout(), data.training, OPTIONS)
    shaper = METHODS["dense"].make(TASK)
    shaper.begin(trainer)
    trainer.run(shaper)
    looked = session(data, "dense", 0.004)[0]
    assert not looked.rounds
    assert all(map(torch.equal, weights_of(looked), shaper.result().state_dict().values()))


@pytest.mark.parametrize("method", NETWORKS)
@pytest.mark.parametrize("stop", [80, 93], ids=["before the look", "behind it"])
def test_a_session_goes_on_with_the_same_weights(data: Dataset, method: str, stop: int) -> None:
    whole, trainer = session(data, method, 0.01)
    images = torch.from_numpy(as_input(data.test.pixels[:16]))
    stopped, interrupted = session(data, method, 0.01, stop)
    file = io.BytesIO()
    torch.save({"end": stopped.state(), "trainer": interrupted.state()}, file)
    file.seek(0)
    resumed = session(data, method, 0.01, kept=torch.load(file, weights_only=True))[0]
    assert whole.rounds
    assert resumed.rounds
    assert all(map(torch.equal, weights_of(resumed), weights_of(whole)))
    with torch.inference_mode():
        torch.testing.assert_close(whole.result()(images), trainer.network.eval()(images), rtol=0, atol=1e-5)
