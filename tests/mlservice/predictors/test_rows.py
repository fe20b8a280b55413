"""The data set as predictors take it: checked, split without leaks, and the passes matched."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from contracts.errors import InputError
from mlservice.predictors.rows import Rows, load, rows_of
from mlservice.predictors.targets import Target

Tables = tuple[pd.DataFrame, pd.DataFrame]


def test_what_passes_cost_adds_up_to_what_networks_cost(rows: Rows) -> None:
    for target in (Target.LATENCY, Target.ENERGY):
        assert rows.batch.summed(rows.per_pass[target]) == pytest.approx(rows.measured[target])


def test_no_group_of_near_duplicates_is_on_both_sides(rows: Rows) -> None:
    for one, other in (rows.split("random"), rows.halves(0.2, seed=3)):
        assert len(one)
        assert len(other)
        assert not set(one.table["group"]) & set(other.table["group"])
    one, other = rows.halves(0.2, seed=3)
    assert len(one) + len(other) == len(rows)


def test_a_part_keeps_its_passes_together(rows: Rows) -> None:
    part = rows.taken(np.array([9, 2]))
    assert part.batch.summed(part.per_pass[Target.LATENCY]) == pytest.approx(rows.measured[Target.LATENCY][[9, 2]])


def test_failed_simulations_are_left_out(made: Tables) -> None:
    networks = made[0].copy()
    networks.loc[:9, "status"] = "failed"
    networks.loc[:9, "cycles"] = None
    assert len(rows_of(networks)) == len(networks) - 10


def test_a_network_with_other_layers_than_foretold_has_no_known_passes(made: Tables) -> None:
    networks, layers = made
    run = networks["run"].iloc[0]
    odd = rows_of(networks, layers[(layers["run"] != run) | (layers["index"] > 2)])
    assert np.isnan(odd.per_pass[Target.LATENCY][odd.batch.owner == 0]).all()
    assert np.isfinite(odd.per_pass[Target.LATENCY][odd.batch.owner > 0]).all()


def test_the_digest_follows_what_was_measured_alone(made: Tables) -> None:
    networks = made[0]
    shuffled = networks.sample(frac=1, random_state=1)
    other = networks.assign(cycles=networks["cycles"] + 1)
    assert rows_of(networks).digest == rows_of(shuffled).digest != rows_of(other).digest


def test_a_folder_is_read_as_a_campaign_writes_it(made: Tables, tmp_path: Path) -> None:
    made[0].to_parquet(tmp_path / "networks.parquet")
    assert load(tmp_path).per_pass == {}
    made[1].to_parquet(tmp_path / "layers.parquet")
    assert load(tmp_path).per_pass


def test_what_cannot_be_used_is_refused_in_words(made: Tables, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        load(tmp_path)
    (tmp_path / "networks.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        load(tmp_path)
    with pytest.raises(InputError, match="no column 'spec'"):
        rows_of(made[0].drop(columns="spec"))
    with pytest.raises(InputError, match="3 simulated networks"):
        rows_of(made[0].head(3))
    with pytest.raises(InputError, match="split is 'lunar'"):
        rows_of(made[0]).split("lunar")
    with pytest.raises(InputError, match="no rows to train on, or none to test, in split 'width'"):
        rows_of(made[0]).split("width")
