"""Networks as graphs to look at."""

from pathlib import Path

import onnx
import pytest

from benchmarks import zoo
from hwservice.frontend import load_network
from hwservice.run.structure import structure


def layers(model: onnx.ModelProto, folder: Path) -> list[dict[str, object]]:
    path = folder / "network.onnx"
    onnx.save(model, path)
    return structure(load_network(path))


def test_a_residual_network_shows_what_each_layer_reads_and_adds(tmp_path: Path) -> None:
    found = {str(layer["name"]): layer for layer in layers(zoo.resnet8(), tmp_path)}
    assert found["stem"]["inputs"] == ["input"]
    last = found["stage3.0.conv2"]
    assert (last["inputs"], last["adds"]) == (["stage3.0.conv1"], ["stage3.0.project"])
    assert (last["macs"], last["parameters"]) == (64 * 64 * 9 * 8 * 8, 64 * 64 * 9 + 64)
    assert (found["pool"]["operator"], found["pool"]["macs"]) == ("global average pool", 0)
    assert found["output"]["operator"] == "dense"


def test_concatenations_name_all_their_parts(tmp_path: Path) -> None:
    found = {str(layer["name"]): layer for layer in layers(zoo.densenet_small(), tmp_path)}
    assert found["block0.2.bn"]["inputs"] == ["stem", "block0.0.conv", "block0.1.conv"]


@pytest.mark.parametrize("width", [8, 16])
def test_depthwise_layers_are_called_so(tmp_path: Path, width: int) -> None:
    found = layers(zoo.mobilenet_v1(alpha=width / 32), tmp_path)
    assert sum(layer["operator"] == "depthwise" for layer in found) == 13
