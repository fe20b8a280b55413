"""What flows along ONNX edges while a graph is read: constants, and views of layers."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from contracts.errors import NetworkError
from hwservice.ir.axes import CANONICAL
from hwservice.ir.graph import Channels, FloatLayer
from hwservice.ir.quantised import Operator, Source

SHAPING = ("Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Cast")

Array = NDArray[Any]


@dataclass(frozen=True)
class View:
    """The whole result of a layer (or the network's input), as an ONNX value shows it."""

    tensor: str
    channels: int
    height: int
    width: int
    value: str
    axes: str = CANONICAL
    """Order of its axes after the batch, by letters (see `hwservice.ir.axes`)."""
    flat: bool = False
    """Flattened to [batch, features], in the order of `axes`."""
    softmax: bool = False
    logarithm: bool = False

    @property
    def extents(self) -> dict[str, int]:
        """By letter."""
        return {"c": self.channels, "h": self.height, "w": self.width}

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch dimension."""
        if self.flat:
            return (self.channels * self.height * self.width,)
        return tuple(self.extents[letter] for letter in self.axes)

    @property
    def long_axes(self) -> list[str]:
        """Letters of the axes that are longer than 1, in order."""
        return [letter for letter in self.axes if self.extents[letter] > 1]

    def letters(self) -> str:
        """Of all axes, the batch included: `n`, `c`, `h`, `w`; `f` for the features of a flattened map of several pixels."""
        if not self.flat:
            return f"n{self.axes}"
        return "nc" if self.height * self.width == 1 else "nf"

    @property
    def sources(self) -> Channels:
        """All its channels, in order."""
        return tuple(Source(self.tensor, c) for c in range(self.channels))

    def renamed(self, value: str) -> "View":
        """The same map as another ONNX value."""
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

    def letter(self, view: View, axis: int) -> str:
        """What an axis of a map stands for."""
        letters = view.letters()
        if not -len(letters) <= axis < len(letters):
            raise self.fail(f"axis is {axis}; its input has {len(letters)} axes")
        return letters[axis]

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

    def add_layer(self, layer: FloatLayer, like: View) -> View:
        """Append a layer; its output as a view with the axes of `like`."""
        layer.origin.append(self.node.name or self.node.output[0])
        self.state.layers.append(layer)
        return View(layer.name, layer.channels, layer.height, layer.width, layer.value, like.axes, like.flat)

    def copy(self, view: View, sources: Channels, name: str = "", **functions: Any) -> View:
        """A layer that copies channels of one map size.

        Args:
            view: a map of that size.
            sources: what is copied.
            name: of the result; the node's first output where empty.
            functions: what the copy does besides, as fields of `FloatLayer`.
        """
        name = name or self.node.output[0]
        size = {"height": view.height, "width": view.width} | functions
        layer = FloatLayer(name, Operator.CONV, sources, len(sources), value=name, source_value=view.value, **size)
        return self.add_layer(layer, view)
