"""Features come from structures alone, in the order of the queries."""

import time

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from contracts.dataset import accelerator_of
from contracts.structure import Structure
from contracts.structure.counts import counts_of
from contracts.structure.facts import Foreteller, facts_of
from contracts.structure.families import FAMILIES
from contracts.structure.passes import passes_of
from mlservice.predictors.batch import Batch, Query
from mlservice.predictors.features import NETWORK_FEATURES, PASS_FEATURES
from mlservice.predictors.fit import Trained
from mlservice.predictors.rows import Rows


def test_a_mixed_batch_answers_in_the_order_of_its_queries(rows: Rows) -> None:
    records = rows.table.to_dict("records")
    one_by_one = [facts_of(Structure.from_json(row["spec"]), accelerator_of(row)).cycles.sum() for row in records[:30]]
    assert rows.batch.summed(rows.batch.expert_cycles)[:30] == pytest.approx(one_by_one)


def test_every_feature_is_a_finite_number(rows: Rows) -> None:
    assert rows.batch.networks.shape == (len(rows), len(NETWORK_FEATURES))
    assert rows.batch.passes.shape == (len(rows.batch.owner), len(PASS_FEATURES))
    assert np.isfinite(rows.batch.networks).all()
    assert np.isfinite(rows.batch.passes).all()


def test_features_of_a_network_do_not_depend_on_its_company(rows: Rows) -> None:
    row = rows.table.iloc[7].to_dict()
    alone = Batch.of([Query(Structure.from_json(row["spec"]), accelerator_of(row), row["energy_table"])])
    assert alone.networks[0] == pytest.approx(rows.batch.networks[7], rel=1e-6)
    assert alone.passes == pytest.approx(rows.batch.passes[rows.batch.owner == 7], rel=1e-6)


def test_tile_features_say_where_a_width_stands_on_the_staircase() -> None:
    def over(filters: int) -> float:
        structure = FAMILIES["plain"]((3, 16, 16), (filters, 16))
        batch = Batch.of([Query(structure, PRESETS["pynq-8x32"])])
        return float(batch.passes[0, PASS_FEATURES.index("over")])

    assert [over(n) for n in (8, 9, 15, 16)] == [0, 1 / 8, 7 / 8, 0]


def test_some_of_a_batch_is_what_they_are_in_the_whole(rows: Rows) -> None:
    which = np.array([5, 0, 5, 17])
    part = rows.batch.taken(which)
    whole = rows.batch.summed(rows.batch.expert_energy_mj)
    assert part.summed(part.expert_energy_mj) == pytest.approx(whole[which])
    assert (part.networks == rows.batch.networks[which]).all()


def test_widths_of_one_network_are_worked_out_at_once(hybrid: Trained) -> None:
    """The way for searches; how long it takes is measured by benchmarks.predictors, and only reported here."""
    structures = [FAMILIES["resnet"]((3, 16, 16), (8, 16, 24 + k % 8)) for k in range(50)]
    passes = [passes_of(s) for s in structures]
    foreteller = Foreteller(passes[0], PRESETS["pynq-8x32"])
    start = time.process_time()
    quick = Batch.at(foreteller, counts_of(passes))
    print(f"{(time.process_time() - start) * 1e6 / 50:.0f} microseconds for each network")
    slow = Batch.of([Query(s, PRESETS["pynq-8x32"]) for s in structures])
    assert hybrid.predict(quick).values == pytest.approx(hybrid.predict(slow).values)
