"""Ways to meet a budget, on digits and a small network: each keeps the budget, and what leaves is what was trained."""

import io

import numpy as np
import pytest
import torch
from torch import fx

from contracts.accelerator import PRESETS
from contracts.errors import CancelledError, InputError
from contracts.structure import Structure
from mlservice.datasets import Dataset, as_input, digits
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.pruning.cost import ExpertLatency
from mlservice.pruning.describe import structure_of
from mlservice.pruning.liveness import Choice, find_live
from mlservice.pruning.spaces import NO_GATES
from mlservice.pruning.trace import trace
from mlservice.training import Trainer, TrainingOptions
from mlservice.training.methods.catalogue import METHODS
from mlservice.training.methods.method import Shape, Shaper, Task

EXPERT = ExpertLatency(PRESETS["pynq-8x32"])
BASELINES = [name for name in METHODS if not name.startswith("priced")]
SHRINKING = [name for name in BASELINES if name != "dense"]


@pytest.fixture(scope="module")
def data() -> Dataset:
    return digits.read("scikit-learn")


def network() -> ResNet8:
    return ResNet8(ResNet8Options((16, 24, 32), input_channels=1))


def start(data: Dataset, method: str, task: Task) -> tuple[Trainer, Shaper]:
    torch.manual_seed(0)
    trainer = Trainer(network(), data.training, TrainingOptions(epochs=1, batch_images=128, flips=False))
    return trainer, METHODS[method].make(task)


def run(data: Dataset, method: str, task: Task) -> tuple[Trainer, Shaper]:
    trainer, shaper = start(data, method, task)
    shaper.begin(trainer)
    trainer.run(shaper)
    return trainer, shaper


@pytest.mark.parametrize("method", SHRINKING)
@pytest.mark.parametrize("budget", [0.04, 0.015])
def test_a_budget_is_kept_and_used(data: Dataset, method: str, budget: float) -> None:
    shapes: list[Shape] = []
    trainer, shaper = run(data, method, Task(data.image_shape, budget, EXPERT, watch=shapes.append))
    assert 0.95 * budget <= shaper.predicted() <= budget
    assert shaper.predicted() == pytest.approx(float(EXPERT.of(shaper.structures())[0]))
    assert shaper.dense_cost > 0.04
    assert shapes[-1].cost == pytest.approx(shaper.predicted())
    images = torch.from_numpy(as_input(data.test.pixels[:16]))
    result = shaper.result()
    with torch.inference_mode():
        torch.testing.assert_close(result(images), trainer.network.eval()(images), rtol=0, atol=1e-5)
    widths = {m.out_channels for m in result.modules() if isinstance(m, torch.nn.Conv2d)}
    assert sum(p.numel() for p in result.parameters()) < sum(p.numel() for p in network().parameters())
    assert widths == {filters for filters, _ in shapes[-1].kept.values()}


def test_dense_keeps_every_channel_and_says_what_it_costs(data: Dataset) -> None:
    trainer, shaper = start(data, "dense", Task(data.image_shape, 0.01, EXPERT))
    before = {name: p.detach().clone() for name, p in trainer.network.named_parameters()}
    shaper.begin(trainer)
    assert shaper.predicted() == shaper.dense_cost
    assert sum(p.numel() for p in shaper.result().parameters()) == sum(p.numel() for p in before.values())


def test_uniform_widths_are_whole_filter_groups_as_far_as_the_budget_allows(data: Dataset) -> None:
    trainer, shaper = start(data, "uniform-aligned", Task(data.image_shape, 0.04, EXPERT))
    shaper.begin(trainer)
    structure = shaper.structures()[0]
    widths = [layer.filters for layer in structure.layers if layer.operator == "conv"]
    assert sum(width % 8 == 0 for width in widths) >= len(widths) / 2


def test_random_widths_follow_the_seed(data: Dataset) -> None:
    def parameters(seed: int) -> int:
        trainer, shaper = start(data, "random-aligned", Task(data.image_shape, 0.03, EXPERT, seed=seed))
        shaper.begin(trainer)
        return shaper.structures()[0].parameters

    assert parameters(1) == parameters(1)
    assert len({parameters(seed) for seed in range(4)}) > 1


@pytest.mark.parametrize("method", SHRINKING)
def test_a_measurement_corrects_the_prediction(data: Dataset, method: str) -> None:
    asked: list[int] = []

    def a_tenth_slower(module: fx.GraphModule) -> float:
        asked.append(sum(p.numel() for p in module.parameters()))
        return 1.1 * float(EXPERT.of([structure_of_module(module, data)])[0])

    _, shaper = run(data, method, Task(data.image_shape, 0.03, EXPERT, measure=a_tenth_slower))
    assert len(asked) >= 2
    assert 0.95 * 0.03 <= 1.1 * float(EXPERT.of(shaper.structures())[0]) <= 0.03
    assert shaper.predicted() == pytest.approx(1.1 * float(EXPERT.of(shaper.structures())[0]))


def structure_of_module(module: fx.GraphModule, data: Dataset) -> Structure:
    traced = trace(module, data.image_shape)
    return structure_of(traced, find_live(traced, NO_GATES, Choice(np.ones(0, bool), {})))


@pytest.mark.parametrize("method", SHRINKING)
def test_a_budget_below_the_least_is_refused_before_the_first_step(data: Dataset, method: str) -> None:
    trainer, shaper = start(data, method, Task(data.image_shape, 0.0001, EXPERT))
    with pytest.raises(InputError, match=r"below the least that is reachable, 0\.0\d+ ms"):
        shaper.begin(trainer)
    assert trainer.step == 0


@pytest.mark.parametrize("method", [*SHRINKING, "priced-gates", "priced-channels"])
@pytest.mark.parametrize("stop", [3, 7, 10])
def test_a_run_that_goes_on_ends_with_the_same_weights(data: Dataset, method: str, stop: int) -> None:
    task = Task(data.image_shape, 0.03, EXPERT)
    whole, _ = run(data, method, task)
    first, shaper = start(data, method, task)
    shaper.begin(first)
    kept = io.BytesIO()
    with pytest.raises(CancelledError):
        first.run(shaper, cancelled=lambda: first.step == stop)
    torch.save({"trainer": first.state(), "shaper": shaper.state()}, kept)
    kept.seek(0)
    state = torch.load(kept, weights_only=True)
    second, again = start(data, method, task)
    again.restore(second, state["shaper"])
    second.restore(state["trainer"])
    second.run(again)
    for name, expected in whole.network.state_dict().items():
        assert torch.equal(second.network.state_dict()[name], expected), name
