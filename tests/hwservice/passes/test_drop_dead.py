"""Layers that no output depends on are left out."""

from pathlib import Path

from hwservice.passes.drop_dead import drop_dead
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, names


def test_a_layer_without_a_reader_and_what_only_it_reads_are_left_out(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Relu", [net.conv("input", 4, 3, name="dead")], "deader")
    net.conv("input", 5, 3, name="output")
    assert names(after(drop_dead, net, tmp_path)) == ["output"]


def test_what_only_a_skip_reads_stays(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    a, b = net.conv("input", 4, 3, name="a"), net.conv("input", 4, 3, name="b")
    net.node("Add", [a, b], "output")
    assert names(after(drop_dead, net, tmp_path)) == ["a", "b", "output"]
