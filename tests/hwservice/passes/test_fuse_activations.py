"""ReLU and clips become clamps."""

from pathlib import Path

import numpy as np
import pytest

from hwservice.passes.fuse_activations import fuse_activations
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named, names


def clipped(net: Net, x: str, low: float, high: float, name: str = "") -> str:
    return net.node("Clip", [x, net.constant(np.float32(low)), net.constant(np.float32(high))], name)


def test_a_pool_takes_over_a_relu(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Relu", [net.node("MaxPool", ["input"], "pool", kernel_shape=[2, 2])], "output")
    (layer,) = after(fuse_activations, net, tmp_path).layers
    assert (layer.name, layer.clamp) == ("pool", (0.0, np.inf))


@pytest.mark.parametrize(
    ("first", "second", "both"), [((0, 6), (-1, 3), (0, 3)), ((-1, 1), (2, 3), (2, 2)), ((2, 3), (-1, 1), (1, 1))]
)
def test_clamps_in_a_row_become_one(
    first: tuple[float, float], second: tuple[float, float], both: tuple[float, float], tmp_path: Path
) -> None:
    net = Net((3, 8, 8))
    clipped(net, clipped(net, net.conv("input", 4, 3), *first), *second, "output")
    (layer,) = after(fuse_activations, net, tmp_path).layers
    assert layer.clamp == both


def test_a_sum_is_clamped_after_the_add(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    total = net.node("Add", [net.conv("input", 4, 3), net.conv("input", 4, 3)], "sum")
    net.node("Relu", [total], "output")
    assert layer_named(after(fuse_activations, net, tmp_path), "sum").clamp == (0.0, np.inf)


def test_an_activation_behind_a_quantiser_stays(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    step, zero = net.constant(np.float32(0.5)), net.constant(np.uint8(128))
    quantised = net.node("QuantizeLinear", [net.conv("input", 4, 3, name="conv"), step, zero], "quantised")
    net.node("Relu", [net.node("DequantizeLinear", [quantised, step, zero])], "output")
    assert names(after(fuse_activations, net, tmp_path)) == ["conv", "quantised", "output"]
