import json
from pathlib import Path

import pytest

from contracts.measurement import Interval, Measurement

REPORTS = sorted((Path(__file__).parents[1] / "frontend" / "data").glob("*.json"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_report_is_read_back_as_it_was_written(path: Path) -> None:
    values = json.loads(path.read_text())
    assert json.loads(json.dumps(Measurement.from_mapping(values).to_mapping())) == values


def test_a_report_from_before_facts_and_traffic_is_read_too() -> None:
    values = json.loads(REPORTS[0].read_text())
    del values["traffic"], values["hardware"], values["layers"][0]["facts"]
    found = Measurement.from_mapping(values)
    assert found.traffic is None
    assert found.layers[0].facts is None
    assert found.layers[1].facts is not None


def test_fields_of_later_versions_are_left_out() -> None:
    values = {**json.loads(REPORTS[0].read_text()), "invented": 1}
    assert Measurement.from_mapping(values).network == values["network"]


def test_an_interval_holds_its_value() -> None:
    with pytest.raises(ValueError, match="not within"):
        Interval(3, 0, 2)
