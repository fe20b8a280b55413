"""Features of a network alone, whatever it runs on: how wide, how deep and how connected it is. What accuracy is foretold from.

Widths are logarithms: twice the filters mean the same at any width. Figures by level say where in the network they are; level k are the layers
whose maps are about 2^k times smaller than the input.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.structure import INPUT, Layer, Structure

LEVELS: Final = 4
"""The last one has all smaller maps, too."""
_BY_LEVEL: Final = ("layers", "narrowest", "width", "stream", "parameters", "macs")
STRUCTURE_FEATURES: Final = (
    "log_macs", "log_parameters", "depth", "adds", "joins", "narrowest", "mean_width", "width_spread", "first", "last",
    "least_map", "least_fan_in", "mean_fan_in", "density", "depthwise", "kernel_area", "alone", "inputs",
    *(f"level{level}_{name}" for level in range(LEVELS) for name in _BY_LEVEL),
)  # fmt: skip
"""Names, in the order of the columns of `structure_features`."""


def structure_features(structures: Sequence[Structure]) -> NDArray[np.float32]:
    """[structures, features], named by `STRUCTURE_FEATURES`."""
    return np.asarray([list(_features(structure)) for structure in structures], np.float32)


def _features(structure: Structure) -> Iterator[float]:
    layers = [layer for layer in structure.layers if layer.has_weights]
    dense = [layer for layer in layers if not layer.depthwise]
    hidden = dense[:-1] or dense
    widths = np.log2([layer.filters for layer in hidden])
    fan_in = np.log2([structure.weights(layer) / layer.filters for layer in dense])
    maps = [np.log2(np.prod(structure.sizes[layer.name])) for layer in hidden]
    yield from (np.log2(max(structure.macs, 1)), np.log2(structure.parameters), _depth(structure))
    yield sum(layer.operator == "add" for layer in structure.layers)
    yield sum(len(layer.wires) > 1 and layer.operator != "add" for layer in structure.layers)
    yield from (widths.min(), widths.mean(), widths.std(), widths[0], np.log2(structure.channels(layers[-1])))
    yield from (min(maps), fan_in.min(), fan_in.mean(), _density(structure, dense))
    yield len(layers) - len(dense)
    yield float(np.mean([layer.kernel[0] * layer.kernel[1] for layer in dense]))
    yield from (_alone(structure), np.log2(np.prod(structure.input)))
    for level in range(LEVELS):
        yield from _of_level(structure, level)


def _of_level(structure: Structure, level: int) -> Iterator[float]:
    """Of `_BY_LEVEL`; -1 for widths of a level without convolutions."""
    layers = [x for x in structure.layers if x.operator in ("conv", "add") and _level(structure, x) == level]
    convolutions = [x for x in layers if x.operator == "conv" and not x.depthwise]
    yield len(convolutions)
    if not convolutions:
        yield from (-1.0,) * (len(_BY_LEVEL) - 1)
        return
    widths = np.log2([x.filters for x in convolutions])
    _, height, width = structure.sizes[convolutions[0].name]
    weights = sum(map(structure.weights, convolutions))
    yield from (widths.min(), widths.mean(), np.log2(max(x.filters for x in layers)))
    yield from (np.log2(weights), np.log2(weights * height * width))


def _level(structure: Structure, layer: Layer) -> int:
    ratio = structure.input[1] / structure.sizes[layer.name][1]
    return min(LEVELS - 1, max(0, round(float(np.log2(ratio)))))


def _depth(structure: Structure) -> float:
    """Layers with weights on the longest way."""
    found = {INPUT: 0}
    for layer in structure.layers:
        found[layer.name] = max(found[wire.source] for wire in layer.wires) + layer.has_weights
    return float(found[structure.layers[-1].name])


def _density(structure: Structure, dense: Iterable[Layer]) -> float:
    """Weights left, as a share of those that all weight vectors would have."""
    layers = list(dense)
    whole = sum(x.filters * structure.positions(x) for x in layers)
    return sum(map(structure.weights, layers)) / whole


def _alone(structure: Structure) -> float:
    """Share of the channels of sums that one side alone brings."""
    sums = [layer for layer in structure.layers if layer.operator == "add"]
    brought = [sum(_brought(structure, layer)) for layer in sums]
    made = sum(layer.filters for layer in sums)
    return sum(2 * x.filters - n for x, n in zip(sums, brought, strict=True)) / made if made else 0.0


def _brought(structure: Structure, layer: Layer) -> Iterator[int]:
    for wire in layer.wires:
        yield structure.sizes[wire.source][0] if wire.read is None else len(wire.read)
