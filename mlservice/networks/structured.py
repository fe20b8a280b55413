"""Any structure as a torch network that trains: one module per layer, its wires as selections of channels."""

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from contracts.errors import NetworkError
from contracts.structure import INPUT, Layer, Structure, VectorPruning, Wire


def module_of(structure: Structure, seed: int = 0) -> "StructuredNetwork":
    """The network of a structure, with weights drawn from the seed.

    Which weight vectors are left of a layer that lost some is drawn from the same seed, where the structure does not list them.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return StructuredNetwork(structure, seed)


class StructuredNetwork(nn.Module):
    """Images `(images, channels, height, width)` to the last layer's result: logits `(images, filters)`, or a map.

    Raises:
        NetworkError: on construction, for a window that torch cannot pad the way the structure says.
    """

    def __init__(self, structure: Structure, seed: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(StructuredLayer(structure, layer, seed) for layer in structure.layers)
        self._last_use = {wire.source: k for k, x in enumerate(structure.layers) for wire in x.wires}

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        maps = {INPUT: images}
        result = images
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, StructuredLayer)
            result = maps[layer.name] = layer(maps)
            maps = {name: made for name, made in maps.items() if self._last_use.get(name, -1) > number}
        return result


class StructuredLayer(nn.Module):
    """One layer, from the maps made so far to its own."""

    def __init__(self, structure: Structure, layer: Layer, seed: int) -> None:
        super().__init__()
        self.name, self.adds = layer.name, layer.operator == "add"
        self.reads = nn.ModuleList(_Read(structure, layer, wire) for wire in layer.wires)
        self.operator = nn.Identity() if self.adds else _operator(structure, layer, seed)
        self.norm = nn.BatchNorm2d(layer.filters) if layer.operator == "conv" and layer.norm else nn.Identity()
        self.activation = nn.ReLU() if layer.relu else nn.Identity()

    def forward(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Read, join or add, compute."""
        read = [wire(maps) for wire in self.reads]
        whole = torch.add(*read) if self.adds else _joined(read)
        result: Tensor = self.activation(self.norm(self.operator(whole)))
        return result


def _joined(read: list[Tensor]) -> Tensor:
    return read[0] if len(read) == 1 else torch.cat(read, 1)


class _Read(nn.Module):
    """The channels of a wire; for an add, at their places in the sum, with zeros between them."""

    order: Tensor | None

    def __init__(self, structure: Structure, layer: Layer, wire: Wire) -> None:
        super().__init__()
        count = structure.sizes[wire.source][0]
        read = wire.read if wire.read is not None else tuple(range(count))
        order = read
        if layer.operator == "add":
            places = dict(zip(wire.write or range(len(read)), read, strict=True))
            order = tuple(places.get(k, count) for k in range(layer.filters))
        self.source, self.zeros = wire.source, count in order
        same = order == tuple(range(count))
        self.register_buffer("order", None if same else torch.tensor(order), persistent=False)

    def forward(self, maps: Mapping[str, Tensor]) -> Tensor:
        """One channel of zeros goes behind the others and is read wherever a sum has no channel of this side."""
        source = maps[self.source]
        if self.order is None:
            return source
        padded = functional.pad(source, (0, 0, 0, 0, 0, 1)) if self.zeros else source
        return torch.index_select(padded, 1, self.order)


class _Vectored(nn.Conv2d):
    """A convolution some of whose weight vectors are zero, and stay it."""

    mask: Tensor

    def forward(self, source: Tensor) -> Tensor:
        """See `nn.Conv2d`."""
        made: Tensor = self._conv_forward(source, self.weight * self.mask, self.bias)
        return made


def _operator(structure: Structure, layer: Layer, seed: int) -> nn.Module:
    top, left, bottom, right = layer.padding
    if layer.operator != "conv" and (top, left) != (bottom, right):
        raise NetworkError(
            f"layer {layer.name!r} is a pool with uneven padding {layer.padding}; pad it alike on both sides"
        )
    match layer.operator:
        case "conv":
            return _convolution(structure, layer, seed)
        case "linear":
            return _linear(structure, layer)
        case "max":
            return nn.MaxPool2d(layer.kernel, layer.stride, (top, left))
        case "average":
            return nn.AvgPool2d(layer.kernel, layer.stride)
        case _:
            return nn.AdaptiveAvgPool2d(1)


def _convolution(structure: Structure, layer: Layer, seed: int) -> nn.Module:
    top, left, bottom, right = layer.padding
    even = (top, left) == (bottom, right)
    shape = (structure.channels(layer), layer.filters, layer.kernel, layer.stride, (top, left) if even else 0)
    kind = nn.Conv2d if layer.vectors is None else _Vectored
    made = kind(*shape, groups=layer.groups, bias=not layer.norm)
    if layer.vectors is not None:
        left_over = kept_vectors(layer.vectors, layer, structure.positions(layer), seed)
        made.register_buffer("mask", left_over.reshape(made.weight.shape), persistent=False)
    return made if even else nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), made)


def _linear(structure: Structure, layer: Layer) -> nn.Module:
    if layer.vectors is not None:
        raise NetworkError(
            f"fully connected layer {layer.name!r} lost weight vectors; only convolutions can be trained so"
        )
    return nn.Sequential(nn.Flatten(), nn.Linear(structure.positions(layer), layer.filters))


def kept_vectors(vectors: VectorPruning, layer: Layer, positions: int, seed: int) -> Tensor:
    """[filters, positions]: 1 where a weight is left."""
    random = np.random.default_rng([seed, zlib.crc32(layer.name.encode())])
    mask = torch.zeros(len(vectors.kept), positions)
    for group, kept in enumerate(vectors.kept):
        chosen = vectors.lists[group] if vectors.lists else random.permutation(positions)[:kept].tolist()
        mask[group, list(chosen)] = 1
    return mask.repeat_interleave(vectors.rows, dim=0)[: layer.filters]
