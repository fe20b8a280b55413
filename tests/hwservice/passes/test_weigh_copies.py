"""Copies become depthwise convolutions."""

from pathlib import Path

from hwservice.passes.weigh_copies import weigh_copies
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after


def test_a_copy_has_a_weight_of_one_per_channel(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Relu", ["input"], "output")
    (layer,) = after(weigh_copies, net, tmp_path).layers
    assert layer.weights is not None
    assert layer.bias is not None
    assert (layer.groups, layer.weights.ravel().tolist(), layer.bias.tolist()) == (3, [1, 1, 1], [0, 0, 0])
