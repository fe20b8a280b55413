"""`python -m mlservice predictors`: the commands, their figures, and how mistakes are told."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.structure.families import FAMILIES
from mlservice.cli import main
from tests.mlservice.predictors.made import tables


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name, frame in zip(("networks", "layers"), tables(90), strict=True):
        frame.to_parquet(folder / f"{name}.parquet")
    return folder


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a command prints as JSON."""
    assert main(["predictors", *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_train_list_and_predict_work_on_each_others_results(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--registry", tmp_path / "kept")
    card = asked(capsys, "train", "--data", data, "--name", "mine", *place)
    assert asked(capsys, "list", *place)["predictors"] == [card]
    structure = tmp_path / "small.json"
    structure.write_text(FAMILIES["resnet"]((3, 16, 16), (8, 16, 24)).to_json())
    said = asked(capsys, "predict", "mine", structure, "--accelerator", "edge-8x8", *place)
    (found,) = said["predictions"]
    assert said["unit"] == "ms"
    assert found["low"] < found["value"] < found["high"]
    explained = asked(capsys, "explain", "mine", "--data", data, "--out", tmp_path / "why.html", *place)
    assert explained["importances"]
    assert "SHAP" in (tmp_path / "why.html").read_text()


def test_evaluate_prints_a_leaderboard_and_writes_a_report(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = ("--kinds", "expert", "linear", "--splits", "random", "family", "--targets", "latency", "--out", tmp_path)
    found = asked(capsys, "evaluate", "--data", data, *wish)
    assert {(line["split"], line["kind"]) for line in found["leaderboard"]} == {
        (split, kind) for split in ("random", "family") for kind in ("expert", "linear")
    }
    assert (tmp_path / "report.html").is_file()


def test_the_curve_goes_to_all_simulations(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = asked(capsys, "curve", "--data", data, "--kinds", "linear")["curve"]
    assert points[-1]["simulations"] > points[0]["simulations"] >= 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "mine", "x.json", "--registry", "/nowhere"], "there is no predictor 'mine'"),
        (["train", "--data", "/nowhere"], "cannot be read as Parquet"),
        (["train"], "--data"),
        (["train", "--data", "x", "--kind", "oracle"], "oracle"),
    ],
)
def test_mistakes_are_told_in_words(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(["predictors", *arguments, "--json"]) == 2
    said = capsys.readouterr()
    assert words in json.loads(said.out)["error"]["message"]
    assert words in said.err
