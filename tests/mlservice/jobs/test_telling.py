"""What a training job tells adds up to one history, whatever happened to its attempts."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import InputError, ToolError
from mlservice.jobs.sessions import without_places
from mlservice.jobs.telling import Teller
from mlservice.training import Epoch, Progress, TrainingOptions
from mlservice.training.methods.method import Shape

STEPS = 20


@pytest.fixture
def told() -> list[Mapping[str, Any]]:
    return []


def teller(folder: Path, told: list[Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Teller:
    """An attempt that tells of every step."""
    monkeypatch.setattr("mlservice.jobs.telling._LEAST_SECONDS", 0.0)
    found = Teller(told.append, folder / "told.jsonl", TrainingOptions(epochs=2), {"stem.0": 16}, "ms", STEPS)
    found.begin()
    return found


def train(found: Teller, first: int, last: int) -> None:
    for step in range(first, last + 1):
        found.step(Progress(2 * (step - 1) // STEPS, step, STEPS, 1 / step))
        if step % (STEPS // 2) == 0:
            found.epoch(Epoch(2 * step // STEPS - 1, 1.0, None))


def test_an_attempt_that_goes_on_replaces_what_was_told_beyond_its_checkpoint(
    tmp_path: Path, told: list[Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(teller(tmp_path, told, monkeypatch), 1, 14)
    with (tmp_path / "told.jsonl").open("a") as file:
        file.write('{"kind": "metrics", "sha')  # killed while it wrote
    second = teller(tmp_path, told, monkeypatch)
    train(second, 11, STEPS)
    history = second.history()
    assert [point["step"] for point in history["metrics"]] == list(range(1, STEPS + 1))
    assert [point["epoch"] for point in history["epochs"]] == [0, 1]
    assert history["metrics"][-1]["learning_rate"] < history["metrics"][5]["learning_rate"]


def test_layers_keep_the_names_of_the_dense_network_when_it_is_cut(
    tmp_path: Path, told: list[Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = teller(tmp_path, told, monkeypatch)
    for share, name in ((0.25, "stem.0"), (0.75, "stem_0")):
        found.shape(Shape(share, 0.5, 0.4, 0.1, {name: (8, 0.5)}, {"latency_ms": 0.4, "energy_mj": 0.8}))
    shapes = found.history()["shapes"]
    assert [shape["kept"] for shape in shapes] == [{"stem.0": [8, 0.5, 16]}] * 2
    assert [shape["step"] for shape in shapes] == [5, 15]
    assert shapes[0]["predicted"] == {"latency_ms": 0.4, "energy_mj": 0.8}


def test_few_of_many_steps_are_told(tmp_path: Path, told: list[Mapping[str, Any]]) -> None:
    found = Teller(told.append, tmp_path / "told.jsonl", TrainingOptions(epochs=1), steps=10_000)
    for step in range(1, 10_001):
        found.step(Progress(0, step, 10_000, 1.0))
    metrics = [message for message in told if message["kind"] == "metrics"]
    assert len(metrics) < 10
    assert metrics[-1]["share"] == 1.0


def test_errors_name_no_place_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the last good one is job/checkpoint$"), without_places(tmp_path):
        raise InputError(f"the last good one is {tmp_path}/job/checkpoint")
    with (
        pytest.raises(ToolError, match=r"^no space to write job/told\.jsonl: the session is kept"),
        without_places(tmp_path),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "job/told.jsonl"))
