"""The float network: what the ONNX reader makes, what the passes rewrite and what the quantiser reads.

Like the integer network it knows channels, not tensors: a layer reads a list of sources. The reader makes one layer per node; a layer
without arithmetic is a *copy*, and what it copies with (a clamp, a quantiser, padding, a skip) is what passes move elsewhere.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwservice.ir.axes import CANONICAL, map_size
from hwservice.ir.quantised import Operator, Output, Source, Window

Floats = NDArray[np.float64]
Channels = tuple[Source, ...]
NO_CLAMP = (-np.inf, np.inf)
ZEROS: Final = Source("", -1)
"""A channel of zeros, until the pass `settle_zeros`."""


@dataclass(frozen=True)
class Scale:
    """A quantiser that the graph brought along: real = (byte - zero_point) * scale, bytes unsigned."""

    scale: float
    zero_point: int


@dataclass
class FloatLayer:
    """One convolution, pool, sum or copy with what was fused into it."""

    name: str
    operator: Operator
    sources: Channels
    channels: int
    height: int
    width: int
    value: str
    """ONNX value that holds this layer's output."""
    source_value: str = ""
    """ONNX value that holds its sources."""
    window: Window = Window()
    weights: Floats | None = None
    """[filters, channels / groups, kernel height, kernel width]; None for maxima and copies."""
    bias: Floats | None = None
    groups: int = 1
    average: tuple[int, int, int, int] | None = None
    """Of an average: how much padding (top, left, bottom, right) counts as pixels."""
    clamp: tuple[float, float] = NO_CLAMP
    skip: tuple[Source | None, ...] = ()
    skip_value: str = ""
    """ONNX value that holds the skip."""
    mid_value: str = ""
    """ONNX value before the add, where a skip is added."""
    mid_clamp: tuple[float, float] = NO_CLAMP
    quantiser: Scale | None = None
    mid_quantiser: Scale | None = None
    weight_scales: Floats | None = None
    """[filters]: scales that the graph brought along for int8 weights."""
    origin: list[str] = field(default_factory=list)

    @property
    def is_copy(self) -> bool:
        """No arithmetic: channel k of the result is source k, padded, added to, clamped and quantised as the fields say."""
        return self.operator is Operator.CONV and self.weights is None

    @property
    def whole(self) -> Channels:
        """All channels of the result, in order."""
        return tuple(Source(self.name, c) for c in range(self.channels))

    @property
    def reads(self) -> tuple[Channels, Channels]:
        """What it works on, and what it adds."""
        return self.sources, tuple(s for s in self.skip if s is not None)


@dataclass
class Graph:
    """Layers in an order in which every source is produced before it is read."""

    name: str
    input_name: str
    input_shape: tuple[int, ...]
    """As the user gives it, without the batch dimension."""
    layers: list[FloatLayer]
    outputs: list[Output]
    model: bytes
    """The serialised ONNX model, for float evaluation."""
    input_quantiser: Scale | None = None
    input_axes: str = CANONICAL
    """Order of the axes in `input_shape`."""

    @property
    def input_map(self) -> tuple[int, int, int]:
        """Channels, height and width of the input."""
        return map_size(self.input_shape, self.input_axes)
