"""Structures trained side by side on digits: curves, names, and nothing done twice."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from contracts.errors import InputError
from contracts.structure.families import plain, resnet
from contracts.training import TrainingPlan
from mlservice.cli import main
from mlservice.training.structures import Trained, train_one, train_structures

PLAN = TrainingPlan("digits", images=640, held_back=200, epochs=2, batch_images=32)
WIDE, NARROW = plain((1, 8, 8), (8, 16, 32)), plain((1, 8, 8), (2, 2, 2))


def test_a_training_has_a_curve_and_the_accuracy_on_the_test_part() -> None:
    found = train_one(WIDE.to_json(), PLAN)
    assert found["status"] == "done"
    assert len(found["loss_curve"]) == len(found["accuracy_curve"]) == len(found["training_loss_curve"]) == 2
    assert found["loss_curve"][1] < found["loss_curve"][0]
    assert found["accuracy"] > 0.7
    assert found["structure"] == WIDE.digest
    assert found["training"] == PLAN.key(WIDE.digest)


def test_the_same_plan_gives_the_same_accuracy_and_a_wider_network_learns_more() -> None:
    one, same, narrow = (train_one(x.to_json(), PLAN) for x in (WIDE, WIDE, NARROW))
    assert one["accuracy_curve"] == same["accuracy_curve"]
    assert one["accuracy"] == same["accuracy"]
    assert narrow["accuracy"] < one["accuracy"]


def test_a_training_that_runs_away_holds_the_reason() -> None:
    away = TrainingPlan("digits", images=640, held_back=200, epochs=1, batch_images=32, peak_learning_rate=10.0)
    found = train_one(plain((1, 8, 8), (8,) * 6).to_json(), away)
    assert found["status"] == "done" or "the loss is" in found["reason"]


def test_networks_are_trained_side_by_side_and_only_once(tmp_path: Path) -> None:
    few = TrainingPlan("digits", images=64, held_back=50, epochs=1, batch_images=32)
    seen: list[Trained] = []
    first = train_structures([WIDE], few, tmp_path, report=seen.append)
    both = train_structures([NARROW, WIDE], few, tmp_path, workers=2, report=seen.append)
    assert [(p.done, p.networks) for p in seen] == [(1, 1), (2, 2)]
    assert both[1] == first[0]
    assert {path.stem for path in tmp_path.glob("*.json")} == {few.key(x.digest) for x in (WIDE, NARROW)}


def test_a_network_for_other_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reads \(3, 8, 8\).*digits has images \(1, 8, 8\)"):
        train_structures([resnet((3, 8, 8))], PLAN, tmp_path)


def test_the_command_prints_what_came_of_every_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.jsonl").write_text(f"{NARROW.to_json()}\n")
    options = ["--data=digits", "--images=64", "--held-back=50", "--epochs=1", "--batch-images=32", "--json"]
    command = ["train-structures", str(tmp_path / "some.jsonl"), "--out", str(tmp_path / "out"), *options]
    assert main(command) == 0
    said = capsys.readouterr()
    (found,) = json.loads(said.out)["trainings"]
    assert found["structure"] == NARROW.digest
    assert "1/1 networks trained" in said.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--images=1400"], "more than the 1437"),
        (["--workers=0"], "--workers is 0"),
        (["--epochs=0"], "epochs is 0"),
    ],
)
def test_mistakes_are_told_in_words(
    options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "some.jsonl").write_text(f"{NARROW.to_json()}\n")
    usual = ["train-structures", str(tmp_path / "some.jsonl"), "--out", str(tmp_path), "--data=digits", "--images=64"]
    assert main([*usual, "--held-back=50", "--batch-images=32", *options]) == 2
    assert words in capsys.readouterr().err
