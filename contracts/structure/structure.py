"""A network's structure: everything that its cost follows from, and no weight."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contracts.errors import NetworkError
from contracts.structure.compact import layer_from, layer_to
from contracts.structure.layer import INPUT, Layer, Size
from contracts.structure.sizes import channels_of, sizes_of

VERSION = 1
"""Of the JSON form; part of every digest."""


@dataclass(frozen=True)
class Structure:
    """Layers in an order in which every source is made before it is read; the last one's map is the result.

    Checked when made.

    Example: `Structure((3, 8, 8), (Layer("c", "conv", (Wire("input"),), 4, (3, 3), padding=(1, 1, 1, 1)),)).macs == 3 * 9 * 4 * 64`.

    Raises:
        NetworkError: names the first layer that is wrong, and what is.
    """

    input: Size
    layers: tuple[Layer, ...]
    name: str = field(default="structure", compare=False)
    """Does not count for the digest."""

    def __post_init__(self) -> None:
        _ = self.sizes  # checks

    @cached_property
    def sizes(self) -> dict[str, Size]:
        """Channels, height and width of the input and of every layer, by name."""
        return sizes_of(self.input, self.layers)

    def positions(self, layer: Layer) -> int:
        """Weight vectors of a layer with weights, per filter group, if none were left out."""
        _, height, width = self.sizes[layer.wires[0].source]
        window = height * width if layer.operator == "linear" else layer.kernel[0] * layer.kernel[1]
        return self.channels(layer) // layer.groups * window

    def channels(self, layer: Layer) -> int:
        """Channels that a layer reads, over all wires."""
        return channels_of(layer, self.sizes)

    def weights(self, layer: Layer) -> int:
        """Weights that are left of a layer; 0 for one without."""
        if not layer.has_weights:
            return 0
        if layer.vectors is None:
            return layer.filters * self.positions(layer)
        rows, groups = layer.vectors.rows, len(layer.vectors.kept)
        last = layer.filters - rows * (groups - 1)
        return sum(kept * (rows if g < groups - 1 else last) for g, kept in enumerate(layer.vectors.kept))

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and fully connected layers for one input; only weights that are left count."""
        return sum(self.weights(x) * self.sizes[x.name][1] * self.sizes[x.name][2] for x in self.layers)

    @cached_property
    def parameters(self) -> int:
        """Weights that are left, with scale and offset of every batch normalisation, or the biases."""
        return sum(self.weights(x) + x.filters * (2 if x.norm else 1) for x in self.layers if x.has_weights)

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it, without what is as by default."""
        return {"version": VERSION, "input": list(self.input), "layers": [layer_to(x) for x in self.layers]}

    def to_json(self) -> str:
        """The compact form: one line, keys in order."""
        return json.dumps(self.to_mapping(), separators=(",", ":"), sort_keys=True)

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits over the compact form."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]

    @staticmethod
    def from_json(text: str, name: str = "structure") -> "Structure":
        """The inverse of `to_json`.

        Raises:
            NetworkError: it is no JSON, or does not describe a structure.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise NetworkError(f"structure {name!r} is not JSON: {error}") from error
        return Structure.from_mapping(values, name)

    @staticmethod
    def from_mapping(values: object, name: str = "structure") -> "Structure":
        """From parsed JSON.

        Raises:
            NetworkError: it does not describe a structure; the message says which part.
        """
        if not isinstance(values, Mapping) or values.get("version") != VERSION:
            raise NetworkError(f"structure {name!r} has no version {VERSION}; write it by Structure.to_json")
        size, layers = values.get("input"), values.get("layers")
        if not isinstance(size, list) or len(size) != 3 or not all(type(n) is int for n in size):
            raise NetworkError(f"structure {name!r}: {INPUT} is {size!r}; it must be [channels, height, width]")
        if not isinstance(layers, list):
            raise NetworkError(f"structure {name!r}: layers is {layers!r}; it must be a list")
        return Structure((size[0], size[1], size[2]), tuple(layer_from(x) for x in layers), name)
