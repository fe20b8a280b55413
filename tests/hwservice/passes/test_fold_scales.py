"""Normalisations go into the convolution before them."""

from pathlib import Path

import numpy as np

from hwservice.passes.fold_scales import fold_scales
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, names


def test_a_normalisation_scales_weights_and_bias(tmp_path: Path) -> None:
    net = Net((1, 4, 4))
    x = net.node("Conv", ["input", net.constant(np.full((1, 1, 1, 1), 3, np.float32))], "conv")
    statistics = [net.constant(np.array([v], np.float32)) for v in (2, 5, 1, 4)]
    net.node("BatchNormalization", [x, *statistics], "output", epsilon=0.0)
    (layer,) = after(fold_scales, net, tmp_path).layers
    assert layer.name == "conv"
    assert layer.origin == ["conv", "output"]
    assert layer.weights is not None
    assert layer.bias is not None
    np.testing.assert_allclose(layer.weights, [[[[3.0]]]])
    np.testing.assert_allclose(layer.bias, [4.0])


def test_two_normalisations_in_a_row_become_one_layer(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    net.norm(net.norm("input", 3, "first"), 3, "output")
    assert names(after(fold_scales, net, tmp_path)) == ["first"]


def test_a_normalisation_after_an_activation_stays(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    net.norm(net.node("Relu", [net.conv("input", 4, 3, name="conv")], "relu"), 4, "output")
    assert names(after(fold_scales, net, tmp_path)) == ["conv", "relu", "output"]


def test_a_normalisation_of_what_others_read_too_stays(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    x = net.conv("input", 4, 3, name="conv")
    net.norm(x, 4, "output")
    net.node("Relu", [x], "other")
    assert names(after(fold_scales, net, tmp_path, ("output", "other"))) == ["conv", "output", "other"]


def test_weights_that_bring_scales_are_not_scaled(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    scale = net.constant(np.array(0.5, np.float32))
    weights = net.node("DequantizeLinear", [net.constant(np.ones((4, 3, 1, 1), np.int8)), scale])
    net.norm(net.node("Conv", ["input", weights], "conv"), 4, "output")
    assert names(after(fold_scales, net, tmp_path)) == ["conv", "output"]
