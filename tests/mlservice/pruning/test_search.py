"""The search at the snap keeps more for the same cost."""

import numpy as np
import pytest
import torch

from contracts.accelerator import PRESETS
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.pruning.cost import ExpertLatency
from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import GatedNetwork, Importance
from mlservice.pruning.search import refine
from mlservice.pruning.settle import settle
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


@pytest.mark.parametrize("rows", [None, 8])
def test_a_block_that_is_worth_nothing_disappears_and_pays_for_channels_elsewhere(rows: int | None) -> None:
    torch.manual_seed(0)
    traced = trace(ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28))
    gated = GatedNetwork(traced, find_spaces(traced, Adds.INDEXED), rows)
    decider = Decider(gated, ExpertLatency(PRESETS["pynq-8x32"]), rows=8)
    values = np.random.default_rng(1).uniform(1, 2, gated.spaces.count)
    for site in ("blocks_0_first_1", "blocks_0_second_1"):
        values[gated.spaces.sites[site]] *= 1e-6
    importance = Importance(values, {unit.name: np.full(gated.grouped(unit), np.inf) for unit in gated.convolutions})
    budget = 0.5 * decider.cost(gated.choice)
    found = refine(decider, importance, decider.decide(importance, budget), budget)
    names = [layer.name for layer in decider.structures([found.choice])[0].layers]
    assert found.cost <= budget
    assert not [name for name in names if name.startswith("blocks_0")]
    assert {name for name in names if name.startswith("blocks_")} >= {"blocks_1_first_0", "blocks_2_second_0"}
    gated.set(found.choice)
    images = torch.rand(4, 1, 28, 28)
    with torch.inference_mode():
        torch.testing.assert_close(settle(gated)(images), traced.module.eval()(images), rtol=0, atol=1e-4)
