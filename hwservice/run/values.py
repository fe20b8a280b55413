"""The user's images on the way in, and real values on the way out."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hwservice.ir.axes import to_maps
from hwservice.ir.quantised import Output, QuantisedNetwork, Tensor
from hwservice.run.data import read_images
from hwservice.run.request import SimulateRequest
from hwservice.simulators import SimulationResult

Bytes = NDArray[np.uint8]
Reals = NDArray[np.float32]
INPUT_SEED: Final = 1


def chosen_inputs(request: SimulateRequest, network: QuantisedNetwork) -> Bytes:
    """The inputs to run as bytes, [count, channels, height, width]; seeded random bytes where none are given.

    Raises:
        CalibrationError: the file cannot be used.
    """
    tensor = network.input
    shape = (tensor.channels, tensor.height, tensor.width)
    if request.inputs is None:
        return np.random.default_rng(INPUT_SEED).integers(0, 256, (request.count, *shape), np.uint8)
    images = read_images(request.inputs, network.input_shape or shape, request.count)
    return quantised_input(to_maps(images, network.input_axes), tensor)


def quantised_input(images: Reals, tensor: Tensor) -> Bytes:
    """Real values as the input tensor's bytes."""
    scaled = np.rint(images.astype(np.float64) / tensor.scale) + tensor.zero_point
    raw: Bytes = np.clip(scaled, 0, 255).astype(np.uint8)
    return raw


def dequantised(network: QuantisedNetwork, result: SimulationResult) -> dict[str, Reals]:
    """Every output as real values, [count, *shape], by name."""
    tensors = network.tensors
    return {
        output.name: _real(output, np.stack([values[output.name] for values in result.outputs]), tensors)
        for output in network.outputs
    }


def _real(output: Output, raw: Bytes, tensors: dict[str, Tensor]) -> Reals:
    sources = [tensors[source.tensor] for source in output.sources]
    scale = np.array([tensor.scale for tensor in sources], np.float32)[:, None, None]
    zero = np.array([tensor.zero_point for tensor in sources], np.float32)[:, None, None]
    return output.finish((raw.astype(np.float32) - zero) * scale).astype(np.float32)


def write_outputs(outputs: dict[str, Reals], path: Path) -> None:
    """An npz: key `output` for the first output, its own name for each further one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {
        "output" if index == 0 else name: values for index, (name, values) in enumerate(outputs.items())
    }
    with path.open("wb") as file:
        np.savez(file, **named)
