"""What flows along ONNX edges while a graph is read: constants and channel views."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from contracts.errors import NetworkError
from hwservice.ir.graph import FloatLayer, Scale
from hwservice.ir.quantised import Operator, Source, Window

SHAPING = ("Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze")

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
        if value.softmax and self.node.op_type not in SHAPING:
            raise self.fail("reads a Softmax; a Softmax may only stand at the end of the network")
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

    def unpadded(self, view: View) -> View:
        """The view without padding or cropping that the next layer would have to take over: a copying layer does it."""
        return self._copied(view) if any(view.pads) else view

    def settled(self, view: View) -> View:
        """The view without padding, cropping and channels of zeros."""
        return self._copied(view) if any(view.pads) or None in view.channels else view

    def _copied(self, view: View) -> View:
        name, count = f"{view.value}.settled", len(view.channels)
        present = next((s for s in view.channels if s is not None), None)
        if present is None:
            raise self.fail("reads channels of zeros only")
        if all(layer.name != name for layer in self.state.layers):
            _, height, width = replace(view, flat=False).shape
            layer = FloatLayer(
                name=name,
                operator=Operator.CONV,
                sources=tuple(present if s is None else s for s in view.channels),
                channels=count,
                height=height,
                width=width,
                value=view.value,
                window=Window(pads=view.pads),
                weights=np.array([s is not None for s in view.channels], np.float64).reshape(count, 1, 1, 1),
                bias=np.zeros(count),
                groups=count,
            )
            return replace(self.add_layer(layer), flat=view.flat)
        made = next(layer for layer in self.state.layers if layer.name == name)
        channels = tuple(Source(name, c) for c in range(count))
        return View(channels, made.height, made.width, view.value, flat=view.flat)

    def add_layer(self, layer: FloatLayer) -> View:
        """Append a layer; its output as a view."""
        layer.origin.append(self.node.name or self.node.output[0])
        self.state.layers.append(layer)
        channels = tuple(Source(layer.name, c) for c in range(layer.channels))
        return View(channels, layer.height, layer.width, layer.value)
