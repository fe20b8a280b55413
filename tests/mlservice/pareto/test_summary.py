"""What results say together, on results whose sums are plain to see."""

from typing import Any

import pytest

from contracts.errors import InputError
from mlservice.pareto.page import figures
from mlservice.pareto.results import Identity, Result
from mlservice.pareto.runs import Budget, Run, Setting
from mlservice.pareto.summary import Summary, keeps

SETTING = Setting(data="digits")
HALF, QUARTER = Budget("latency_ms", 0.5), Budget("latency_ms", 0.25)


def result(
    method: str, seed: int, latency_ms: float, accuracy: float, budget: Budget | None = None, setting: Setting = SETTING
) -> Result:
    answer: dict[str, Any] = {
        "accuracy_float": accuracy,
        "accuracy_int8": accuracy - 0.01,
        "budget": {} if budget is None else {budget.metric: 4.0 * budget.amount},
        "kept": {},
        **dict.fromkeys(("params", "macs", "wall_s", "train_energy_wh"), 1.0),
    }
    for metric in ("latency_ms", "energy_mj"):
        answer[f"measured_{metric}"] = answer[f"predicted_{metric}"] = latency_ms
    return Result(Identity(Run(setting, method, seed, budget), "0123"), answer, None, {}, "2026-01-01T00:00:00+00:00")


DENSE = [result("dense", 0, 4.0, 0.92), result("dense", 1, 4.0, 0.93)]
OWN = [result("priced-gates", 0, 2.0, 0.92, HALF), result("priced-gates", 1, 2.0, 0.92, HALF)]
OTHER = [result("swd", 0, 2.0, 0.91, HALF), result("swd", 0, 1.0, 0.90, QUARTER)]


def test_differences_are_to_the_dense_network_of_the_same_seed() -> None:
    own = next(cell for cell in Summary.of([*DENSE, *OWN]).cells() if cell.label == "priced-gates")
    against = own.against_dense("accuracy_float")
    assert against is not None
    assert against.mean == pytest.approx(-0.005)
    assert against.deviation == pytest.approx(0.01 / 2**0.5)
    assert own.of("accuracy_float").deviation == 0


def test_a_single_seed_has_no_spread() -> None:
    [cell] = Summary.of(DENSE[:1]).cells()
    assert cell.of("accuracy_float").deviation is None


def test_hypervolumes_are_over_budgets_that_all_methods_have_above_the_floor() -> None:
    summary = Summary.of([*DENSE, *OWN, *OTHER], floor=0.9)
    volumes = summary.hypervolumes()
    assert volumes["priced-gates"]["accuracy_float"].mean == pytest.approx(0.5 * 2)
    assert volumes["priced-gates"]["accuracy_float"].values == 2
    assert volumes["swd"]["accuracy_float"].mean == pytest.approx(0.5 * 1)
    both = summary.hypervolumes([HALF, QUARTER])
    assert both.keys() == {"swd"}
    assert Summary.of([*DENSE, *OWN, *OTHER]).floor == pytest.approx(0.89)


def test_the_front_holds_what_no_other_beats() -> None:
    summary = Summary.of([*DENSE, *OWN[:1], *OTHER])
    assert summary.front() == [OTHER[1], OWN[0], DENSE[1]]
    told = summary.to_mapping()
    assert [point["run"] for point in told["points"] if point["on_front"]] == [
        each.run.name for each in (DENSE[1], OWN[0], OTHER[1])
    ]


@pytest.mark.parametrize(("latency_ms", "good"), [(2.0, True), (2.05, False), (1.95, True), (1.85, False)])
def test_a_budget_is_kept_from_five_percent_below_to_two_above(latency_ms: float, good: bool) -> None:
    assert keeps(result("swd", 0, latency_ms, 0.9, HALF)) is good
    assert keeps(DENSE[0])


def test_results_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(InputError, match="there is no result to sum up"):
        Summary.of([])
    with pytest.raises(InputError, match="results are of 2 settings, which cannot be compared"):
        Summary.of([DENSE[0], result("dense", 0, 1.0, 0.9, setting=Setting())])
    with pytest.raises(InputError, match="metric is 'watts'; known are latency_ms, energy_mj"):
        Summary.of(DENSE, "watts")


def test_a_page_has_a_figure_for_each_question() -> None:
    drawn = figures(Summary.of([*DENSE, *OWN, *OTHER]))
    assert drawn.keys() == {"front", "against-dense", "hypervolume", "energy", "budget"}
    assert figures(Summary.of(DENSE)).keys() == {"front", "energy"}
    assert {trace.name for trace in drawn["front"].data} >= {"priced-gates", "swd", "dense"}


def test_a_method_has_one_colour_in_all_figures() -> None:
    drawn = figures(Summary.of([*DENSE, *OWN, *OTHER]))
    for method in ("priced-gates", "swd"):
        traces = [trace for figure in drawn.values() for trace in figure.data if trace.name == method]
        assert len(traces) == 4
        assert len({trace.marker.color for trace in traces}) == 1
