"""The float network: what the ONNX reader makes and the quantiser reads.

Like the integer network it knows channels, not tensors: a layer reads a list of sources, so that concatenation, gather, slice, scatter
and channel padding need no layer.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hwservice.ir.quantised import Operator, Source, Window

Floats = NDArray[np.float64]
NO_CLAMP = (-np.inf, np.inf)


@dataclass(frozen=True)
class Scale:
    """A quantiser that the graph brought along: real = (byte - zero_point) * scale, bytes unsigned."""

    scale: float
    zero_point: int


@dataclass
class FloatLayer:
    """One convolution, pool or sum with what was fused into it. `average` divides by the window (counting pads or not)."""

    name: str
    operator: Operator
    sources: tuple[Source, ...]
    channels: int
    height: int
    width: int
    value: str
    """ONNX value that holds this layer's output."""
    window: Window = Window()
    weights: Floats | None = None
    """[filters, channels / groups, kernel height, kernel width]; None for maxima."""
    bias: Floats | None = None
    groups: int = 1
    average: str = ""
    """`count` (padding counts), `valid` (it does not), or empty."""
    clamp: tuple[float, float] = NO_CLAMP
    skip: tuple[Source | None, ...] = ()
    mid_value: str = ""
    """ONNX value before the add, where a skip is added."""
    mid_clamp: tuple[float, float] = NO_CLAMP
    quantiser: Scale | None = None
    mid_quantiser: Scale | None = None
    weight_scales: Floats | None = None
    """[filters]: scales that the graph brought along for int8 weights."""
    origin: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FloatOutput:
    """One output: its sources and its shape without the batch dimension."""

    name: str
    sources: tuple[Source, ...]
    shape: tuple[int, ...]
    softmax: bool = False


@dataclass
class Graph:
    """Layers in an order in which every source is produced before it is read."""

    name: str
    input_name: str
    input_shape: tuple[int, int, int]
    """channels, height, width"""
    layers: list[FloatLayer]
    outputs: list[FloatOutput]
    model: bytes
    """The serialised ONNX model, for float evaluation."""
    input_quantiser: Scale | None = None
    batch_first: bool = True

    def layer_of(self, tensor: str) -> FloatLayer | None:
        """The layer that makes a tensor; None for the input."""
        return next((layer for layer in self.layers if layer.name == tensor), None)
