"""A session leaves a network that runs anywhere, and a report whose figures are the hardware side's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from contracts.accelerator import PRESETS
from contracts.errors import InputError
from mlservice import hardware
from mlservice.datasets import as_input, digits
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.training import TrainingOptions
from mlservice.training.prune import PruneRequest, prune


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = digits.read("scikit-learn")
    torch.manual_seed(0)
    training = TrainingOptions(epochs=4, batch_images=32, flips=False)
    request = PruneRequest(0.06, "priced-gates", training, tmp_path_factory.mktemp("pruned"))
    network = ResNet8(ResNet8Options(input_channels=1))
    return prune(network, data, PRESETS["pynq-8x32"], request, hardware)


@pytest.mark.rtl
def test_the_budget_holds_on_the_rtl(answer: dict[str, Any]) -> None:
    assert 0.95 * 0.06 <= answer["measured_latency_ms"] <= 0.06
    assert answer["bit_exact"]
    assert answer["accuracy_int8"] > 0.9


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
    for figure in ("loss", "measured", "cost", "kept", "multiplier"):
        assert f'id="{figure}"' in page


def test_an_unknown_method_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="method is 'magic'; known are priced-gates"):
        PruneRequest(0.1, "magic", TrainingOptions(), tmp_path)


def test_a_request_without_a_budget_or_with_a_wrong_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no budget: give latency_ms, energy_mj, or both"):
        PruneRequest(None, "dense", TrainingOptions(), tmp_path)
    with pytest.raises(InputError, match="energy_mj is -1: give a number above 0"):
        PruneRequest(0.1, "dense", TrainingOptions(), tmp_path, energy_mj=-1)
