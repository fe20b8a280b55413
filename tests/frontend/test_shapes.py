"""What pages say of a session: shapes as bars, stories of plots, fronts."""

from typing import Any

import pytest

from backend.jobs.histories import SessionHistory
from backend.jobs.models import Job
from contracts.job import JobKind, JobState
from frontend.pareto.fronts import fronts_of
from frontend.pareto.runs import Choice, Run, budget_text
from frontend.pruning.results import outcome
from frontend.pruning.shapes import Bar, aligned_shapes, side_by_side
from frontend.pruning.story import story_of


def shape(share: float, kept: dict[str, list[float]], **more: Any) -> dict[str, Any]:
    usual = {"budget": 0.05, "unit": "ms", "predicted": {"latency_ms": 0.04, "energy_mj": 0.1}, "multiplier": 0.2}
    return {"share": share, "kept": kept, **usual, **more}


def test_a_layer_that_is_renamed_when_the_network_is_cut_stays_one_row() -> None:
    layers, rows = aligned_shapes([shape(0.1, {"a.0": [8, 1.0, 8]}), shape(0.5, {"a_0": [4, 0.5, 8]})])
    assert layers == ["a.0"]
    assert rows == [[Bar("a.0", 8, 1.0, 8)], [Bar("a.0", 4, 0.5, 8)]]


def test_a_layer_that_is_gone_has_no_filter_left() -> None:
    _, rows = aligned_shapes([shape(0.1, {"a": [8, 1.0, 8], "b": [4, 1.0, 4]}), shape(0.5, {"a": [8, 1.0, 8]})])
    assert rows[1][1] == Bar("b", 0, 0.0, 4)
    assert rows[1][1].text == "0 of 4"


def test_bars_are_paler_where_fewer_weight_vectors_are_left() -> None:
    assert Bar("a", 8, 1.0, 8).opacity == 1
    assert 0.2 < Bar("a", 8, 0.0, 8).opacity < Bar("a", 8, 0.5, 8).opacity < 1


def test_a_session_without_decisions_is_compared_by_what_its_result_kept() -> None:
    dense = {"a": {"filters": 8, "density": 1.0}, "b": {"filters": 4, "density": 1.0}}
    found = side_by_side([((), dense), ([shape(1.0, {"a": [6, 0.5, 8]})], {})])
    assert [bar.text for bar in found["rows"][0]["bars"]] == ["8 of 8 · 100\u202f%", "6 of 8 · 50\u202f%"]
    assert [bar.text for bar in found["rows"][1]["bars"]] == ["4 of 4 · 100\u202f%", "0 of 4"]


def test_a_story_tells_what_was_told_and_nothing_else() -> None:
    metrics = [{"share": 0.5, "step": 5, "steps": 10, "loss": 1.25, "learning_rate": 0.1}]
    told = story_of(SessionHistory(metrics=metrics), {}, None)
    assert "1.25 nats" in told["loss"]["text"]
    assert told["shape"] is told["accuracy"] is told["costs"] is told["multiplier"] is None


def test_the_budget_of_the_moment_stands_with_the_cost_that_it_bounds() -> None:
    told = story_of(SessionHistory(shapes=[shape(0.5, {"a": [8, 1.0, 8]})]), {"latency_ms": 0.03}, None)
    assert told["costs"]["latency_ms"]["data"]["budget"] == [0.05]
    assert told["costs"]["energy_mj"]["data"]["budget"] == [None]
    assert "at most 0.03 ms" in told["costs"]["latency_ms"]["text"]


def test_tables_behind_long_plots_keep_the_last_row() -> None:
    metrics = [{"share": k / 400, "step": k, "steps": 400, "loss": 1.0, "learning_rate": 0.1} for k in range(1, 401)]
    rows = story_of(SessionHistory(metrics=metrics), {}, None)["loss"]["rows"]
    assert len(rows) <= 60
    assert rows[-1]["step"] == 400


def done(method: str, latency_ms: float, accuracy: float, **options: Any) -> Run:
    result = {"measured_latency_ms": latency_ms, "accuracy_int8": accuracy, "data": "digits", "accelerator": "edge-8x8"}
    wanted = {"network": "plain", "data": "digits", "epochs": 2, "seed": 0, "method": method, "latency_ms": latency_ms}
    job = Job(kind=JobKind.PRUNE.value, state=JobState.COMPLETED.value, result=result, options={**wanted, **options})
    facets = {
        **{name: str(job.options[name]) for name in ("network", "data", "method", "seed")},
        "accelerator": "edge-8x8",
    }
    return Run("job_x", job, facets, "", result, latency_ms, accuracy)


def test_each_method_has_its_front_and_what_it_covers_up_to_the_worst() -> None:
    runs = [
        done("ours", 1, 0.9),
        done("ours", 2, 0.95),
        done("ours", 2, 0.8),
        done("theirs", 2, 0.9),
        done("dense", 4, 0.96),
    ]
    found = fronts_of(runs)
    assert found is not None
    assert found.reference == pytest.approx((4, 80))
    assert [one.method for one in found.methods] == ["ours", "theirs", "dense"]
    ours = found.methods[0]
    assert [(run.cost, run.accuracy) for run in ours.best] == [(1, 0.9), (2, 0.95)]
    assert ours.hypervolume == pytest.approx(3 * 10 + 2 * 5)
    assert ours.share == pytest.approx(1)


def test_sessions_of_several_networks_have_no_common_front() -> None:
    assert fronts_of([done("ours", 1, 0.9), done("ours", 1, 0.9, network="resnet8")]) is None


def test_the_dense_method_has_no_budget_and_filters_choose_by_setting() -> None:
    run = done("dense", 4, 0.9)
    assert outcome(run.job).budgets == {}
    assert Choice.of({"network": "plain", "seed": "0"}).takes(run)
    assert not Choice.of({"network": "resnet8"}).takes(run)
    assert Choice.of({"cost": "beauty"}).cost == "latency"


@pytest.mark.parametrize(
    ("name", "words"),
    [("latency-0.5", "0.5 of dense"), ("latency-0.05ms", "0.05 ms"), ("energy-0.19", "0.19 of dense"), (None, "")],
)
def test_a_sweeps_budget_is_said_in_words(name: str | None, words: str) -> None:
    assert budget_text(name) == words
