"""Runs of a sweep: their names, their budgets, and what they are as a command."""

from dataclasses import replace

import pytest

from contracts.errors import InputError
from mlservice.pareto.codesign import (
    BASELINES,
    COMMON,
    LEARNED,
    MACS,
    METHOD,
    PARTS,
    REPEATED,
    SEEDS,
    STRONG,
    codesign,
    small,
)
from mlservice.pareto.runs import Budget, Run, Setting
from mlservice.training.methods.catalogue import METHODS

HALF = Run(Setting(), "swd", 1, Budget("latency_ms", 0.5))


def test_a_share_is_of_what_the_dense_network_was_measured_to_cost() -> None:
    assert HALF.arguments({"measured_latency_ms": 0.4})[-2:] == ["--latency-ms", "0.2"]
    fixed = replace(HALF, budget=Budget("energy_mj", 0.3, of_dense=False))
    assert fixed.arguments(None)[-2:] == ["--energy-mj", "0.3"]


def test_names_are_readable_and_differ_where_runs_do() -> None:
    assert HALF.name == "resnet8-fashion-mnist-pynq-8x32-swd-latency-0.5-8-epochs-seed-1"
    alike = [
        HALF,
        replace(HALF, seed=2),
        replace(HALF, cost="learned:mine"),
        replace(HALF, setting=Setting(batch=64)),
        replace(HALF, setting=Setting(data="own/images")),
        replace(HALF, setting=Setting(data="own-images")),
    ]
    assert len({run.name for run in alike}) == len(alike)


def test_a_run_is_the_same_behind_its_file() -> None:
    for run in (HALF, replace(HALF, budget=None)):
        assert Run.from_mapping(run.to_mapping()) == run


@pytest.mark.parametrize(
    ("metric", "amount", "why"),
    [
        ("watts", 1.0, "a budget's metric is 'watts'; known are latency_ms, energy_mj"),
        ("latency_ms", 0.0, "a budget of latency_ms is 0.0: give a number above 0"),
        ("latency_ms", 1.5, "a share of the dense network's latency_ms is 1.5: give at most 1"),
    ],
)
def test_wrong_budgets_are_refused(metric: str, amount: float, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Budget(metric, amount)


def test_the_benchmark_has_every_method_at_equal_budgets_with_equal_seeds() -> None:
    runs = codesign()
    assert len({run.name for run in runs}) == len(runs)
    assert {run.method for run in runs} <= METHODS.keys()
    asked = {(str(budget), seed) for budget in REPEATED for seed in SEEDS} | {(str(b), SEEDS[0]) for b in COMMON}
    every = {(str(budget), seed) for budget in COMMON for seed in SEEDS}
    own = {(str(run.budget), run.seed) for run in runs if (run.method, run.cost) == (METHOD, LEARNED)}
    assert every <= own
    for method in (*BASELINES, MACS):
        found = {(str(run.budget), run.seed) for run in runs if run.method == method}
        assert found == (every if method in (*STRONG, MACS) else asked)
    for part in PARTS.values():
        seeds = {(str(r.budget), r.seed) for r in runs if (r.method, r.cost) == (part.method, part.cost)}
        assert {(f"latency-{share}", seed) for share in (0.5, 0.25) for seed in (0, 1, 2)} <= seeds
    assert runs[0].method == small()[0].method == "dense"
