"""Campaigns that train some of their networks."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from contracts.errors import InputError
from contracts.structure import Structure
from contracts.training import TRAINING_COLUMNS
from hwservice.campaign.card import CARD
from hwservice.campaign.definition import Accuracy, Campaign, campaign_from, load_campaign
from hwservice.campaign.export import export
from hwservice.campaign.forecast import forecast
from hwservice.campaign.runner import run_campaign
from hwservice.campaign.training import FOLDER, TrainingProgress, train, works

TEXT = """
name = "trained"
accelerators = ["pynq-8x32"]
[accuracy]
data = "digits"
networks = {networks}
repeats = 1
images = 64
held_back = 50
epochs = 1
batch_images = 32
{more}
[[part]]
family = "plain"
count = {count}
inputs = [[1, 8, 8], [3, 8, 8]]
bases = [{{ widths = [8, 12] }}]
[[part]]
family = "resnet"
count = {count}
inputs = [[1, 8, 8]]
bases = [{{ widths = [4, 6, 8] }}]
"""


def campaign(folder: Path, networks: int = 3, count: int = 6, more: str = "") -> Campaign:
    path = folder / "trained.toml"
    path.write_text(TEXT.format(networks=networks, count=count, more=more))
    return load_campaign(path)


def keys(found: Campaign) -> list[str]:
    return [work.key for work in works(found)]


def test_networks_are_taken_in_turns_from_the_parts_whose_input_fits(tmp_path: Path) -> None:
    found = works(campaign(tmp_path, 4, 20))
    assert [work.drawn.family for work in found[:3]] == [
        "plain",
        "resnet",
        "resnet",
    ]  # plain's second base is for colour
    assert {work.structure.input for work in found} == {(1, 8, 8)}
    assert [work.plan.seed for work in found] == [0, 0, 0, 0, 1]
    assert found[4].structure.digest == found[0].structure.digest


def test_what_is_trained_stays_the_same_when_more_are_wanted(tmp_path: Path) -> None:
    assert keys(campaign(tmp_path, 6, 20))[:4] == keys(campaign(tmp_path, 4, 20))[:4]


def test_families_can_be_chosen(tmp_path: Path) -> None:
    assert {w.drawn.family for w in works(campaign(tmp_path, 4, 9, 'families = ["resnet"]'))} == {"resnet"}


def test_a_definition_says_the_same_after_a_way_through_json(tmp_path: Path) -> None:
    found = campaign(tmp_path)
    again = campaign_from(json.loads(found.to_json()), tmp_path)
    assert again.accuracy == found.accuracy
    assert "accuracy" not in json.loads(replace(found, accuracy=None).to_json())


def test_the_estimate_counts_the_training(tmp_path: Path) -> None:
    found = campaign(tmp_path)
    assert isinstance(found.accuracy, Accuracy)
    long = replace(found, accuracy=replace(found.accuracy, plan=replace(found.accuracy.plan, epochs=100)))
    assert forecast(found).trainings == 4
    assert forecast(replace(found, accuracy=None)).minutes < forecast(found).minutes < forecast(long).minutes


@pytest.mark.slow
def test_a_campaign_trains_each_network_once_and_exports_what_came_of_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    definition, out = campaign(tmp_path), tmp_path / "out"
    run_campaign(definition, out, workers=1, simulator="null")
    seen: list[TrainingProgress] = []
    assert train(definition, out, workers=2, report=seen.append) == TrainingProgress(4, 4)
    assert seen[-1] == TrainingProgress(4, 4)
    before = {path.name: path.stat().st_mtime_ns for path in (out / FOLDER).glob("*.json")}
    next(iter((out / FOLDER).glob("*.json"))).unlink()  # as a kill would leave it
    train(definition, out, workers=1)
    after = {path.name: path.stat().st_mtime_ns for path in (out / FOLDER).glob("*.json")}
    assert sum(after[name] == before[name] for name in before) == 3

    found = export(out, simulator="null")
    table, networks = (pd.read_parquet(out / f"{name}.parquet") for name in ("training", "networks"))
    assert table.columns.tolist() == [column.name for column in TRAINING_COLUMNS]
    assert found.trainings == len(table) == 4
    assert table.training.tolist() == keys(definition)
    for row in table.to_dict("records"):
        assert Structure.from_json(row["spec"]).digest == row["structure"]
        assert len(json.loads(row["accuracy_curve"])) == row["epochs"] == 1
    first = table[table.seed == 0].set_index("structure")
    joined = networks[networks.accuracy.notna()].set_index("structure")
    assert set(joined.index) == set(first.index)
    assert (joined.accuracy == first.accuracy[joined.index]).all()
    assert (joined.group == first.group[joined.index]).all()
    card = (out / CARD).read_text()
    assert "3 of the networks were trained on digits" in card
    assert found.files["training.parquet"] in card


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('families = ["vgg"]', "no part has family 'vgg'"),
        ("learning = 3", "'learning' is unknown"),
        ("seed = -1", "seed is -1"),
        ('peak_learning_rate = "high"', "peak_learning_rate is 'high'; it must be of type float"),
    ],
)
def test_mistakes_name_the_field_and_its_value(more: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        campaign(tmp_path, more=more)


def test_data_that_no_part_fits_are_refused_at_once(tmp_path: Path) -> None:
    values = json.loads(campaign(tmp_path).to_json())
    values["accuracy"] |= {"data": "fashion-mnist"}
    with pytest.raises(InputError, match=r"images \[1, 28, 28\], and no part"):
        campaign_from(values, tmp_path)
