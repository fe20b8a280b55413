"""Both halves of the compiler. Imported only where nothing kept can be used: onnx and its runtime take a second."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwservice.compiler import compile_network
from hwservice.ir.graph import Graph
from hwservice.ir.program import Program
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.quantise import quantise
from hwservice.quantise.calibrate import made_up_images
from hwservice.quantise.error import error_against_float
from hwservice.run.data import read_images
from hwservice.run.request import CompileRequest

CALIBRATION_IMAGES: Final = 512
ERROR_IMAGES: Final = 4

Reals = NDArray[np.float32]


def calibration(request: CompileRequest, graph: Graph) -> Reals | None:
    """The first images of the user's calibration data, at most `CALIBRATION_IMAGES`; None where there are none.

    Raises:
        CalibrationError: the file cannot be used.
    """
    if request.calibration is None:
        return None
    return read_images(request.calibration, graph.input_shape, at_most=CALIBRATION_IMAGES)


def quantised(graph: Graph, images: Reals | None, request: CompileRequest) -> QuantisedNetwork:
    """The integer network."""
    return quantise(graph, images, request.quantise)


def float_error(graph: Graph, network: QuantisedNetwork, images: Reals | None) -> Mapping[str, float]:
    """How far the integer network is from the float one on a few calibration images (on noise where there are none)."""
    few = (made_up_images(graph) if images is None else images)[:ERROR_IMAGES]
    return {**asdict(error_against_float(graph, network, few)), "images": len(few)}


def program(network: QuantisedNetwork, request: CompileRequest) -> Program:
    """The program for the accelerator.

    Raises:
        CapacityError: the accelerator is too small.
    """
    return compile_network(network, request.accelerator)
