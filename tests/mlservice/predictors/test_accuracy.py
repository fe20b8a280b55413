"""Accuracy foretold from structures: its features, its predictors, and the trained networks that the repository carries."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from contracts.accelerator import PRESETS
from contracts.errors import InputError
from contracts.structure import Structure
from contracts.structure.families import FAMILIES, mobilenet_v1, plain, resnet
from contracts.structure.samplers import Pruning, prune
from mlservice.cli import main
from mlservice.predictors.batch import Batch, Query
from mlservice.predictors.evaluate import judged, measured_of
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import ACCURACY_KINDS
from mlservice.predictors.registry import Card, Registry
from mlservice.predictors.rows import Rows, accuracy_rows
from mlservice.predictors.shape import STRUCTURE_FEATURES, structure_features
from mlservice.predictors.targets import Target
from mlservice.predictors.train import TrainWish


def features(structure: Structure) -> dict[str, float]:
    return dict(zip(STRUCTURE_FEATURES, structure_features([structure])[0].tolist(), strict=True))


@pytest.fixture(scope="module")
def table(made: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    """Networks that miss the less the wider they are and the wider their narrowest layer is; each on two accelerators."""
    networks = made[0]
    found = structure_features([Structure.from_json(spec) for spec in networks.spec])
    narrow, sized = (found[:, STRUCTURE_FEATURES.index(name)] for name in ("narrowest", "log_parameters"))
    trained = networks.assign(accuracy=1 - 2.0 ** (0.5 - 0.3 * narrow - 0.15 * sized), accuracy_data="digits")
    return pd.concat([trained, trained.assign(accelerator="another")])


@pytest.fixture(scope="module")
def trained_rows(table: pd.DataFrame) -> Rows:
    return accuracy_rows(table)


def test_features_say_how_wide_deep_and_connected_a_network_is() -> None:
    found = features(plain((1, 16, 16), (8, 4, 32)))
    assert (found["depth"], found["adds"], found["narrowest"], found["first"], found["last"]) == (4, 0, 2, 3, 5)
    assert (found["level0_layers"], found["level1_width"], found["level2_stream"], found["level3_macs"]) == (
        1,
        2,
        5,
        -1,
    )
    assert found["log_macs"] == pytest.approx(np.log2(plain((1, 16, 16), (8, 4, 32)).macs))
    pruned = features(prune(resnet((1, 28, 28)), Pruning("random", (0.5, 0.5), True, (0.4, 0.4)), 1))
    assert pruned["density"] < 1
    assert pruned["alone"] > 0
    assert features(mobilenet_v1((3, 32, 32)))["depthwise"] == 13


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_all_features(family: str) -> None:
    found = structure_features([FAMILIES[family]((3, 64, 64))])
    assert found.shape == (1, len(STRUCTURE_FEATURES))
    assert np.isfinite(found).all()


def test_each_trained_network_counts_once_on_however_many_accelerators(table: pd.DataFrame, trained_rows: Rows) -> None:
    assert len(trained_rows) == table.structure.nunique() < len(table)


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.4), ("network", 0.8)])
def test_accuracy_is_learned_with_intervals_between_nothing_and_all(
    kind: str, least: float, trained_rows: Rows, tmp_path: Path
) -> None:
    train, test = trained_rows.split("random")
    trained = Trained.fit(kind, train, Target.ACCURACY)
    found = judged(trained, test)
    assert found.all.kendall is not None
    assert found.all.kendall > least
    assert not found.by_accelerator
    said = trained.predict(test.batch)
    assert ((said.low >= 0) & (said.low <= said.values) & (said.values <= said.high) & (said.high <= 1)).all()
    trained.save(tmp_path)
    again = Trained.load(kind, tmp_path, Target.ACCURACY).predict(test.batch)
    assert (again.values == said.values).all()
    assert (again.outside == said.outside).all()


def test_accelerators_do_not_count() -> None:
    queries = [Query(plain((1, 28, 28)), PRESETS[name]) for name in ("edge-8x8", "zcu-16x64")]
    one, other = Batch.for_target(Target.ACCURACY, queries).networks
    assert (one == other).all()


def test_a_predictor_of_accuracy_is_kept_with_the_features_that_it_sees(trained_rows: Rows, tmp_path: Path) -> None:
    trained = Trained.fit("network", trained_rows, Target.ACCURACY)
    card = Card("mine", 0, "network", Target.ACCURACY, trained_rows.digest, len(trained_rows), (), ("plain",), "all")
    registry = Registry(tmp_path)
    registry.add(trained, card)
    again, found = registry.find("mine")
    assert found.target is Target.ACCURACY
    assert (again.predict(trained_rows.batch).values == trained.predict(trained_rows.batch).values).all()


def test_the_commands_train_evaluate_and_ask(
    table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table.to_parquet(tmp_path / "networks.parquet")
    (tmp_path / "one.json").write_text(plain((1, 28, 28)).to_json())
    place = ["--registry", str(tmp_path / "kept"), "--json"]
    data = ["--data", str(tmp_path)]
    assert main(["predictors", "train", *data, "--target", "accuracy", *place]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "network-accuracy"
    assert main(["predictors", "predict", "network-accuracy", str(tmp_path / "one.json"), *place]) == 0
    assert 0 < json.loads(capsys.readouterr().out)["predictions"][0]["value"] < 1
    assert main(["predictors", "evaluate", *data, "--targets", "accuracy", "--splits", "random", *place]) == 0
    lines = json.loads(capsys.readouterr().out)["leaderboard"]
    assert {line["kind"] for line in lines} == set(ACCURACY_KINDS)
    assert main(["predictors", "evaluate", *data, "--targets", "accuracy", "latency", *place]) == 2


def test_what_cannot_be_learned_is_refused_in_words(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="0 trained networks"):
        accuracy_rows(table.assign(accuracy=None))
    mixed = table.assign(accuracy_data=["digits", "fashion-mnist"] * (len(table) // 2))
    with pytest.raises(InputError, match="one data set"):
        accuracy_rows(mixed)
    with pytest.raises(InputError, match="known for accuracy are linear, network"):
        TrainWish("mine", "hybrid", Target.ACCURACY)


def test_values_are_shares_of_the_test_images(trained_rows: Rows) -> None:
    assert measured_of(trained_rows, Target.ACCURACY) == pytest.approx(trained_rows.table.accuracy.to_numpy())
