"""Predictors learn a law that features can tell, know how sure they are, and notice what is foreign."""

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from contracts.errors import InputError
from mlservice.predictors.evaluate import measured_of
from mlservice.predictors.fit import Trained, fit_predictor
from mlservice.predictors.kinds import BOOSTED, KINDS
from mlservice.predictors.rows import Rows, rows_of
from mlservice.predictors.targets import Target


def mape(rows: Rows, kind: str, target: Target = Target.LATENCY) -> float:
    train, test = rows.split("random")
    predicted = np.exp(fit_predictor(kind, train, target).logs(test.batch))
    return float(np.abs(predicted / test.measured[target] - 1).mean() * 100)


def test_who_knows_the_expert_beats_the_expert_and_who_does_not(rows: Rows) -> None:
    found = {kind: mape(rows, kind) for kind in ("expert", "linear", "hybrid", "hybrid-layers")}
    assert found["hybrid"] < 1 < found["expert"] < found["linear"]
    assert found["hybrid-layers"] < 0.5


def test_energy_is_learned_as_well(rows: Rows) -> None:
    assert mape(rows, "hybrid", Target.ENERGY) < 2


def test_the_same_seed_gives_the_same_predictor(rows: Rows) -> None:
    one, other = (fit_predictor("network", rows, Target.LATENCY, seed=4).logs(rows.batch) for _ in range(2))
    assert (one == other).all()


def test_intervals_cover_what_they_promise(hybrid: Trained, rows: Rows) -> None:
    test = rows.split("random")[1]
    found = hybrid.predict(test.batch)
    measured = measured_of(test, Target.LATENCY)
    assert (found.low < found.values).all()
    assert (found.values < found.high).all()
    assert ((found.low <= measured) & (measured <= found.high)).mean() >= 0.75


def test_a_family_never_seen_is_called_foreign(rows: Rows) -> None:
    train, test = rows.split("family")
    trained = Trained.fit("hybrid", train, Target.LATENCY)
    assert trained.predict(test.batch).outside.mean() > 0.9
    assert trained.predict(train.batch).outside.mean() < 0.15


def test_throughput_follows_from_latency(hybrid: Trained, rows: Rows) -> None:
    latency, throughput = hybrid.predict(rows.batch), hybrid.predict(rows.batch, Target.THROUGHPUT)
    assert throughput.values == pytest.approx(1e3 / latency.values)
    assert throughput.low == pytest.approx(1e3 / latency.high)
    with pytest.raises(InputError, match="foretells no energy"):
        hybrid.predict(rows.batch, Target.ENERGY)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_says_the_same_and_holds_no_code(kind: str, rows: Rows, tmp_path: Path) -> None:
    trained = Trained.fit(kind, rows, Target.LATENCY)
    trained.save(tmp_path)
    again = Trained.load(kind, tmp_path, Target.LATENCY).predict(rows.batch)
    before = trained.predict(rows.batch)
    for name in ("values", "low", "high", "outside"):
        assert (getattr(again, name) == getattr(before, name)).all()
    assert {path.suffix for path in tmp_path.iterdir()} <= {".cbm", ".json", ".onnx", ".npz"}


@pytest.mark.parametrize("kind", BOOSTED)
def test_onnxruntime_says_what_catboost_says(kind: str, rows: Rows, tmp_path: Path) -> None:
    predictor = fit_predictor(kind, rows, Target.LATENCY)
    predictor.save(tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    form = predictor.form  # type: ignore[attr-defined]  # boosted ones have one
    features = rows.batch.passes if form.per_pass else rows.batch.networks
    (said,) = session.run(["predictions"], {"features": features})
    assert said.ravel() == pytest.approx(predictor.model.predict(features), abs=1e-5)  # type: ignore[attr-defined]  # as above


def test_what_cannot_be_fitted_is_refused_in_words(rows: Rows, made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    with pytest.raises(InputError, match="predictor kind is 'oracle'"):
        fit_predictor("oracle", rows, Target.LATENCY)
    with pytest.raises(InputError, match=r"layers\.parquet"):
        fit_predictor("layers", rows_of(made[0]), Target.LATENCY)
    alike = rows_of(made[0].assign(group="one"))
    with pytest.raises(InputError, match="too few groups"):
        Trained.fit("expert", alike, Target.LATENCY)
