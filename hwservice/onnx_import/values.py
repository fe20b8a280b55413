"""What flows along ONNX edges while a graph is read: constants and channel views."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from contracts.errors import NetworkError
from hwservice.ir.graph import FloatLayer, Scale
from hwservice.ir.quantised import Source

Array = NDArray[Any]


@dataclass(frozen=True)
class View:
    """A map as a list of channels; None is a channel of zeros."""

    channels: tuple[Source | None, ...]
    height: int
    width: int
    value: str
    flat: bool = False
    """Flattened to [batch, channels * height * width]."""
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Zero padding (top, left, bottom, right) that the next layer has to take over; height and width are without it."""
    softmax: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch dimension."""
        if self.flat:
            return (len(self.channels) * self.height * self.width,)
        return (len(self.channels), self.height + self.pads[0] + self.pads[2], self.width + self.pads[1] + self.pads[3])

    def renamed(self, value: str) -> "View":
        """The same channels as another ONNX value."""
        return replace(self, value=value)


@dataclass(frozen=True)
class Constant:
    """A constant, with its quantiser where it came through DequantizeLinear."""

    array: Array
    scales: Array | None = None


@dataclass
class State:
    """The reader's state."""

    graph: onnx.GraphProto
    env: dict[str, View | Constant] = field(default_factory=dict)
    layers: list[FloatLayer] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    input_name: str = ""
    input_quantiser: Scale | None = None
    pending_scales: dict[str, Scale] = field(default_factory=dict)
    opset: int = 17


@dataclass(frozen=True)
class Call:
    """One ONNX node with its attributes and inputs resolved."""

    state: State
    node: onnx.NodeProto
    attributes: dict[str, Any]
    inputs: tuple[View | Constant | None, ...]

    def fail(self, problem: str) -> NetworkError:
        """An error that names this node."""
        return NetworkError(f"node {self.node.name or self.node.output[0]!r} ({self.node.op_type}): {problem}")

    def view(self, index: int = 0) -> View:
        """An input that must be a map."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if not isinstance(value, View):
            raise self.fail(f"input {index} must be a feature map")
        return value

    def constant(self, index: int, attribute: str = "") -> Array | None:
        """An input (or, in older opsets, an attribute) that must be constant; None where absent."""
        if attribute and attribute in self.attributes:
            return np.asarray(self.attributes[attribute])
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            return None
        if isinstance(value, View):
            raise self.fail(f"input {index} ({self.node.input[index]!r}) must be constant")
        return value.array

    def producer(self, view: View) -> FloatLayer | None:
        """The layer whose whole output this view is and that nobody else reads; None otherwise."""
        if self.state.uses.get(view.value, 0) != 1 or any(view.pads) or None in view.channels:
            return None
        first = view.channels[0]
        assert first is not None
        layer = next((x for x in self.state.layers if x.name == first.tensor), None)
        if layer is None or view.channels != tuple(Source(layer.name, c) for c in range(layer.channels)):
            return None
        return layer if layer.value == view.value else None

    def add_layer(self, layer: FloatLayer) -> View:
        """Append a layer; its output as a view."""
        layer.origin.append(self.node.name or self.node.output[0])
        self.state.layers.append(layer)
        channels = tuple(Source(layer.name, c) for c in range(layer.channels))
        return View(channels, layer.height, layer.width, layer.value)
