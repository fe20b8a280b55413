from pathlib import Path

import pytest

from contracts.errors import InputError
from hwservice.campaign.definition import load_campaign

GOOD = """
name = "small"
seed = 3
accelerators = ["pynq-8x32", { name = "mine", rows = 4, lanes = 16 }]
[held_out]
accelerator = "mine"
[[part]]
family = "resnet"
count = 12
inputs = [[3, 32, 32]]
bases = [{ widths = [8, 16, 32] }]
samplers = { random = 2, edges = 1 }
unequal = 0.5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "campaign.toml"
    path.write_text(text)
    return path


def test_a_definition_says_families_samplers_and_accelerators(tmp_path: Path) -> None:
    campaign = load_campaign(write(tmp_path, GOOD))
    assert [a.name for a in campaign.accelerators] == ["pynq-8x32", "mine"]
    assert campaign.parts[0].samplers == {"random": 2.0, "edges": 1.0}
    assert (campaign.networks, campaign.rows) == (12, 24)


def test_what_is_kept_beside_the_rows_is_the_same_campaign(tmp_path: Path) -> None:
    campaign = load_campaign(write(tmp_path, GOOD))
    (tmp_path / "campaign.json").write_text(campaign.to_json())
    assert load_campaign(tmp_path / "campaign.json") == campaign
    assert load_campaign(tmp_path / "campaign.json").parts[0].digest == campaign.parts[0].digest


def test_a_grown_campaign_draws_its_first_networks_as_before(tmp_path: Path) -> None:
    campaign = load_campaign(write(tmp_path, GOOD))
    grown = campaign.with_counts(30)
    assert grown.networks == 30
    assert grown.parts[0].digest == campaign.parts[0].digest


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('family = "resnet"', 'family = "transformer"', "known are plain"),
        ("count = 12", "count = 0", "count is 0"),
        ("count = 12", "count = true", "count is True"),
        ("[[3, 32, 32]]", "[[3, 32]]", "must be .channels, height, width."),
        ("widths = [8, 16, 32]", "colour = 3", "'colour' is unknown"),
        ("widths = [8, 16, 32]", "widths = [8]", "cannot be built"),
        ("random = 2", "guess = 2", "'guess' is unknown"),
        ("random = 2, edges = 1", "random = 0", "one above it"),
        ("unequal = 0.5", "unequal = 2", "share from 0 to 1"),
        ("unequal = 0.5", "ratio = [0.5, 0.2]", "0 < low <= high"),
        ("unequal = 0.5", 'structures = "nowhere.jsonl"', "is no file"),
        ('"pynq-8x32"', '"pynq-9x32"', "pynq-9x32"),
        ("seed = 3", "sed = 3", "'sed' is unknown"),
        ("seed = 3", "seed = = 3", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, problem: str) -> None:
    assert before in GOOD
    with pytest.raises(InputError, match=problem):
        load_campaign(write(tmp_path, GOOD.replace(before, after, 1)))


def test_the_published_campaign_meets_its_promise() -> None:
    campaign = load_campaign(Path("hwservice/campaigns/published.toml"))
    assert campaign.rows >= 20_000
    assert len({part.family for part in campaign.parts}) >= 6
    assert len(campaign.accelerators) >= 3
    assert campaign.held_out.family in {part.family for part in campaign.parts}
    assert campaign.held_out.accelerator in {a.name for a in campaign.accelerators}
