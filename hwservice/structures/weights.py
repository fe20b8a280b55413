"""Weights of a structure, drawn from a seed: whole numbers that any quantiser of ours gives back.

Every weight that is left is a whole number from 1 to 127 or its negative, and every filter has one of 127: its scale is its greatest weight
/ 127, so the integers survive the way through ONNX. No weight that is left becomes 0: what is pruned is what the structure says.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.structure import Layer, Structure, VectorPruning

GREATEST = 127


@dataclass(frozen=True, eq=False)
class Drawn:
    """Weights of one layer: real weight = `integers` * `steps` of its filter."""

    integers: NDArray[np.int8]
    """[filters, channels / groups, kernel height, kernel width]"""
    steps: NDArray[np.float64]
    """[filters]"""
    bias: NDArray[np.float64]
    """[filters]"""


def draw(structure: Structure, seed: int) -> dict[str, Drawn]:
    """Weights by layer; they depend on the layer's name and shape, and on nothing else of the structure but how large its inputs are."""
    moments = _Moments(structure)
    found = {}
    for layer in structure.layers:
        if layer.has_weights:
            random = np.random.default_rng([seed, zlib.crc32(layer.name.encode())])
            found[layer.name] = _drawn(structure, layer, random, moments.of_inputs(layer))
        moments.take(layer)
    return found


def _drawn(structure: Structure, layer: Layer, random: np.random.Generator, moment: float) -> Drawn:
    positions = structure.positions(layer)
    integers = random.integers(1, GREATEST + 1, (layer.filters, positions), np.int8)
    integers *= random.integers(0, 2, integers.shape, np.int8) * 2 - 1
    if layer.vectors is not None:
        integers *= kept_positions(layer.vectors, layer.filters, positions, random)
    integers[np.arange(layer.filters), np.abs(integers).argmax(axis=1)] = GREATEST
    square = (integers.astype(np.float64) ** 2).sum(axis=1)
    _, height, width = structure.sizes[layer.wires[0].source]
    kernel = (height, width) if layer.operator == "linear" else layer.kernel
    shape = (layer.filters, structure.channels(layer) // layer.groups, *kernel)
    return Drawn(integers.reshape(shape), 1 / np.sqrt(square * moment), random.normal(0, 0.1, layer.filters))


def kept_positions(
    vectors: VectorPruning, filters: int, positions: int, random: np.random.Generator
) -> NDArray[np.int8]:
    """[filters, positions]: 1 where a weight is left."""
    mask = np.zeros((len(vectors.kept), positions), np.int8)
    for group, kept in enumerate(vectors.kept):
        chosen = vectors.lists[group] if vectors.lists else random.permutation(positions)[:kept]
        mask[group, list(chosen)] = 1
    return np.repeat(mask, vectors.rows, axis=0)[:filters]


class _Moments:
    """Mean square of every map's values, as far as independent weights foretell it; the input's is 1."""

    def __init__(self, structure: Structure) -> None:
        self.of = dict.fromkeys(structure.sizes, 1.0)

    def of_inputs(self, layer: Layer) -> float:
        """Of what a layer reads."""
        return sum(self.of[wire.source] for wire in layer.wires) / len(layer.wires)

    def take(self, layer: Layer) -> None:
        """Its result follows from what it reads."""
        moment = self.of_inputs(layer)
        made = {"add": 2 * moment, "max": moment, "average": moment, "global": moment / 2}.get(layer.operator, 1.0)
        self.of[layer.name] = made / 2 if layer.relu else made
