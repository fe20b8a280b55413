"""The search over tiles keeps more for the same cost."""

import numpy as np
import pytest
import torch

from contracts.accelerator import PRESETS
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.pruning.cost import ExpertLatency
from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import GatedNetwork, Importance
from mlservice.pruning.search import refine
from mlservice.pruning.spaces import Adds, find_spaces
from mlservice.pruning.trace import trace


@pytest.mark.parametrize("share", [0.6, 0.35, 0.25])
def test_whole_tiles_and_what_still_fits_are_worth_more_within_the_budget(share: float) -> None:
    torch.manual_seed(0)
    traced = trace(ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28))
    gated = GatedNetwork(traced, find_spaces(traced, Adds.INDEXED), None)
    decider = Decider(gated, ExpertLatency(PRESETS["pynq-8x32"]), rows=8)
    importance = Importance(np.random.default_rng(1).exponential(size=gated.spaces.count), {})
    budget = share * decider.cost(gated.choice)
    first = decider.decide(importance, budget)
    tiles = refine(decider, importance, first, budget)
    filled = refine(decider, importance, first, budget, fill=True)
    widths = [int(tiles.choice.gates[members].sum()) for members in decider.groups]
    assert all(width % 8 == 0 for width in widths)
    for found in (tiles, filled):
        assert decider.cost(found.choice) == pytest.approx(found.cost)
        assert found.cost <= budget

    def worth(decision: Decision) -> float:
        groups = [members[decision.choice.gates[members]] for members in decider.groups]
        return float(np.sum(np.log([importance.gates[members].sum() for members in groups])))

    assert worth(filled) > worth(first)
    assert worth(filled) >= worth(tiles)
