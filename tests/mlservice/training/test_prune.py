"""A session leaves a network that runs anywhere, and a report whose figures are the hardware side's."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from contracts.accelerator import PRESETS
from contracts.errors import InputError
from mlservice.datasets import as_input, digits
from mlservice.hardware import CommandLine
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.training import TrainingOptions
from mlservice.training.prune import PruneRequest, prune


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = digits.read("scikit-learn").hold_out(0.1)
    torch.manual_seed(0)
    training = TrainingOptions(epochs=4, batch_images=32, flips=False)
    request = PruneRequest(0.06, "priced-gates", training, tmp_path_factory.mktemp("pruned"))
    network = ResNet8(ResNet8Options(input_channels=1))
    return prune(network, data, PRESETS["pynq-8x32"], request, CommandLine())


@pytest.mark.rtl
def test_the_budget_holds_on_the_rtl(answer: dict[str, Any]) -> None:
    assert 0.95 * 0.06 <= answer["measured_latency_ms"] <= 1.02 * 0.06
    assert answer["bit_exact"]
    assert answer["accuracy_int8"] > 0.9


@pytest.mark.rtl
def test_an_integer_network_that_loses_little_is_not_trained_for(answer: dict[str, Any]) -> None:
    assert answer["trained_for_rounding"] is False
    assert answer["accuracy_float"] - answer["accuracy_int8"] < 0.02
    assert not (Path(answer["onnx"]).parent / "compared.npz").exists()


@pytest.mark.rtl
def test_what_is_exported_computes_what_was_trained_on_every_test_image(answer: dict[str, Any]) -> None:
    assert answer["onnx_max_difference"] < 1e-4
    assert answer["onnx_top1_equal"] is True


@pytest.mark.rtl
def test_onnx_and_python_module_give_the_same_logits(answer: dict[str, Any]) -> None:
    folder = Path(answer["onnx"]).parent
    images = as_input(digits.read("scikit-learn").test.pixels[:32])
    session = onnxruntime.InferenceSession(answer["onnx"])
    logits = np.concatenate([session.run(["output"], {"input": image[None]})[0] for image in images])
    np.save(folder / "images.npy", images)
    script = (
        "import numpy, torch; from network import PrunedNetwork; n = PrunedNetwork().eval();"
        "n.load_state_dict(torch.load('network.pt', weights_only=True));"
        "numpy.save('logits.npy', n(torch.from_numpy(numpy.load('images.npy'))).detach().numpy())"
    )
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    np.testing.assert_allclose(logits, np.load(folder / "logits.npy"), rtol=1e-4, atol=1e-4)
    assert json.loads((folder / "report.json").read_text())["method"] == "priced-gates"


@pytest.mark.rtl
def test_a_page_shows_how_the_network_came_about(answer: dict[str, Any]) -> None:
    page = (Path(answer["onnx"]).parent / "report.html").read_text()
    for figure in ("loss", "accuracy", "measured", "cost", "kept", "multiplier"):
        assert f'id="{figure}"' in page


@pytest.mark.rtl
def test_the_footprint_is_stated_with_its_method(answer: dict[str, Any]) -> None:
    assert answer["train_energy_wh"] > 0
    assert answer["train_co2_g"] > 0
    assert "CodeCarbon" in answer["footprint_method"]


COMMAND = (
    *(sys.executable, "-m", "mlservice", "prune", "--data", "digits", "--latency-ms", "0.05", "--epochs", "2"),
    *("--batch", "64", "--checkpoint-minutes", "0", "--json"),
)


@pytest.mark.rtl
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
    weights = [torch.load(folder / "network.pt", weights_only=True) for folder in (whole, killed)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert json.loads(done.stdout)["measured_latency_ms"] == answer["measured_latency_ms"]


def test_a_dense_session_to_compare_with_must_be_one(tmp_path: Path) -> None:
    data = digits.read("scikit-learn")
    (tmp_path / "report.json").write_text(json.dumps({"method": "dense", "network": "resnet20"}))
    request = PruneRequest(0.06, "priced-gates", TrainingOptions(), tmp_path / "out", dense=tmp_path)
    network = ResNet8(ResNet8Options(input_channels=1))
    with pytest.raises(InputError, match="no session to compare with: network is 'resnet20', not 'resnet8'"):
        prune(network, data, PRESETS["pynq-8x32"], request, CommandLine())


def test_an_unknown_method_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="method is 'magic'; known are priced-gates"):
        PruneRequest(0.1, "magic", TrainingOptions(), tmp_path)


def test_a_request_without_a_budget_or_with_a_wrong_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no budget: give latency_ms, energy_mj, or both"):
        PruneRequest(None, "priced-gates", TrainingOptions(), tmp_path)
    with pytest.raises(InputError, match="energy_mj is -1: give a number above 0"):
        PruneRequest(0.1, "dense", TrainingOptions(), tmp_path, energy_mj=-1)
    assert PruneRequest(None, "dense", TrainingOptions(), tmp_path).budgets == {}
