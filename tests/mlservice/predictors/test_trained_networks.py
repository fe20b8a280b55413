"""The trained networks that the repository carries, and what a predictor makes of them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks.accuracy import FOLDS, LEAST_KENDALL, folds_of, foretold, kendall
from contracts.structure import Structure
from contracts.training import TRAINING_COLUMNS
from hwservice.campaign.splits import alike, widths_of
from mlservice.predictors.evaluate import measured_of
from mlservice.predictors.rows import Rows, load
from mlservice.predictors.targets import Target

FOLDER = Path("datasets/accuracy")


@pytest.fixture(scope="module")
def trained() -> Rows:
    return load(FOLDER, Target.ACCURACY)


def test_the_tables_are_of_the_contracts_form_and_as_their_card_says() -> None:
    card = (FOLDER / "DATACARD.md").read_text()
    assert pq.read_schema(FOLDER / "training.parquet").names == [column.name for column in TRAINING_COLUMNS]
    for file in FOLDER.glob("*.parquet"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in card, file.name


def test_curves_end_near_the_accuracy_on_the_test_part() -> None:
    table = pd.read_parquet(FOLDER / "training.parquet")
    last = table.accuracy_curve.map(json.loads).str[-1]
    assert (table.accuracy_curve.map(json.loads).str.len() == table.epochs).all()
    assert (last - table.accuracy).abs().mean() < 0.02


def test_no_near_duplicates_are_in_different_folds_or_on_both_sides_of_the_split(trained: Rows) -> None:
    folds, table = folds_of(trained), trained.table
    assert set(folds) == set(range(FOLDS))
    test = (table.split_random == "test").to_numpy()
    for indices in table.groupby("base").indices.values():
        widths = np.asarray([widths_of(Structure.from_json(table.spec[k])) for k in indices])
        for k, own in zip(indices, widths, strict=True):
            twins = indices[alike(own, widths)]
            assert set(folds[twins]) == {folds[k]}
            assert set(test[twins]) == {test[k]}


def test_foretold_and_trained_accuracy_order_unseen_structures_of_a_family_alike(trained: Rows) -> None:
    measured = measured_of(trained, Target.ACCURACY)
    values, held = foretold(trained, "network")
    for family, indices in trained.table.groupby("family").indices.items():
        assert kendall(values[indices], measured[indices]) >= LEAST_KENDALL, family
    assert held.mean() > 0.8
