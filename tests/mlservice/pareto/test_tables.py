"""The benchmark's page: what is reached and what is not, on made-up figures whose verdicts are plain to see."""

from typing import Any

import pytest

from contracts.errors import InputError
from mlservice.pareto.codesign import BASELINES, MACS, METHOD, codesign
from mlservice.pareto.reached import lines
from mlservice.pareto.results import Identity, Result
from mlservice.pareto.runs import Run
from mlservice.pareto.tables import BEGIN, END, into, markdown

DENSE_MS, DENSE_MJ = 0.4, 0.8


def made(run: Run, lost_points: float) -> Result:
    """A network that keeps its budget and loses so many points against 92 %, and a tenth more with each seed."""
    share = 1.0
    if run.budget is not None:
        share = run.budget.amount if run.budget.of_dense else run.budget.amount / DENSE_MS
    dense = {"latency_ms": DENSE_MS, "energy_mj": DENSE_MJ}
    accuracy = 0.92 - lost_points / 100 - 0.001 * run.seed
    answer: dict[str, Any] = {
        "accuracy_float": accuracy,
        "accuracy_int8": accuracy,
        "budget": {} if run.budget is None else {run.budget.metric: dense[run.budget.metric] * share},
        "precision": "bfloat16",
        "onnx_max_difference": 1e-6,
        "onnx_top1_equal": True,
        **{f"measured_{metric}": value * share for metric, value in dense.items()},
        **dict.fromkeys(("params", "macs", "wall_s", "train_energy_wh"), 1.0),
    }
    machine = {"processor": "a processor", "cores": 2, "torch": "2"}
    return Result(Identity(run, "0123456789abcdef"), answer, "a" * 40, machine, "2026-01-01T00:00:00+00:00")


def everything(own: float, others: float) -> list[Result]:
    """All runs: the method's own networks lose so much, those of baselines and by MACs so much."""
    lost = {METHOD: own, "dense": 0.0, **dict.fromkeys((*BASELINES, MACS), others)}
    return [made(run, lost.get(run.method, others)) for run in codesign()]


def test_a_method_that_loses_little_reaches_all() -> None:
    assert [line for line in lines(everything(0.1, 1.0)) if line.good is not True] == []


def test_a_method_that_loses_more_than_others_is_told_so() -> None:
    missed = {line.what for line in lines(everything(1.0, 0.1)) if line.good is False}
    assert "hypervolume over 0.5, 0.25 of the dense latency, above 85%" in missed
    assert "0.333 of the dense latency: against the best of baselines and MACs" in missed
    assert "0.5 of the dense latency: accuracy less dense's, same seed and epochs" in missed
    assert "0.125 of the dense latency: accuracy less dense's, same seed and epochs" not in missed


def test_what_has_not_run_yet_is_said_to_have_not() -> None:
    first = everything(0.1, 1.0)[:1]
    assert all(line.good is not False for line in lines(first))
    assert "not all run yet" in markdown(first, 103)
    assert markdown([], 103) == "None of the 103 runs has finished yet.\n\n"


def test_what_is_lost_to_the_very_limit_is_reached() -> None:
    frugal = [line for line in lines(everything(1.0, 1.0)) if line.what == "energy"]
    assert [line.good for line in frugal] == [True]


def test_being_better_than_some_of_the_others_decides_nothing() -> None:
    some = [result for result in everything(0.1, 1.0) if result.run.method in (METHOD, "dense", "swd")]
    against = [line for line in lines(some) if "hypervolume" in line.what or "baselines" in line.what]
    assert {line.good for line in against} == {None}
    assert all("best of 1 that have run, of 7" in line.found for line in against)


def test_the_page_has_every_method_and_says_where_its_figures_are_from() -> None:
    results = everything(0.1, 1.0)
    text = markdown(results, len(results), [results[1].run], ["plots/codesign-front.png"])
    for run in codesign():
        assert f"| {run.method}" in text
    assert "aaaaaaaaaaaa" in text
    assert "bfloat16" in text
    assert f"Of code that has changed since: {results[1].run.name}." in text
    assert "![codesign front](plots/codesign-front.png)" in text


def test_tables_replace_those_of_before_and_leave_the_rest_of_a_page() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert into(page, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(InputError, match="the page lacks the lines"):
        into("a page of something else", "new\n")
