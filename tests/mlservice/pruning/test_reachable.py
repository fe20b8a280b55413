"""What budgets are in reach is known before anything is trained, by whichever cost."""

from pathlib import Path

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from contracts.errors import InputError
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.predictors.registry import Registry
from mlservice.pruning.metrics import WorstRatio, costs_of, price_of
from mlservice.pruning.reachable import Reachable, reachable, require_reachable
from mlservice.pruning.trace import trace

PYNQ = PRESETS["pynq-8x32"]


@pytest.fixture(scope="module")
def table() -> tuple[Reachable, ...]:
    traced = trace(ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28))
    return reachable(traced, costs_of("expert", PYNQ), PYNQ.rows)


def test_less_costs_less(table: tuple[Reachable, ...]) -> None:
    assert [row.name for row in table] == ["least", "half", "dense"]
    for one, other in zip(table, table[1:], strict=False):
        assert one.parameters < other.parameters
        assert one.macs < other.macs
        assert all(one.costs[metric] < other.costs[metric] for metric in ("latency_ms", "energy_mj"))
    network = ResNet8(ResNet8Options(input_channels=1))
    assert table[-1].parameters == sum(p.numel() for p in network.parameters())


def test_a_budget_below_the_least_is_refused_with_the_least(table: tuple[Reachable, ...]) -> None:
    least = table[0].costs["energy_mj"]
    require_reachable(table, {"energy_mj": 1.01 * least})
    with pytest.raises(InputError, match=rf"energy_mj .* is below the least that is reachable, {least:.4g}"):
        require_reachable(table, {"latency_ms": 1.0, "energy_mj": 0.9 * least})


def test_several_budgets_are_kept_where_the_worst_is() -> None:
    traced = trace(ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28))
    costs = costs_of("expert", PYNQ)
    dense = {row.name: row.costs for row in reachable(traced, costs, PYNQ.rows)}["dense"]
    budgets = {"latency_ms": dense["latency_ms"] / 2, "energy_mj": dense["energy_mj"] / 4}
    worst = WorstRatio({metric: (costs[metric], budget) for metric, budget in budgets.items()})
    [row] = [r for r in reachable(traced, {"worst": worst}, PYNQ.rows) if r.name == "dense"]
    np.testing.assert_allclose(row.costs["worst"], 4.0)


def test_unknown_sources_of_costs_and_empty_registries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cost is 'oracle'; known are expert, learned, surrogate, macs"):
        costs_of("oracle", PYNQ)
    for source in ("learned", "surrogate"):
        with pytest.raises(InputError, match=f"no {source} predictor in .*: train one"):
            costs_of(source, PYNQ, Registry(tmp_path))
    assert price_of("macs") is not None
    assert price_of("expert") is None
