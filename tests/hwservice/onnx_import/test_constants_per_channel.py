"""Factors and offsets vanish into convolutions; what is no number per channel is refused."""

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import NetworkError
from hwservice.frontend import load_network
from tests.hwservice.float_networks import Net


def behind_a_convolution(op: str, constant: np.ndarray, *, first: bool = False) -> Net:
    net = Net((3, 8, 4))
    x, number = net.conv("input", 4, 3), net.constant(constant.astype(np.float32))
    net.node(op, [number, x] if first else [x, number], "output")
    return net


@pytest.mark.parametrize("op", ["Mul", "Div", "Add", "Sub"])
@pytest.mark.parametrize("shape", [(), (1,), (4, 1, 1), (1, 4, 1, 1), (1, 4, 8, 4)])
def test_one_number_per_channel_needs_no_layer(op: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    net = behind_a_convolution(op, np.full(shape, 1.5))
    assert len(load_network(net.save(tmp_path / "net.onnx")).layers) == 1


@pytest.mark.parametrize(
    ("op", "constant", "first", "problem"),
    [
        ("Mul", np.arange(4.0), False, r"constant of shape \[4\], which is not one number per channel of \[4, 8, 4\]"),
        ("Add", np.arange(32.0).reshape(1, 8, 4), False, r"constant of shape \[1, 8, 4\]"),
        ("Add", np.arange(128.0).reshape(1, 4, 8, 4), False, r"constant of shape \[1, 4, 8, 4\]"),
        ("Div", np.zeros(()), False, "divides by zero"),
        ("Div", np.ones(()), True, "divides by a map"),
    ],
)
def test_other_constants_are_refused(op: str, constant: np.ndarray, first: bool, problem: str, tmp_path: Path) -> None:
    net = behind_a_convolution(op, constant, first=first)
    with pytest.raises(NetworkError, match=f"'output' .{op}.: .*{problem}"):
        load_network(net.save(tmp_path / "net.onnx"))


@pytest.mark.parametrize("op", ["Mul", "Div", "Sub"])
def test_two_maps_are_refused_with_the_nearest_form(op: str, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node(op, [net.conv("input", 4, 3), net.conv("input", 4, 3)], "output")
    with pytest.raises(NetworkError, match=f"'output' .{op}.: reads two maps; the nearest supported form is"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_statistics_that_make_no_number_are_refused(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    parts = [net.constant(np.full(4, value, np.float32)) for value in (1, 0, 0, -1)]
    net.node("BatchNormalization", [net.conv("input", 4, 3), *parts], "output")
    with pytest.raises(NetworkError, match=r"'output' .BatchNormalization.: its factors or offsets are NaN"):
        load_network(net.save(tmp_path / "net.onnx"))
