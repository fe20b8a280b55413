"""A training run goes on after any interruption as if there had been none, and leaves what one needs."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from contracts.errors import CancelledError, InputError, ToolError
from mlservice.datasets import Dataset, digits
from mlservice.networks import build
from mlservice.training import Attendance, Precision, TrainingOptions, train
from mlservice.training.checkpoints import Checkpoints
from mlservice.training.session import TrainRequest, train_session
from mlservice.training.trainer import DivergenceError

OPTIONS = TrainingOptions(epochs=3, batch_images=64, flips=False, crop_pixels=1)


@pytest.fixture(scope="module")
def few() -> Dataset:
    whole = digits.read("scikit-learn")
    return Dataset(whole.name, whole.origin, 10, whole.training.first(320), whole.test.first(100)).hold_out(0.2)


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_cancelled_run_is_kept_and_ends_with_the_same_weights_dropout_included(few: Dataset, tmp_path: Path) -> None:
    def network() -> torch.nn.Module:
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.Dropout(), torch.nn.Linear(32, 10)
        )

    whole = network()
    result = train(whole, few, OPTIONS)
    steps = 0

    def cancelled() -> bool:
        nonlocal steps
        steps += 1
        return steps in (3, 8)

    attendance = Attendance(checkpoints=Checkpoints(tmp_path, {}), cancelled=cancelled)
    for _ in range(2):
        with pytest.raises(CancelledError, match=r"cancelled at step \d of 12; kept in .*checkpoint-"):
            train(network(), few, OPTIONS, attendance=attendance)
    parted = network()
    resumed = train(parted, few, OPTIONS, attendance=attendance)
    assert same(whole, parted)
    assert resumed.history == result.history
    assert (resumed.accuracy, resumed.loss) == (result.accuracy, result.loss)


def test_every_epoch_tells_its_loss_and_what_it_gets_right_of_the_validation_images(few: Dataset) -> None:
    told: list[Any] = []
    result = train(build("plain", (1, 8, 8), 10, seed=0), few, OPTIONS, attendance=Attendance(told.append))
    assert [each.epoch for each in told] == [0, 1, 2]
    assert list(result.history) == told
    assert told[-1].loss < told[0].loss
    assert told[-1].validation_accuracy > 0.3


def test_a_diverging_run_keeps_the_last_good_checkpoint_and_says_where(few: Dataset, tmp_path: Path) -> None:
    good = Attendance(checkpoints=Checkpoints(tmp_path, {}))
    network = build("plain", (1, 8, 8), 10, seed=0)
    train(network, few, TrainingOptions(epochs=1, batch_images=64), attendance=good)
    wild = TrainingOptions(epochs=9, batch_images=64, peak_learning_rate=1e15)
    with pytest.raises(
        DivergenceError, match=r"try a peak learning rate below .*; the last good checkpoint is .*checkpoint-"
    ):
        train(network, few, wild, attendance=good)
    state = Checkpoints(tmp_path, {}).load()
    assert state is not None
    assert all(bool(v.isfinite().all()) for v in state["trainer"]["network"].values())


@pytest.mark.parametrize("precision", [Precision.BFLOAT16, Precision.AUTO])
def test_bfloat16_learns_too_and_leaves_float32_weights(few: Dataset, precision: Precision) -> None:
    network = build("plain", (1, 8, 8), 10, seed=0)
    result = train(network, few, TrainingOptions(epochs=6, batch_images=32, flips=False, precision=precision))
    assert result.accuracy > 0.6
    assert {p.dtype for p in network.parameters()} == {torch.float32}


COMMAND = (
    *(sys.executable, "-m", "mlservice", "train", "--network", "resnet8", "--data", "digits", "--epochs", "2"),
    *("--batch", "64", "--checkpoint-minutes", "0", "--json"),
)


@pytest.mark.slow
def test_a_run_killed_at_a_random_moment_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    answer = json.loads(subprocess.run([*COMMAND, "--out", str(whole)], capture_output=True, check=True).stdout)
    process = subprocess.Popen([*COMMAND, "--out", str(killed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(killed.glob("checkpoints/checkpoint-*.pt")) and process.poll() is None:
        time.sleep(0.01)
    time.sleep(random.random() * answer["wall_s"] / 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = subprocess.run([*COMMAND, "--out", str(killed), "--resume"], capture_output=True, check=True)
    resumed = json.loads(done.stdout)
    weights = [torch.load(folder / "network.pt", weights_only=True) for folder in (whole, killed)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert resumed["history"] == answer["history"]
    assert resumed["train_energy_wh"] > 0


def test_a_session_leaves_network_and_report_and_is_not_started_twice(few: Dataset, tmp_path: Path) -> None:
    request = TrainRequest("plain", TrainingOptions(epochs=1, batch_images=64), tmp_path / "run")
    answer = train_session(few, request)
    assert json.loads((tmp_path / "run" / "report.json").read_text()) == answer
    onnx.checker.check_model(answer["onnx"])
    assert answer["not_prunable"] is None
    assert (answer["images"]["validation"], answer["images"]["test"]) == (len(few.validation or ()), 100)
    assert answer["train_energy_wh"] >= 0
    assert "g CO2 per kWh" in answer["footprint_method"]
    with pytest.raises(InputError, match="holds a run already: resume it"):
        train_session(few, request)


def test_resuming_with_other_options_is_refused(few: Dataset, tmp_path: Path) -> None:
    train_session(few, TrainRequest("plain", TrainingOptions(epochs=1, batch_images=64), tmp_path))
    other = TrainRequest("plain", TrainingOptions(epochs=2, batch_images=64), tmp_path, resume=True)
    with pytest.raises(InputError, match="epochs is 2 now and was 1"):
        train_session(few, other)


def test_a_folder_that_cannot_be_made_is_told_before_any_training(few: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match=r"the folder .*file/run cannot be made: Not a directory"):
        train_session(few, TrainRequest("plain", OPTIONS, tmp_path / "file" / "run"))


def test_results_that_do_not_fit_on_the_disk_are_told_and_written_when_the_run_is_resumed(
    few: Dataset, tmp_path: Path
) -> None:
    request = TrainRequest("plain", TrainingOptions(epochs=1, batch_images=64), tmp_path)
    (tmp_path / "network.part").symlink_to("/dev/full")
    with pytest.raises(ToolError, match="No space left on device; the run is kept: free some space, then resume it"):
        train_session(few, request)
    answer = train_session(few, replace(request, resume=True))
    assert Path(answer["state_dict"]).is_file()


def test_sigterm_ends_a_run_behind_its_step_and_keeps_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--epochs", "500", "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not list(tmp_path.glob("checkpoints/checkpoint-*.pt")) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGTERM)
    output, notices = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(output)["error"]["class"] == "cancelled"
    assert "go on with --resume" in " ".join(notices.split())
