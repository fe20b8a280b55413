"""Networks are made by name, fitted to images and classes, and refused by name."""

from pathlib import Path
from typing import Any

import pytest
import torch

from contracts.errors import NetworkError
from contracts.structure import Structure
from contracts.structure.families import mobilenet_v1, plain, resnet, vgg
from mlservice.networks import NETWORKS, build
from mlservice.networks.stacked import VGG11
from mlservice.pruning.describe import structure_of
from mlservice.pruning.liveness import Choice, find_live
from mlservice.pruning.spaces import NO_GATES
from mlservice.pruning.trace import trace

SHAPE = (3, 32, 32)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)], ids=str)
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_fits_images_and_classes_and_can_be_pruned(name: str, shape: tuple[int, int, int]) -> None:
    network = build(name, shape, 7, seed=0).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, *shape)).shape == (1, 7)
    assert trace(network, shape).units


def test_the_seed_says_which_weights() -> None:
    one, same, other = (build("plain", SHAPE, 10, seed) for seed in (1, 1, 2))
    weights = [next(network.parameters()) for network in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet20", resnet(SHAPE, blocks=(3, 3, 3))),
        ("plain", plain(SHAPE)),
        ("vgg", vgg(SHAPE, VGG11, hidden=(), classes=10)),
        ("mobilenet_v1", mobilenet_v1(SHAPE, strides=(1, 1, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1), classes=10)),
    ],
)
def test_networks_are_those_of_the_data_sets_families(name: str, expected: Structure) -> None:
    traced = trace(build(name, SHAPE, 10), SHAPE)
    live = find_live(traced, NO_GATES, Choice(torch.ones(0, dtype=torch.bool).numpy(), {}))
    found = structure_of(traced, live)
    assert (found.macs, len(found.layers)) == (expected.macs, len(expected.layers))


@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2_x0_5", "efficientnet_b0"])
def test_any_classifier_of_torchvision_takes_the_datas_channels_and_classes(name: str) -> None:
    network = build(name, (1, 64, 64), 4).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 4)


OWN = """
import torch
from torch import nn

class Mine(nn.Module):
    def __init__(self, in_channels, num_classes, width=6):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, 3)
        self.head = nn.Linear(width, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))

class Wants(nn.Module):
    def __init__(self, depth):
        super().__init__()

class Wrong(Mine):
    def __init__(self):
        super().__init__(3, 5)

class Branch(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x

class Branching(Mine):
    def __init__(self, in_channels, num_classes):
        super().__init__(in_channels, num_classes)
        self.inner = nn.Sequential(nn.ReLU(), Branch())

    def forward(self, x):
        return super().forward(self.inner(x))
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path / "own.py"


def test_a_class_of_the_users_own_gets_what_its_constructor_names(own: Path) -> None:
    network: Any = build(f"{own}:Mine", (1, 8, 8), 3)
    assert (network.conv.in_channels, network.head.out_features) == (1, 3)


def test_a_class_that_does_not_trace_is_refused_with_module_and_operation(own: Path) -> None:
    network = build(f"{own}:Branching", SHAPE, 10)
    with pytest.raises(
        NetworkError,
        match=r"Branching cannot be traced in its module inner\.1, at `if x\.sum\(\) > 0:` \(own\.py:\d+\)",
    ):
        trace(network, SHAPE)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("resnet9", "network is 'resnet9': did you mean resnet8 or resnet50 or resnet34"),
        ("net.onnx", "net.onnx is ONNX, which can be simulated, not trained"),
        ("{own}", "does not say which class: give .*own.py:CLASS"),
        ("{own}:Absent", "has no nn.Module 'Absent'"),
        ("{own}:torch", "has no nn.Module 'torch'"),
        ("{own}:Wants", "Wants in .* wants depth: give them defaults; known are classes"),
        ("{own}:Wrong", r"gives \(2, 5\) for 2 images; with 10 classes it should be \(2, 10\)"),
        ("absent.py:Mine", "absent.py is no file"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(own: Path, name: str, complaint: str) -> None:
    with pytest.raises(NetworkError, match=complaint):
        build(name.format(own=own), SHAPE, 10)


def test_images_too_small_for_a_network_are_refused() -> None:
    with pytest.raises(NetworkError, match="resnet50 takes images of 8 x 8 pixels or more"):
        build("resnet50", (3, 4, 4), 10)


def test_a_file_that_fails_is_named_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_that_name")
    with pytest.raises(NetworkError, match=r"bad\.py cannot be run: ModuleNotFoundError"):
        build(f"{tmp_path / 'bad.py'}:Mine", SHAPE, 10)
