"""How far the integer network is from the float one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwservice import integer_model
from hwservice.ir.graph import Graph
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.quantise.calibrate import check_images, evaluate


@dataclass(frozen=True)
class FloatError:
    """How far integer results are from float ones, over all outputs and inputs."""

    greatest: float
    mean: float
    sqnr_db: float
    """Signal to quantisation noise ratio."""


def evaluate_float(graph: Graph, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Float results by output name, [N, ...] each, by ONNX Runtime."""
    return evaluate(graph, check_images(graph, images, "input data"))


def error_against_float(graph: Graph, network: QuantisedNetwork, images: NDArray[np.float32]) -> FloatError:
    """Integer model against float evaluation on the same inputs, [N, channels, height, width]."""
    real = evaluate_float(graph, images)
    integer = integer_model.run(network, integer_model.quantise_input(network, images))
    pairs = [(real[n].ravel(), integer_model.dequantise_output(network, n, v).ravel()) for n, v in integer.items()]
    a, b = (np.concatenate(side).astype(np.float64) for side in zip(*pairs, strict=True))
    noise = float(((a - b) ** 2).mean())
    sqnr = 10 * np.log10(float((a**2).mean()) / noise) if noise > 0 else np.inf
    return FloatError(float(np.abs(a - b).max()), float(np.abs(a - b).mean()), float(sqnr))
