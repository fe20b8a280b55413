"""A predictor from all sides: what pages show of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.predictors.assess import Extent, assess
from mlservice.predictors.fit import Trained
from mlservice.predictors.offline import inputs_of
from mlservice.predictors.registry import Card, Registry
from mlservice.predictors.rows import Rows, rows_of
from mlservice.predictors.targets import Target
from mlservice.predictors.train import TrainWish, train


@pytest.fixture(scope="module")
def found(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trained, Card]:
    registry = Registry(tmp_path_factory.mktemp("registry"))
    train(rows, TrainWish("mine", "linear"), registry)
    return registry.find("mine")


def silent(*_: Any) -> None: ...


def test_it_holds_every_split_the_data_has_and_its_own_kind_beside_others(
    rows: Rows, found: tuple[Trained, Card]
) -> None:
    heard = []
    document = assess(rows, found, Extent(("expert",), curve=False), lambda phase, *_: heard.append(phase))
    assert {(line["split"], line["kind"]) for line in document["compared"]} == {
        (split, kind) for split in ("random", "family", "accelerator") for kind in ("expert", "linear")
    }
    assert document["explanation"] is None
    assert list(dict.fromkeys(heard)) == ["compare", "curve", "explain"]
    assert json.loads(json.dumps(document)) == document


def test_the_curve_is_of_its_own_kind_and_the_experts(rows: Rows, found: tuple[Trained, Card]) -> None:
    document = assess(rows, found, Extent((), curve=True), silent)
    assert document["compared"] == []
    assert {point["name"] for point in document["curve"]} == {"linear", "expert"}
    assert document["curve"][-1]["simulations"] == len(rows.split("random")[0])


def test_one_that_was_fitted_to_everything_has_no_points(rows: Rows, tmp_path: Path) -> None:
    train(rows, TrainWish("whole", "linear", split="all"), Registry(tmp_path))
    document = assess(rows, Registry(tmp_path).find("whole"), Extent(()), silent)
    assert (document["points"], document["curve"]) == (None, [])


@pytest.mark.parametrize("kind", ["hybrid", "layers"])
@pytest.mark.parametrize("target", [Target.LATENCY, Target.ENERGY])
def test_what_is_handed_out_for_onnx_adds_up_to_the_prediction(rows: Rows, kind: str, target: Target) -> None:
    fitted, test = rows.split("random")
    trained = Trained.fit(kind, fitted, target)
    said = trained.predict(test.batch).values
    for value, given in zip(said, inputs_of(trained.predictor, test.batch), strict=True):
        logs = trained.predictor.model.predict(np.asarray(given["features"], np.float32))  # type: ignore[attr-defined]
        assert float((np.exp(logs) * given["scales"]).sum()) == pytest.approx(value, rel=1e-6)


def test_the_expert_has_nothing_to_hand_out(rows: Rows) -> None:
    trained = Trained.fit("expert", rows, Target.LATENCY)
    with pytest.raises(InputError, match="take a boosted one"):
        next(inputs_of(trained.predictor, rows.batch))


def test_a_kind_that_cannot_be_fitted_is_left_out_with_the_reason(made: Any, found: tuple[Trained, Card]) -> None:
    document = assess(rows_of(made[0]), found, Extent(("layers",), curve=False), silent)
    assert {line["kind"] for line in document["compared"]} == {"linear"}
    assert {(line["kind"], line["split"]) for line in document["left"]} == {
        ("layers", split) for split in ("random", "family", "accelerator")
    }
    assert "layers.parquet" in document["left"][0]["reason"]
