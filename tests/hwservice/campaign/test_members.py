"""Which rows belong to a definition, where its folder holds those of a larger one too."""

from pathlib import Path

import pandas as pd
import pytest

from contracts.campaign import Rows
from hwservice.campaign.export import export
from hwservice.campaign.journal import records
from hwservice.campaign.members import rows_so_far
from hwservice.campaign.runner import run_campaign
from tests.hwservice.campaign.small import small


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 9 networks whose folder holds the rows of 13."""
    place = tmp_path_factory.mktemp("shrunk")
    for plain, dense in ((8, 5), (6, 3)):
        run_campaign(small(place, plain, dense), place / "out", workers=2, simulator="null")
    return place


def exported(folder: Path, target: str) -> pd.DataFrame:
    export(folder / "out", folder / target, "null")
    return pd.read_parquet(folder / target / "networks.parquet")


def test_a_smaller_campaign_of_the_same_name_exports_its_own_networks_alone(folder: Path) -> None:
    table = exported(folder, "smaller")
    assert (table.family == "plain").sum() == 6 * 2
    assert (table.family == "densenet").sum() == 3 * 2
    others = export(folder / "out", folder / "again", "null").left_out
    assert 0 < others == sum(1 for _ in records(folder / "out")) - len(table)


def test_they_are_drawn_again_where_the_index_is_lost(folder: Path, tmp_path: Path) -> None:
    before = exported(folder, "before")
    (tmp_path / "out").mkdir()
    for name in ("campaign.json", "rows"):
        (tmp_path / "out" / name).symlink_to(folder / "out" / name)
    assert list(exported(tmp_path, "tables").run) == list(before.run)


def test_what_is_there_so_far_is_what_is_exported(folder: Path) -> None:
    table, found = exported(folder, "tables"), rows_so_far(small(folder, 6, 3), folder / "out")
    assert set(found.columns["run"]) == set(table.run)
    columns = {name: table[name].tolist() for name in found.columns}
    assert Rows(columns).distributions()["histograms"] == found.distributions()["histograms"]


def test_nothing_is_there_before_a_campaign_ran(tmp_path: Path) -> None:
    assert rows_so_far(small(tmp_path), tmp_path / "nowhere").distributions()["rows"] == 0
