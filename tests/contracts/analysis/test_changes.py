"""Estimates of what changes save, computed by hand."""

from dataclasses import replace

import pytest

from contracts.accelerator import Accelerator
from contracts.analysis.breakdown import breakdown
from contracts.analysis.changes import Case, Change, changes
from contracts.measurement import LayerMeasurement
from tests.contracts.analysis.cases import TINY, layer


def found(
    made: LayerMeasurement, accelerator: Accelerator = TINY, *, first: bool = False, last: bool = False
) -> dict[str, Change]:
    assert made.facts is not None
    case = Case(made, made.facts, accelerator, breakdown(made, accelerator), first, last)
    return {change.kind: change for change in changes(case)}


def dense(filters: int, **stalls: float) -> LayerMeasurement:
    """`filters` filters of 10 vectors each on one tile of 4 pixels."""
    groups = [(filters // 8, 8, 10)] if filters >= 8 else []
    groups += [(1, filters % 8, 10)] if filters % 8 else []
    issued = sum(count for count, *_ in groups) * 10
    counters = {"issued": issued, "useful_cells": filters * 10 * 4, "load_busy": 100}
    return layer(issued + sum(stalls.values()), counters=counters, groups=groups, stalls=stalls)


def test_the_filters_of_the_group_that_is_not_full_cost_a_whole_group() -> None:
    change = found(dense(19))["part_group"]
    assert change.text == "prune 3 more of 19 filters: the last group of 8 is 3/8 full"
    assert change.saves_cycles == pytest.approx(10), "one of three groups of 10 vectors"
    assert not change.at_most


def test_where_all_groups_are_full_a_whole_one_must_go() -> None:
    kinds = found(dense(16))
    assert "part_group" not in kinds
    assert kinds["whole_group"].saves_cycles == pytest.approx(10)


def test_of_a_single_group_weight_vectors_must_go() -> None:
    assert found(dense(8))["fewer_vectors"].saves_cycles == 1, "one of 10 vectors on one tile"
    assert "fewer_vectors" not in found(dense(16))


def test_cycles_that_wait_for_drains_go_with_the_group() -> None:
    assert found(dense(16, drain=12))["whole_group"].saves_cycles == pytest.approx((20 + 12) / 2)


def test_the_networks_outputs_are_not_pruned() -> None:
    assert not {"part_group", "whole_group"} & set(found(dense(19), last=True))


def test_a_boundary_costs_what_was_waited_at_it() -> None:
    assert found(dense(16, fence=30))["fewer_boundaries"].saves_cycles == 30


def test_zeros_that_other_filters_keep_alive_could_be_aligned() -> None:
    made = dense(16)
    sparse = replace(made, counters={**made.counters, "useful_cells": 320})
    change = found(sparse)["align_zeros"]
    assert change.saves_cycles == pytest.approx(10), "half of the cells of 20 cycles hold zeros"
    assert change.at_most


def test_a_wider_bus_saves_half_of_the_transfers_at_most_what_was_waited() -> None:
    assert "wider_bus" not in found(dense(16, load=40)), "4 lanes take no more than 4 bytes"
    wide = TINY.with_(lanes=8)
    assert found(dense(16, load=40), wide)["wider_bus"].saves_cycles == 40
    assert found(dense(16, load=70), wide)["wider_bus"].saves_cycles == 50, "the load unit was busy for 100 cycles"
    assert "wider_bus" not in found(dense(16, load=40), wide, first=True), "latency of the first loads stays"


def test_a_map_smaller_than_a_tile_wants_more_rows_and_fewer_lanes() -> None:
    counters = {"issued": 160, "useful_cells": 160 * 8}
    made = layer(160, counters=counters, groups=[(4, 8, 40)], height=1, width=1)
    wide = TINY.with_(lanes=16)
    change = found(made, wide)["other_shape"]
    assert change.where == "accelerator"
    assert "32 x 4 cells" in change.text
    assert change.saves_cycles == pytest.approx(120), "one group of 32 filters instead of four of 8"


def test_depthwise_layers_want_fewer_rows() -> None:
    # 16 channels, 9 vectors each; every vector serves one row of 8. 16 pixels are 4 tiles of 4 lanes.
    counters = {"issued": 576, "useful_cells": 16 * 9 * 16}
    made = layer(576, counters=counters, groups=[(2, 8, 72)], tiles=4, height=4, width=4)
    kinds = found(made)
    assert "each weight vector serves one of 8 rows" in kinds["other_shape"].text
    assert "2 x 16 cells" in kinds["other_shape"].text
    assert kinds["other_shape"].saves_cycles == pytest.approx(576 - 8 * 18)
    assert "align_zeros" not in kinds
    assert kinds["whole_group"].text.startswith("prune 8 of 16 channels")


def test_maps_that_pass_through_dram_want_deeper_banks() -> None:
    made = dense(16, load=30, store=20)
    assert made.facts is not None
    banded = replace(made, facts=replace(made.facts, bands=3, map_bytes=900, stored_bytes=100))
    change = found(banded)["larger_banks"]
    assert change.saves_cycles == 50
    assert "3 bands, 1,000 bytes" in change.text


def test_the_most_helpful_comes_first() -> None:
    made = dense(16, fence=30, drain=4)
    assert made.facts is not None
    order = [change.saves_cycles for change in changes(Case(made, made.facts, TINY, breakdown(made, TINY)))]
    assert order == sorted(order, reverse=True)
