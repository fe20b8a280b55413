"""The shorter side of a sum is computed first."""

from pathlib import Path

from hwservice.passes.order_branches import order_branches
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, names


def test_a_projection_moves_before_the_longer_convolution(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    long, short = net.conv("input", 4, 3, name="long"), net.conv("input", 4, 3, kernel=1, name="short")
    net.node("Add", [long, short], "output")
    assert names(after(order_branches, net, tmp_path)) == ["short", "long", "output"]


def test_a_projection_stays_behind_what_it_reads(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    long, middle = net.conv("input", 4, 3, name="long"), net.conv("input", 4, 3, name="middle")
    net.node("Add", [long, net.conv(middle, 4, 4, kernel=1, name="short")], "output")
    assert names(after(order_branches, net, tmp_path)) == ["long", "middle", "short", "output"]
