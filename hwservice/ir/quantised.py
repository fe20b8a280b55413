"""The integer network: what quantisation makes, what the integer model runs and what the compiler turns into a program.

Channels, not tensors, are what layers read: a *source* names one channel of one tensor. Concatenation, gather, scatter, slice and
channel padding have therefore no layer of their own; they are lists of sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwservice.ir.arithmetic import Rounding
from hwservice.ir.axes import CANONICAL, from_maps


@dataclass(frozen=True)
class Tensor:
    """One activation map of unsigned bytes: real value = (byte - zero_point) * scale."""

    name: str
    channels: int
    height: int
    width: int
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Source:
    """One channel of one tensor."""

    tensor: str
    channel: int


class Operator(Enum):
    """What the array does with a window of its sources."""

    CONV = "conv"
    """Multiply and add over the window (also fully connected, depthwise, average pool, copy)."""
    MAX = "max"
    """The greatest value of the window, channel by channel; no weights."""
    SUM = "sum"
    """A 1x1 convolution whose sums go over all pixels of the map: one output pixel (global average pool)."""


@dataclass(frozen=True)
class Window:
    """Kernel geometry; pairs are (vertical, horizontal). `pads` may be negative (cropping)."""

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """top, left, bottom, right"""


@dataclass(frozen=True, eq=False)
class Region:
    """A rectangle of the output with its own first rounding; average pools that do not count padding need several."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    multiplier: NDArray[np.int64]
    """[filters], 0 to 65535"""
    shift: NDArray[np.int64]
    """[filters], 0 to 63"""


@dataclass(frozen=True, eq=False)
class Layer:
    """One pass of the array: window operator, requantisation and, where `skip` is given, a residual add while draining.

    Raw bytes enter the sums: `bias` already holds `-zero_point * sum(weights)`, and pixels outside the map count as `pad_value`
    (the sources' zero point for CONV, 0 for MAX and SUM).
    """

    name: str
    operator: Operator
    sources: tuple[Source, ...]
    """Input channels in the order of the weights; all of one map size, scale and zero point."""
    output: Tensor
    bias: NDArray[np.int64]
    """[filters], within 32 bits"""
    regions: tuple[Region, ...]
    """Cover the output without overlap; nearly always one."""
    rounding: Rounding
    window: Window = Window()
    weights: NDArray[np.int8] | None = None
    """[filters, channels / groups, kernel height, kernel width]; None for MAX."""
    groups: int = 1
    pad_value: int = 0
    skip: tuple[Source | None, ...] = ()
    """Per filter the channel that is added (same map size as the output), or None; empty: no residual add."""
    origin: str = ""
    """The ONNX nodes this came from, for reports."""

    @property
    def filters(self) -> int:
        """Output channels."""
        return self.output.channels


@dataclass(frozen=True)
class Output:
    """One result of the network: channels of a map, given to the user as `shape`, dequantised."""

    name: str
    sources: tuple[Source, ...]
    shape: tuple[int, ...]
    """Without the batch dimension."""
    softmax: bool = False
    """The host applies a softmax over channels (or the features of a flattened map) after dequantising."""
    axes: str = CANONICAL
    """Order of the axes in `shape`, or in which they were flattened (see `hwservice.ir.axes`)."""
    logarithm: bool = False
    """The host takes the softmax's logarithm."""

    def finish(self, maps: NDArray[Any]) -> NDArray[Any]:
        """What the user gets for real values [N, channels, height, width]: [N, *shape]."""
        values = from_maps(maps, self.axes, self.shape)
        if not self.softmax:
            return values
        over = 1 if len(self.shape) == 1 else 1 + self.axes.index("c")
        shifted = values - values.max(axis=over, keepdims=True)
        total = np.exp(shifted).sum(axis=over, keepdims=True)
        shares: NDArray[Any] = shifted - np.log(total) if self.logarithm else np.exp(shifted) / total
        return shares


@dataclass(frozen=True, eq=False)
class QuantisedNetwork:
    """Layers in an order in which every source is produced before it is read."""

    name: str
    input: Tensor
    layers: tuple[Layer, ...]
    outputs: tuple[Output, ...]
    input_shape: tuple[int, ...] = ()
    """As the user gives it, without the batch dimension (`channels, height, width` where empty)."""
    notes: tuple[str, ...] = field(default=())
    """What the quantiser wants the user to know (scales that were rounded, saturated weights, ...)."""
    input_axes: str = CANONICAL
    """Order of the axes in `input_shape`."""
    quantisation: Mapping[str, Any] = field(default_factory=dict)
    """How its scales came about: `scales`, `method`, `images` of calibration, `maps`, and how many `kept` the network's own quantiser."""

    @property
    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name, the input first."""
        return {self.input.name: self.input} | {layer.output.name: layer.output for layer in self.layers}
