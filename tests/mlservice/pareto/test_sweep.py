"""Sweeps on digits: what is there is not done again, what fails keeps nobody else from it, what is stopped goes on."""

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import CancelledError
from mlservice.pareto.results import Results
from mlservice.pareto.runs import Budget, Run, Setting
from mlservice.pareto.sweep import Event, Mark, Sweep

SETTING = Setting(data="digits", epochs=1, batch=64)
DENSE = Run(SETTING, "dense")
HALF = Run(SETTING, "uniform-aligned", 0, Budget("latency_ms", 0.5))
IMPOSSIBLE = Run(SETTING, "uniform-aligned", 0, Budget("latency_ms", 1e-6, of_dense=False))


def sweep(folder: Path, *runs: Run) -> Sweep:
    return Sweep(runs, Results(folder / "results"), folder / "work", jobs=2)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Half of a dense network's latency waits for that network; an impossible budget fails."""
    folder = tmp_path_factory.mktemp("swept")
    return folder, sweep(folder, HALF, IMPOSSIBLE, DENSE).run()


@pytest.mark.rtl
@pytest.mark.slow
def test_a_share_of_the_dense_latency_is_kept_and_a_failure_says_why(swept: tuple[Path, list[Event]]) -> None:
    half, impossible, dense = swept[1]
    assert half.mark is dense.mark is Mark.DONE
    assert half.result is not None
    assert dense.result is not None
    budget = 0.5 * dense.result.answer["measured_latency_ms"]
    assert half.result.answer["budget"] == {"latency_ms": budget}
    assert 0.9 * budget <= half.result.answer["measured_latency_ms"] <= 1.02 * budget
    assert impossible.mark is Mark.FAILED
    assert "below the least that is reachable" in impossible.why


@pytest.mark.rtl
@pytest.mark.slow
def test_results_say_what_they_came_from_and_name_no_folder(swept: tuple[Path, list[Event]]) -> None:
    folder, _ = swept
    text = (folder / "results" / f"{HALF.name}.json").read_text()
    assert str(folder) not in text
    found = json.loads(text)
    assert found["run"]["method"] == "uniform-aligned"
    assert len(found["code"]) == 16
    assert found["machine"].keys() >= {"processor", "cores", "torch"}
    assert found["answer"]["precision"] in ("float32", "bfloat16")


@pytest.mark.rtl
@pytest.mark.slow
def test_what_is_there_is_not_done_again_until_its_code_changes(
    swept: tuple[Path, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = sweep(swept[0], DENSE, HALF)
    again.tell = lambda event: pytest.fail(f"{event.run.name} was {event.mark}")
    assert [event.mark for event in again.run()] == [Mark.KEPT, Mark.KEPT]
    monkeypatch.setattr("mlservice.pareto.sweep.digest_of", lambda *_: "of other code")
    assert again.mark(HALF) is Mark.OLDER
    assert replace(again, keep_older=True).mark(HALF) is Mark.KEPT


def test_a_run_whose_dense_network_is_not_there_waits_and_says_so(tmp_path: Path) -> None:
    [event] = sweep(tmp_path, HALF).run()
    assert event.mark is Mark.WAITS
    assert event.why == f"{DENSE.name} has no result"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cancelled", "abandoned"])
def test_a_sweep_that_is_stopped_leaves_a_checkpoint_and_no_process(tmp_path: Path, how: str) -> None:
    long = Run(replace(SETTING, epochs=500), "dense")
    stopped = sweep(tmp_path, long)
    folder = stopped.folder(long)
    trains_since: list[float] = []

    def trains() -> bool:
        if not trains_since and list(folder.glob("checkpoints/*.pt")):
            trains_since.append(time.monotonic())
        return bool(trains_since)

    def abandoned() -> bool:
        if trains():
            stopped.abandon()
        return False

    stopped.cancelled = trains if how == "cancelled" else abandoned
    with pytest.raises(CancelledError, match="stopped with 0 of 1 runs done"):
        stopped.run()
    assert "go on with --resume" in (folder / "log.txt").read_text()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in listed
