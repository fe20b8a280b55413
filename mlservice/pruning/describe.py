"""The structure of what is left of a network: what predictors and the expert model price."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from contracts.errors import NetworkError
from contracts.structure import INPUT, Layer, Structure, VectorPruning, Wire
from mlservice.pruning.liveness import Live, Mask
from mlservice.pruning.trace import Kind, Traced, Unit


@dataclass(frozen=True)
class _Channels:
    """Where a unit's kept channels stand: in `layers[of[k]]`, channel `at[k]`."""

    layers: tuple[str, ...]
    of: NDArray[np.int64]
    at: NDArray[np.int64]

    def take(self, chosen: Mask) -> "_Channels":
        return _Channels(self.layers, self.of[chosen], self.at[chosen])


def structure_of(
    traced: Traced, live: Live, vectors: Mapping[str, VectorPruning] | None = None, name: str = "network"
) -> Structure:
    """Layers with weights, pools and adds, narrowed to what is left.

    Args:
        traced: the large network.
        live: what is left of it.
        vectors: by convolution, which weight vectors are left; all where absent.
        name: of the structure.

    Raises:
        NetworkError: an operation that structures cannot say, or a layer that would read nothing.
    """
    writer = _Writer(traced, live, vectors or {})
    for unit in traced.units.values():
        writer.add(unit)
    first = next(iter(traced.units.values()))
    return Structure((first.channels, first.height, first.width), tuple(writer.layers), name)


def pruning_of(mask: Mask, kept: Mask, reads: Mask, rows: int) -> VectorPruning | None:
    """A convolution's weight vectors by filter group, as if kept filters of different groups could be packed without lengthening lists.

    Args:
        mask: bool `(filters, source channels, height, width)`, what stays.
        kept: bool `(filters,)`.
        reads: bool `(source channels,)`.
        rows: filters of a group on the accelerator.

    Returns:
        None where nothing is left of the convolution.
    """
    if not kept.any() or not reads.any():
        return None
    left = mask[np.ix_(kept, reads)]
    per_filter = np.sort(left.reshape(len(left), -1).sum(1))[::-1]
    groups = [per_filter[start : start + rows] for start in range(0, len(per_filter), rows)]
    return VectorPruning(rows, tuple(max(1, round(float(group.mean()))) for group in groups))


