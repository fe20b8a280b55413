"""A network shapes itself to a budget while it trains."""

import numpy as np
import pytest
import torch
from torch import fx

from contracts.accelerator import PRESETS
from contracts.errors import InputError
from mlservice.datasets import Dataset, digits
from mlservice.networks import ResNet8, ResNet8Options, build
from mlservice.pruning.cost import Cost, ExpertLatency, Macs
from mlservice.pruning.spaces import Adds
from mlservice.training import Trainer, TrainingOptions, accuracy
from mlservice.training.methods.method import Shape
from mlservice.training.methods.priced_gates import PricedGates, PricedGatesOptions

EXPERT = ExpertLatency(PRESETS["pynq-8x32"])


@pytest.fixture(scope="module")
def data() -> Dataset:
    return digits.read("scikit-learn")


def session(
    data: Dataset, options: PricedGatesOptions, price: Cost | None = None, epochs: int = 6
) -> tuple[PricedGates, Trainer, list[Shape]]:
    torch.manual_seed(0)
    network = ResNet8(ResNet8Options(input_channels=1))
    trainer = Trainer(network, data.training, TrainingOptions(epochs=epochs, batch_images=32, flips=False))
    shapes: list[Shape] = []
    gates = PricedGates(data.image_shape, options, EXPERT, price, shapes.append)
    gates.begin(trainer)
    trainer.run(gates)
    return gates, trainer, shapes


@pytest.fixture(scope="module")
def half(data: Dataset) -> tuple[PricedGates, Trainer, list[Shape]]:
    return session(data, PricedGatesOptions(0.06, every=10))


def test_the_budget_is_kept_and_used(half: tuple[PricedGates, Trainer, list[Shape]]) -> None:
    gates, _, shapes = half
    assert gates.dense_cost > 0.12
    assert 0.97 * 0.06 <= gates.predicted() <= 0.06
    assert all(shape.cost <= shape.budget for shape in shapes)


def test_the_network_still_learns(half: tuple[PricedGates, Trainer, list[Shape]], data: Dataset) -> None:
    assert accuracy(half[0].result(), data.test) > 0.95


def test_what_leaves_computes_what_was_trained(half: tuple[PricedGates, Trainer, list[Shape]], data: Dataset) -> None:
    gates, trainer, _ = half
    images = torch.from_numpy(data.test.pixels[:64].astype(np.float32) / 256)
    with torch.inference_mode():
        torch.testing.assert_close(gates.result()(images), trainer.network.eval()(images), rtol=0, atol=1e-4)


def test_the_structure_is_settled_before_the_end(half: tuple[PricedGates, Trainer, list[Shape]]) -> None:
    assert half[2][-1].share == pytest.approx(0.5, abs=0.02)


def test_channels_are_chosen_at_the_start_and_vectors_bring_the_rest(
    half: tuple[PricedGates, Trainer, list[Shape]],
) -> None:
    _, _, (first, *later) = half
    assert first.share == 0
    assert {density for _, density in first.kept.values()} == {1.0}
    assert 0.06 < 0.8 * first.budget < first.cost <= first.budget < half[0].dense_cost
    assert min(density for _, density in later[-1].kept.values()) < 0.7
    assert all(later[-1].kept[name.replace(".", "_")][0] <= filters for name, (filters, _) in first.kept.items())


@pytest.mark.parametrize(("uniform", "adds"), [(True, Adds.SHARED), (False, Adds.SHARED), (False, Adds.INDEXED)])
def test_channels_alone_keep_the_budget_too(data: Dataset, uniform: bool, adds: Adds) -> None:
    options = PricedGatesOptions(0.07, uniform=uniform, adds=adds, vectors=False, every=10)
    gates, _, shapes = session(data, options, Macs(), epochs=1)
    assert gates.predicted() <= 0.07
    assert {density for _, density in shapes[-1].kept.values()} == {1.0}
    assert sum(filters for filters, _ in shapes[-1].kept.values()) < 3 * (16 + 32 + 64)


@pytest.mark.parametrize("name", ["plain", "mobilenet_v2", "densenet"])
def test_networks_of_all_kinds_keep_their_budget(data: Dataset, name: str) -> None:
    network = build(name, data.image_shape, data.classes, 0)
    whole = PricedGates(data.image_shape, PricedGatesOptions(1e9), EXPERT)
    options = TrainingOptions(epochs=1, batch_images=256, flips=False)
    whole.begin(Trainer(build(name, data.image_shape, data.classes, 0), data.training, options))
    trainer = Trainer(network, data.training, options)
    gates = PricedGates(data.image_shape, PricedGatesOptions(0.6 * whole.dense_cost, every=1), EXPERT)
    gates.begin(trainer)
    trainer.run(gates)
    assert 0.97 * gates.options.budget <= gates.predicted() <= gates.options.budget
    assert len(gates.result()(torch.zeros(2, *data.image_shape))) == 2


def test_a_measurement_corrects_the_prediction(data: Dataset) -> None:
    asked: list[int] = []

    def a_tenth_slower(module: fx.GraphModule) -> float:
        asked.append(sum(p.numel() for p in module.parameters()))
        return float(1.1 * gates.cost.of(gates.structures())[0])

    torch.manual_seed(0)
    trainer = Trainer(
        ResNet8(ResNet8Options(input_channels=1)), data.training, TrainingOptions(epochs=2, batch_images=32)
    )
    gates = PricedGates(data.image_shape, PricedGatesOptions(0.06, every=10), EXPERT, measure=a_tenth_slower)
    gates.begin(trainer)
    trainer.run(gates)
    assert 1.1 * gates.cost.of(gates.structures())[0] <= 1.005 * 0.06
    assert len(asked) >= 2


def test_a_budget_below_the_least_network_says_what_the_least_is(data: Dataset) -> None:
    with pytest.raises(InputError, match=r"below the least that is reachable, 0\.0\d+ ms"):
        session(data, PricedGatesOptions(0.001, every=10), epochs=1)


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match="growing shares"):
        PricedGatesOptions(1.0, warm_share=0.6)
    with pytest.raises(InputError, match="neither channels nor weight vectors"):
        PricedGatesOptions(1.0, channels=False, vectors=False)
