"""Kinds judged side by side, by family; curves; explanations; and the figures about them."""

import json
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.predictors import plots
from mlservice.predictors.curves import active_curve, choose, disagreement, learning_curve
from mlservice.predictors.evaluate import Judged, Wish, evaluate, leaderboard, splits_in
from mlservice.predictors.explain import explain
from mlservice.predictors.fit import Trained, fit_predictor
from mlservice.predictors.rows import Rows
from mlservice.predictors.targets import Target


@pytest.fixture(scope="module")
def judged(rows: Rows) -> list[Judged]:
    return list(evaluate(rows, Wish(("random", "family"), ("expert", "linear", "hybrid"), (Target.LATENCY,))))


def test_every_kind_is_judged_on_every_split_by_family(judged: list[Judged], rows: Rows) -> None:
    assert [(j.split, j.kind) for j in judged] == [
        (split, kind) for split in ("random", "family") for kind in ("expert", "linear", "hybrid")
    ]
    assert set(judged[0].by_family) == {"resnet", "plain", "mobilenet_v1"}
    assert set(judged[-1].by_family) == {"mobilenet_v1"}
    assert sum(scores.rows for scores in judged[0].by_family.values()) == judged[0].all.rows
    assert judged[0].rows + judged[0].all.rows == len(rows)


def test_the_leaderboard_is_led_by_the_best(judged: list[Judged]) -> None:
    lines = [line for line in leaderboard(judged) if line["split"] == "random"]
    assert [line["mape"] for line in lines] == sorted(line["mape"] for line in lines)
    assert lines[0]["kind"] == "hybrid"


def test_only_splits_that_the_data_has_are_taken(rows: Rows) -> None:
    assert splits_in(rows, ("random", "width", "accelerator")) == ("random", "accelerator")
    with pytest.raises(InputError, match="none of the splits width"):
        splits_in(rows, ("width",))


def test_a_report_stands_alone(judged: list[Judged], tmp_path: Path) -> None:
    plots.write_report(tmp_path, {"leaderboard": leaderboard(judged)}, judged)
    page = (tmp_path / "report.html").read_text()
    assert "measured on RTL" in page
    assert 'src="http' not in page
    assert json.loads((tmp_path / "scores.json").read_text())["leaderboard"]


def test_more_simulations_make_fewer_errors(rows: Rows) -> None:
    points = list(learning_curve(rows, "random", ["hybrid"], Target.LATENCY, sizes=(20,)))
    assert [point["simulations"] for point in points] == [20, len(rows.split("random")[0])]
    assert points[0]["mape"] > points[1]["mape"]


def test_the_committee_disagrees_more_on_what_it_was_not_fitted_to(rows: Rows) -> None:
    families = rows.table["family"].to_numpy()
    known, left = np.flatnonzero(families == "resnet"), np.flatnonzero(families == "mobilenet_v1")
    spread = {name: disagreement(rows, known, some, Target.LATENCY) for name, some in (("own", known), ("new", left))}
    assert np.median(spread["new"]) > 2 * np.median(spread["own"])
    chosen = choose(rows, known, left, Target.LATENCY, 20)
    assert len(set(chosen)) == 20
    assert set(chosen) <= set(left)
    assert spread["new"][np.isin(left, chosen)].mean() > spread["new"].mean()


def test_both_curves_begin_alike(rows: Rows) -> None:
    points = list(active_curve(rows, "random", Target.LATENCY, start=30, more=20, rounds=1))
    assert [(p["name"], p["simulations"]) for p in points] == [
        ("random", 30), ("random", 50), ("active", 30), ("active", 50)
    ]  # fmt: skip
    assert points[0]["mape"] == points[2]["mape"]
    with pytest.raises(InputError, match="use 400030 networks"):
        list(active_curve(rows, "random", Target.LATENCY, start=30, more=40_000, rounds=10))


def test_the_feature_that_rules_is_found(hybrid: Trained, rows: Rows) -> None:
    found = explain(hybrid.predictor, rows.batch)
    assert sum(found.importances.values()) == pytest.approx(100, abs=0.1)
    assert found.shap.keys() == found.values.keys()
    figure = plots.shap_figure(found.shap, found.values)
    assert len(figure.data) == len(found.shap)
    assert plots.importance_figure(found.importances).data
    with pytest.raises(InputError, match="has no features to explain"):
        explain(fit_predictor("expert", rows, Target.LATENCY), rows.batch)
