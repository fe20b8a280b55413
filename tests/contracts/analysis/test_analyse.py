"""The analysis of real reports."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.analysis import analyse
from contracts.errors import InputError
from contracts.measurement import Measurement
from tests.contracts.test_measurement import REPORTS


@pytest.fixture(params=REPORTS, ids=lambda path: path.stem)
def measured(request: pytest.FixtureRequest) -> Measurement:
    path: Path = request.param
    return Measurement.from_mapping(json.loads(path.read_text()))


def test_layers_follow_each_other_and_add_up(measured: Measurement) -> None:
    found = analyse(measured)
    assert found.cycles == measured.cycles
    assert sum(found.parts_cycles.values()) == pytest.approx(measured.cycles)
    for before, after in zip(found.layers, found.layers[1:], strict=False):
        assert after.start_cycles == before.start_cycles + before.cycles


def test_no_point_lies_above_its_roof(measured: Measurement) -> None:
    roofs = analyse(measured).roofline
    assert roofs.whole is not None
    for point in (roofs.whole, *roofs.layers):
        assert point.macs_per_cycle <= point.roof * 1.0001


def test_every_layer_says_what_bounds_it_and_all_but_the_tail_what_would_help(measured: Measurement) -> None:
    *layers, tail = analyse(measured).layers
    assert all(layer.why and layer.changes for layer in layers)
    assert (tail.name, tail.changes) == ("(end)", ())
    assert all(change.saves_cycles < layer.cycles for layer in layers for change in layer.changes)


def test_shares_are_shares(measured: Measurement) -> None:
    for layer in analyse(measured).layers:
        assert all(0 <= share <= 1 for share in (*layer.unit_shares.values(), *layer.memory_shares.values()))


def test_an_analysis_is_json(measured: Measurement) -> None:
    found = json.loads(json.dumps(analyse(measured).to_mapping()))
    assert found["layers"][0]["changes"][0]["saves_cycles"] > 0


def test_an_old_report_of_an_own_accelerator_says_what_is_missing(measured: Measurement) -> None:
    assert analyse(replace(measured, hardware={})).cycles == measured.cycles, "presets are known by name"
    with pytest.raises(InputError, match="simulate again"):
        analyse(replace(measured, hardware={}, accelerator="ours"))