class _Writer:
    def __init__(self, traced: Traced, live: Live, vectors: Mapping[str, VectorPruning]) -> None:
        self.layers: list[Layer] = []
        self._traced = traced
        self._live = live
        self._vectors = vectors
        self._at: dict[str, _Channels] = {}

    def add(self, unit: Unit) -> None:
        """Append the unit's layer, if it is one and something is left of it."""
        kept = self._live.kept[unit.name]
        if unit.kind is Kind.OUTPUT:
            return
        if not kept.any():
            self._at[unit.name] = _Channels((), *(np.empty(0, np.int64),) * 2)
            return
        self._at[unit.name] = self._written(unit, int(kept.sum()))

    def _written(self, unit: Unit, count: int) -> _Channels:
        if unit.kind is Kind.INPUT:
            return _Channels((INPUT,), np.zeros(count, np.int64), np.flatnonzero(self._live.kept[unit.name]))
        several = {Kind.ADD: self._sum, Kind.CONCAT: self._joined, Kind.SELECT: self._selected}
        if unit.kind in several:
            return several[unit.kind](unit)
        return self._from_one(unit, self._read(unit, 0, self._wanted(unit)), count)

    def _from_one(self, unit: Unit, before: _Channels, count: int) -> _Channels:
        if unit.kind is Kind.NORM and self._traced.units[unit.sources[0]].kind not in (Kind.CONV, Kind.DEPTHWISE):
            return self._layer(Layer(unit.name, "conv", _wires(before), count, groups=count))
        if unit.kind in (Kind.NORM, Kind.POINTWISE, Kind.FLATTEN, Kind.PAD):
            return before
        if unit.kind is Kind.POOL:
            return self._pool(unit, before, count)
        return self._layer(self._weighted(unit, before, count))

    def _wanted(self, unit: Unit) -> Mask:
        if unit.kind in (Kind.CONV, Kind.LINEAR):
            return self._live.reads[unit.name]
        if unit.kind is Kind.FLATTEN:
            source = self._traced.units[unit.sources[0]]
            return np.asarray(self._live.kept[unit.name].reshape(source.channels, -1).any(axis=1))
        return self._live.kept[unit.name][:-1] if unit.kind is Kind.PAD else self._live.kept[unit.name]

    def _selected(self, unit: Unit) -> _Channels:
        kept = self._live.kept[unit.sources[0]]
        at = (np.cumsum(kept) - 1)[np.asarray(unit.selected)[self._live.kept[unit.name]]]
        source = self._at[unit.sources[0]]
        return _Channels(source.layers, source.of[at], source.at[at])

    def _read(self, unit: Unit, which: int, wanted: Mask) -> _Channels:
        source = unit.sources[which]
        kept = self._live.kept[source]
        if self._traced.units[source].kind is Kind.FLATTEN:
            image = self._traced.units[self._traced.units[source].sources[0]]
            wanted, kept = (np.asarray(mask.reshape(image.channels, -1).any(axis=1)) for mask in (wanted, kept))
        return self._at[source].take(wanted[kept])

    def _weighted(self, unit: Unit, before: _Channels, count: int) -> Layer:
        wires = _wires(before)
        if not wires:
            raise NetworkError(f"{unit.module} keeps {count} filters and would read nothing")
        module = self._traced.torch_module(unit)
        norm = any(self._traced.units[reader].kind is Kind.NORM for reader in self._traced.readers[unit.name])
        if not isinstance(module, nn.Conv2d):
            return Layer(unit.name, "linear", wires, count, norm=False)
        if _pair(module.dilation) != (1, 1):
            raise NetworkError(f"{unit.module} is dilated by {module.dilation}, which structures cannot say")
        groups = count if unit.kind is Kind.DEPTHWISE else 1
        padding = _pair(module.padding) * 2
        vectors = self._vectors.get(unit.name)
        window = (_pair(module.kernel_size), _pair(module.stride), padding)
        return Layer(unit.name, "conv", wires, count, *window, groups, norm, vectors=vectors)

    def _pool(self, unit: Unit, before: _Channels, count: int) -> _Channels:
        source = self._traced.units[unit.sources[0]]
        if (unit.height, unit.width) == (source.height, source.width):
            return before
        if (unit.height, unit.width) == (1, 1) and "max" not in _kind_of(self._traced, unit):
            return self._layer(Layer(unit.name, "global", _wires(before), count, norm=False, relu=False))
        module = self._traced.torch_module(unit) if unit.module else None
        if not isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            raise NetworkError(
                f"{unit.name} pools {source.height} x {source.width} maps to {unit.height} x {unit.width}: use MaxPool2d or AvgPool2d"
            )
        operator = "max" if isinstance(module, nn.MaxPool2d) else "average"
        window = (_pair(module.kernel_size), _pair(module.stride), _pair(module.padding) * 2)
        return self._layer(Layer(unit.name, operator, _wires(before), count, *window, norm=False, relu=False))

    def _sum(self, unit: Unit) -> _Channels:
        kept = self._live.kept[unit.name]
        has = [self._live.kept[source] & kept for source in unit.sources]
        sides = [self._read(unit, k, mask) for k, mask in enumerate(has)]
        if not all(mask.any() for mask in has):
            return sides[0] if has[0].any() else sides[1]
        wires = []
        for side, mask in zip(sides, has, strict=True):
            if (side.of != side.of[0]).any():
                raise NetworkError(f"{unit.name} adds a concatenation, which structures cannot say")
            write = tuple(np.flatnonzero(mask[kept]).tolist())
            wires.append(Wire(side.layers[side.of[0]], tuple(side.at.tolist()), write))
        return self._layer(Layer(unit.name, "add", tuple(wires), int(kept.sum()), norm=False))

    def _joined(self, unit: Unit) -> _Channels:
        kept = self._live.kept[unit.name]
        widths = [self._traced.units[source].channels for source in unit.sources]
        shares = np.split(kept, np.cumsum(widths)[:-1])
        parts = [self._read(unit, k, share) for k, share in enumerate(shares)]
        layers = tuple(dict.fromkeys(name for part in parts for name in part.layers))
        of = [np.array([layers.index(part.layers[i]) for i in part.of], np.int64) for part in parts]
        return _Channels(layers, np.concatenate(of), np.concatenate([part.at for part in parts]))

    def _layer(self, layer: Layer) -> _Channels:
        self.layers.append(layer)
        return _Channels((layer.name,), np.zeros(layer.filters, np.int64), np.arange(layer.filters))


def _wires(channels: _Channels) -> tuple[Wire, ...]:
    """One wire for each run of channels of one layer."""
    edges = np.flatnonzero(np.diff(channels.of)) + 1
    runs = zip(np.split(channels.of, edges), np.split(channels.at, edges), strict=True)
    return tuple(Wire(channels.layers[of[0]], tuple(at.tolist())) for of, at in runs if len(of))


def _pair(value: object) -> tuple[int, int]:
    if isinstance(value, tuple):
        return int(value[0]), int(value[1])
    assert isinstance(value, int)
    return value, value


def _kind_of(traced: Traced, unit: Unit) -> str:
    return type(traced.torch_module(unit)).__name__.lower() if unit.module else unit.name.lower()
