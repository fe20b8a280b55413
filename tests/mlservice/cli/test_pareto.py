"""`python -m mlservice pareto`: what it prints and leaves, and how mistakes are told."""

import json
from pathlib import Path

import pytest

from mlservice.cli import main

SHORT = ("pareto", "--data", "digits", "--epochs", "1", "--batch", "64", "--training-images", "640")


@pytest.mark.rtl
@pytest.mark.slow
def test_a_sweep_prints_its_front_and_goes_on_with_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*SHORT, "--methods", "dense", "uniform-aligned", "--shares", "0.5", "--out", str(tmp_path), "--json")
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["failed"] == []
    assert [cell["method"] for cell in told["cells"]] == ["dense", "uniform-aligned"]
    half = told["cells"][1]
    assert half["against_dense"]["accuracy_float"]["values"] == 1
    assert half["measured_latency_ms"]["mean"] < 0.55 * told["reference"]["cost"]
    assert set(told["front"]) <= {point["run"] for point in told["points"]}
    assert json.loads((tmp_path / "summary.json").read_text()) == told
    assert 'id="front"' in (tmp_path / "report.html").read_text()
    assert main(asked) == 0
    again = capsys.readouterr()
    assert "started" not in again.err
    assert json.loads(again.out) == told


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ((), "there is no budget: give --shares, --energy-shares, --latencies-ms or --energies-mj"),
        (("--shares", "2"), "a share of the dense network's latency_ms is 2.0: give at most 1"),
        (("--shares", "0.5", "--methods", "magic"), "method is 'magic'; known are priced-gates"),
        (("--shares", "0.5", "--jobs", "0"), "--jobs is 0; it must be at least 1"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    wrong: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SHORT, *wrong, "--out", str(tmp_path)]) == 2
    assert why in capsys.readouterr().err
