"""The search at the snap keeps more for the same cost."""

import numpy as np
import pytest
import torch

from contracts.accelerator import PRESETS
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.pruning.cost import ExpertLatency
from mlservice.pruning.decide import Decider
from mlservice.pruning.gates import GatedNetwork, Importance
from mlservice.pruning.search import refine
from mlservice.pruning.spaces import Adds, find_spaces
from mlservice.pruning.trace import trace


@pytest.mark.parametrize("share", [0.6, 0.35, 0.15])
def test_whole_tiles_keep_more_importance_within_the_budget(share: float) -> None:
    torch.manual_seed(0)
    traced = trace(ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28))
    gated = GatedNetwork(traced, find_spaces(traced, Adds.INDEXED), None)
    decider = Decider(gated, ExpertLatency(PRESETS["pynq-8x32"]), rows=8)
    importance = Importance(np.random.default_rng(1).exponential(size=gated.spaces.count), {})
    budget = share * decider.cost(gated.choice)
    first = decider.decide(importance, budget)
    found = refine(decider, importance, first, budget)
    assert decider.cost(found.choice) == pytest.approx(found.cost)
    assert found.cost <= budget
    assert importance.gates[found.choice.gates].sum() > importance.gates[first.choice.gates].sum()
