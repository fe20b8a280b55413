import json
from pathlib import Path

import pytest

from contracts.errors import InputError
from contracts.structure.families import plain, resnet
from hwservice.campaign.definition import Campaign, campaign_from
from hwservice.campaign.draw import DENSE, draw, numbers
from tests.hwservice.campaign.small import small


def test_the_first_networks_are_the_bases_themselves(tmp_path: Path) -> None:
    campaign = small(tmp_path)
    first = draw(campaign, campaign.parts[0], 0)
    assert (first.sampler, first.kept_ratio) == (DENSE, 1.0)
    assert first.structure == plain((1, 8, 8), (8, 12, 16))
    assert draw(campaign, campaign.parts[0], 1).sampler != DENSE


def test_a_network_depends_on_seed_and_number_alone(tmp_path: Path) -> None:
    campaign = small(tmp_path)
    part = campaign.parts[0]
    assert draw(campaign, part, 4) == draw(small(tmp_path, 9, 9), part, 4)
    assert draw(campaign, part, 4).structure != draw(campaign, part, 5).structure
    other = Campaign(campaign.name, campaign.accelerators, campaign.parts, seed=6)
    assert draw(campaign, part, 4).structure != draw(other, part, 4).structure


def test_parts_come_one_after_the_other(tmp_path: Path) -> None:
    families = [part.family for part, _ in numbers(small(tmp_path, 2, 3))]
    assert families == ["plain", "plain", "densenet", "densenet", "densenet"]


def from_runs(folder: Path, *lines: str) -> Campaign:
    (folder / "runs.jsonl").write_text("\n".join(lines))
    part = {"family": "ours", "count": 2, "structures": "runs.jsonl"}
    return campaign_from({"name": "runs", "accelerators": ["pynq-8x32"], "part": [part]}, folder)


def test_structures_of_pruning_runs_are_taken_as_they_are(tmp_path: Path) -> None:
    given = resnet((3, 32, 32), (7, 9, 11))
    line = {"structure": given.to_mapping(), "name": "run 3", "base": "resnet8", "kept_ratio": 0.2}
    campaign = from_runs(tmp_path, json.dumps(line), given.to_json())
    one, two = (draw(campaign, campaign.parts[0], k) for k in (0, 1))
    assert one.structure == two.structure == given
    assert (one.family, one.sampler, one.base, one.kept_ratio) == ("ours", "runs", "resnet8", 0.2)


@pytest.mark.parametrize("line", ["not json", "[1]", "{}"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    campaign = from_runs(tmp_path, line)
    with pytest.raises(InputError):
        draw(campaign, campaign.parts[0], 0)
