"""The command `campaign`, on the fast twin."""

import json
from pathlib import Path

import pytest

from hwservice.campaign import export, runner, verify
from hwservice.cli import main
from tests.hwservice.campaign.small import small


@pytest.fixture(autouse=True)
def _twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RTL is built for these."""
    real = runner.places_of
    for module in (runner, export, verify):
        monkeypatch.setattr(module, "places_of", lambda campaign, *_: real(campaign, "null"))


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    small(tmp_path, 3, 1)
    return tmp_path / "small.toml"


def say(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, object]]:
    status = main(["campaign", *map(str, words), "--json"])
    values: dict[str, object] = json.loads(capsys.readouterr().out)
    return status, values


def test_a_campaign_is_run_extended_exported_and_verified(
    definition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ("--out", tmp_path / "out", "--workers", 1)
    status, values = say(capsys, definition, *out)
    assert (status, values["rows"], values["failures"]) == (0, 8, 0)
    status, values = say(capsys, "extend", *out, "--networks", 6)
    assert status == 0
    assert values["rows_in_all"] == 14  # parts grow in proportion, to whole networks
    status, values = say(capsys, "export", *out, "--to", tmp_path / "tables")
    assert (tmp_path / "tables" / "networks.parquet").is_file()
    assert set(values["files"]) == {"networks.parquet", "layers.parquet"}  # type: ignore[call-overload]  # a table
    status, values = say(capsys, "verify", *out, "--rows", 2)
    assert (status, values["compared"], values["different"]) == (0, 2, {})


def test_an_estimate_needs_no_simulator(definition: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, values = say(capsys, "estimate", definition)
    assert status == 0
    assert values["rows"] == 8
    assert values["minutes"]


def test_progress_is_told_on_stderr(definition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", str(definition), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    said = capsys.readouterr()
    assert "8/8 rows" in said.err
    assert "DATACARD.md" in said.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nowhere.toml"], "cannot be read"),
        (["export", "--out", "nowhere"], "holds no campaign"),
        (["extend", "small.toml", "--out", "x"], "takes no FILE"),
        (["estimate"], "takes one FILE"),
        (["verify"], "needs --out"),
    ],
)
def test_wrong_words_are_input_errors(words: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", *words]) == 2
    assert problem in capsys.readouterr().err
