"""Scatters that only place channels are read; all others are refused, never read as something else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.errors import NetworkError
from hwservice.frontend import QuantiseOptions, error_against_float, load_network, quantise
from tests.hwservice.float_networks import Net

ZEROS = np.zeros((1, 6, 8, 8), np.float32)


def elements(net: Net, where: np.ndarray, **attributes: Any) -> Net:
    x = net.conv("input", 4, 3)
    net.node("ScatterElements", [net.constant(ZEROS), net.constant(where), x], "output", axis=1, **attributes)
    return net


def per_channel(channels: list[int]) -> np.ndarray:
    return np.broadcast_to(np.array(channels).reshape(1, 4, 1, 1), (1, 4, 8, 8)).copy()


def per_pixel() -> np.ndarray:
    draw = np.random.default_rng(0)
    return np.stack([draw.permutation(6)[:4] for _ in range(64)], 1).reshape(1, 4, 8, 8)


def grid(channels: list[int], last: int) -> np.ndarray:
    """Indices of ScatterND with `last` numbers each: batch, channel, row, column."""
    extents = [np.zeros(1, np.int64), np.array(channels), np.arange(8), np.arange(8)][:last]
    return np.stack(np.meshgrid(*extents, indexing="ij"), axis=-1)


def scatter_nd(net: Net, where: np.ndarray, **attributes: Any) -> Net:
    net.node("ScatterND", [net.constant(ZEROS), net.constant(where), net.conv("input", 4, 3)], "output", **attributes)
    return net


def same_as_float(net: Net, folder: Path) -> None:
    graph = load_network(net.save(folder / "net.onnx"))
    image = np.random.default_rng(1).standard_normal((1, *graph.input_shape)).astype(np.float32)
    assert error_against_float(graph, quantise(graph, image, QuantiseOptions()), image).sqnr_db > 30


@pytest.mark.parametrize("channels", [[0, 1, 2, 3], [5, 0, 3, 1], [-1, 0, 3, 1]])
def test_scatter_elements_of_whole_channels(channels: list[int], tmp_path: Path) -> None:
    same_as_float(elements(Net((3, 8, 8)), per_channel(channels)), tmp_path)


@pytest.mark.parametrize("last", [2, 3, 4])
def test_scatter_nd_of_whole_channels(last: int, tmp_path: Path) -> None:
    same_as_float(scatter_nd(Net((3, 8, 8)), grid([5, 0, 3, 1], last)), tmp_path)


@pytest.mark.parametrize(
    ("where", "attributes", "problem"),
    [
        (per_pixel(), {}, "differ from pixel to pixel"),
        (per_channel([0, 1, 2, 9]), {}, "index 9 is outside 6 channels"),
        (per_channel([0, 1, 2, 2]), {}, "more than once"),
        (per_channel([0, 1, 2, 3]), {"reduction": "add"}, "reduction"),
    ],
)
def test_scatter_elements_that_do_more_are_refused(
    where: np.ndarray, attributes: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkError, match=problem):
        load_network(elements(Net((3, 8, 8), opset=18), where, **attributes).save(tmp_path / "net.onnx"))


@pytest.mark.parametrize(
    ("where", "attributes", "problem"),
    [
        (grid([5, 0, 3, 1], 4)[:, :, ::-1], {}, "row by row"),
        (grid([5, 0, 3, 9], 2), {}, "index 9 is outside 6 channels"),
        (grid([5, 0, 3, 3], 2), {}, "more than once"),
        (grid([5, 0, 3, 1], 2), {"reduction": "add"}, "reduction"),
    ],
)
def test_scatter_nd_that_does_more_is_refused(
    where: np.ndarray, attributes: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkError, match=problem):
        load_network(scatter_nd(Net((3, 8, 8), opset=18), where, **attributes).save(tmp_path / "net.onnx"))
