"""Predictors by name: versions count up, what does not fit is refused, nothing is half there."""

import json
from pathlib import Path

import pytest

from contracts.errors import InputError
from mlservice.predictors.fit import Trained
from mlservice.predictors.registry import CARD, Registry
from mlservice.predictors.rows import Rows
from mlservice.predictors.train import TrainWish, train


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "predictors")


def test_versions_count_up_and_the_newest_answers(rows: Rows, registry: Registry) -> None:
    first = train(rows, TrainWish("mine", "expert"), registry)
    second = train(rows, TrainWish("mine", "linear", split="all"), registry)
    assert (first.version, second.version) == (1, 2)
    assert registry.card("mine") == second
    assert registry.card("mine@1") == first
    assert first.scores["all"]["rows"] == len(rows.split("random")[1])
    assert second.scores == {}
    trained, card = registry.find("mine@1")
    assert isinstance(trained, Trained)
    assert (trained.predictor.kind, card.data_digest) == ("expert", rows.digest)


def test_unknown_names_are_refused_with_the_known_ones(rows: Rows, registry: Registry) -> None:
    with pytest.raises(InputError, match="none yet"):
        registry.find("mine")
    train(rows, TrainWish("mine", "expert"), registry)
    with pytest.raises(InputError, match="known are mine"):
        registry.find("yours")
    with pytest.raises(InputError, match="there is no predictor 'mine@7'"):
        registry.find("mine@7")


def test_names_that_are_paths_are_refused(rows: Rows, registry: Registry) -> None:
    with pytest.raises(InputError, match="lower-case letters, digits and dashes"):
        train(rows, TrainWish("../mine", "expert"), registry)
    assert not list(registry.folder.parent.glob("mine*"))


def test_a_predictor_of_other_features_is_refused(rows: Rows, registry: Registry) -> None:
    card = train(rows, TrainWish("mine", "expert"), registry)
    path = registry.folder / "mine" / str(card.version) / CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), "features": "0" * 16}))
    with pytest.raises(InputError, match="train it again"):
        registry.find("mine")


def test_a_damaged_card_is_named(rows: Rows, registry: Registry) -> None:
    train(rows, TrainWish("mine", "expert"), registry)
    (registry.folder / "mine/1" / CARD).write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        registry.cards()


def test_a_wish_for_what_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="kind is 'oracle'"):
        TrainWish("mine", "oracle")
