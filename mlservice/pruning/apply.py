"""Cut a network down to what is left of it: narrower modules, gathers and scatters where two sides keep different channels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from contracts.errors import NetworkError
from mlservice.pruning.liveness import Choice, Live, Mask, find_live
from mlservice.pruning.masked import MaskedConv2d
from mlservice.pruning.spaces import Spaces
from mlservice.pruning.trace import Kind, Traced, Unit

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """Where a parameter of the small network came from: `large[name][numpy.ix_(*indices)]`."""

    name: str
    indices: tuple[Indices, ...]

    def of(self, large: Tensor) -> Tensor:
        """The part of the large network's tensor, or of an optimiser's state for it."""
        for dimension, indices in enumerate(self.indices):
            large = large.index_select(dimension, torch.from_numpy(indices))
        return large


@dataclass(frozen=True)
class Small:
    """A network that has been cut.

    Attributes:
        module: computes what the masked network computes.
        cuts: by parameter of `module`, its origin.
    """

    module: fx.GraphModule
    cuts: Mapping[str, Cut]


def apply(traced: Traced, spaces: Spaces, choice: Choice) -> Small:
    """The small network; the large one is left as it is.

    Weights of vectors that are gone while others of their source channel stay are zero in it, and stay zero when it is trained.

    Raises:
        NetworkError: a layer of which something is left would read nothing.
    """
    live = find_live(traced, spaces, choice)
    builder = _Builder(traced, live, choice)
    for unit in traced.units.values():
        builder.add(unit)
    return builder.finish()


class _Builder:
    """Writes the small graph unit by unit."""

    def __init__(self, traced: Traced, live: Live, choice: Choice) -> None:
        self._traced = traced
        self._live = live
        self._choice = choice
        self._old = {node.name: node for node in traced.module.graph.nodes}
        self._graph = fx.Graph()
        self._root = nn.Module()
        self._nodes: dict[str, fx.Node | None] = {}
        self._cuts: dict[str, Cut] = {}

    def add(self, unit: Unit) -> None:
        """Copy, narrow or leave out a unit."""
        kept = self._live.kept[unit.name]
        if not kept.any():
            self._nodes[unit.name] = None
            return
        makers = {Kind.INPUT: self._input, Kind.OUTPUT: self._output, Kind.ADD: self._sum, Kind.CONCAT: self._join}
        makers |= {Kind.SELECT: self._reselect, Kind.PAD: self._unpad}
        makers |= dict.fromkeys((Kind.CONV, Kind.LINEAR), self._weighted)
        makers |= dict.fromkeys((Kind.NORM, Kind.DEPTHWISE), self._channelwise)
        self._nodes[unit.name] = makers.get(unit.kind, self._plain)(unit)

    def finish(self) -> Small:
        """The graph as a module."""
        module = fx.GraphModule(self._root, self._graph, class_name="PrunedNetwork")
        module.graph.lint()
        module.train(self._traced.module.training)
        return Small(module.to(memory_format=torch.channels_last), self._cuts)

    def _input(self, unit: Unit) -> fx.Node:
        node = self._graph.placeholder(unit.name)
        if not self._live.kept[unit.name].all():
            return self._gather(node, np.flatnonzero(self._live.kept[unit.name]), unit.name)
        return node

    def _output(self, unit: Unit) -> fx.Node:
        node: fx.Node = self._graph.output(self._node(unit, 0))
        return node

    def _plain(self, unit: Unit) -> fx.Node:
        """Pointwise, pools, flatten: the same operation on the channels that are left."""
        source = self._traced.units[unit.sources[0]]
        kept = self._live.kept[unit.name]
        wanted = np.asarray(kept.reshape(source.channels, -1).any(axis=1)) if unit.kind is Kind.FLATTEN else kept
        given = self._select(source, wanted, unit)
        if unit.module is not None:
            self._root.add_module(_flat(unit), self._traced.torch_module(unit))
            return self._graph.call_module(_flat(unit), (given,))
        return self._graph.node_copy(self._old[unit.name], lambda _: given)

    def _weighted(self, unit: Unit) -> fx.Node:
        """Convolutions and linear layers."""
        reads, kept = self._live.reads[unit.name], self._live.kept[unit.name]
        if not reads.any():
            raise NetworkError(
                f"{unit.module} keeps {int(kept.sum())} filters and would read nothing: keep a vector of each"
            )
        filters, channels = np.flatnonzero(kept), np.flatnonzero(reads)
        given = self._select(self._traced.units[unit.sources[0]], reads, unit)
        old = self._traced.torch_module(unit)
        new: nn.Module
        if isinstance(old, nn.Conv2d):
            new = self._convolution(unit, old, filters, channels)
        else:
            new = nn.Linear(len(channels), len(filters), bias=getattr(old, "bias", None) is not None)
        self._fill(unit, old, new, {"weight": (filters, channels), "bias": (filters,)})
        return self._graph.call_module(_flat(unit), (given,))

    def _convolution(self, unit: Unit, old: nn.Conv2d, filters: Indices, channels: Indices) -> nn.Conv2d:
        new = nn.Conv2d(
            len(channels),
            len(filters),
            old.kernel_size,  # type: ignore[arg-type]  # a pair, as torch wants
            old.stride,  # type: ignore[arg-type]
            old.padding,  # type: ignore[arg-type]
            old.dilation,  # type: ignore[arg-type]
            bias=old.bias is not None,
        )
        mask = self._choice.vectors.get(unit.name)
        if mask is None or mask[np.ix_(filters, channels)].all():
            return new
        masked = MaskedConv2d.of(new)
        masked.mask.copy_(torch.from_numpy(mask[np.ix_(filters, channels)].astype(np.float32)))
        return masked

    def _channelwise(self, unit: Unit) -> fx.Node:
        """Normalisations and depthwise convolutions: one channel each."""
        kept = self._live.kept[unit.name]
        channels = np.flatnonzero(kept)
        given = self._select(self._traced.units[unit.sources[0]], kept, unit)
        old = self._traced.torch_module(unit)
        new: nn.Module
        if isinstance(old, nn.Conv2d):
            new = nn.Conv2d(
                *(len(channels), len(channels), old.kernel_size, old.stride, old.padding, old.dilation),  # type: ignore[arg-type]
                groups=len(channels),
                bias=old.bias is not None,
            )
        else:
            assert isinstance(old, nn.BatchNorm2d)
            new = nn.BatchNorm2d(len(channels), old.eps, old.momentum)
            for name in ("running_mean", "running_var"):
                getattr(new, name).copy_(getattr(old, name)[torch.from_numpy(channels)])
        self._fill(unit, old, new, {"weight": (channels,), "bias": (channels,)})
        return self._graph.call_module(_flat(unit), (given,))

    def _sum(self, unit: Unit) -> fx.Node:
        """Adds what two sides have; one that has nothing is left out, one that lacks channels is scattered."""
        kept = self._live.kept[unit.name]
        sides = []
        for source in unit.sources:
            has = self._live.kept[source] & kept
            if has.any():
                given = self._select(self._traced.units[source], has, unit)
                sides.append(self._scatter(given, has[kept], f"{unit.name}_{source}"))
        if len(sides) == 1:
            return sides[0]
        return self._graph.call_function(torch.add, tuple(sides))

    def _join(self, unit: Unit) -> fx.Node:
        sources = [self._traced.units[source] for source in unit.sources]
        shares = np.split(self._live.kept[unit.name], np.cumsum([source.channels for source in sources])[:-1])
        parts = [self._select(s, share, unit) for s, share in zip(sources, shares, strict=True) if share.any()]
        return parts[0] if len(parts) == 1 else self._graph.call_function(torch.cat, (parts, 1))

    def _reselect(self, unit: Unit) -> fx.Node:
        source = self._traced.units[unit.sources[0]]
        kept = self._live.kept[source.name]
        wanted = np.asarray(unit.selected)[self._live.kept[unit.name]]
        positions = (np.cumsum(kept) - 1)[wanted]
        if len(positions) == kept.sum() and (np.diff(positions) == 1).all():
            return self._node(unit, 0)
        return self._gather(self._node(unit, 0), positions, f"{unit.name}_{source.name}")

    def _unpad(self, unit: Unit) -> fx.Node:
        """The channel of zeros is never kept: adds that lack channels are written anew."""
        return self._select(self._traced.units[unit.sources[0]], self._live.kept[unit.name][:-1], unit)

    # What reading and writing other channels than there are takes.

    def _node(self, unit: Unit, source: int) -> fx.Node:
        node = self._nodes[unit.sources[source]]
        if node is None:
            raise NetworkError(
                f"nothing is left of {unit.sources[source]}, which {unit.name} needs: keep one of its channels"
            )
        return node

    def _select(self, source: Unit, wanted: Mask, reader: Unit) -> fx.Node:
        node, kept = self._node(reader, reader.sources.index(source.name)), self._live.kept[source.name]
        if (wanted == kept).all():
            return node
        return self._gather(node, np.flatnonzero(wanted[kept]), f"{reader.name}_{source.name}")

    def _gather(self, node: fx.Node, indices: Indices, name: str) -> fx.Node:
        return self._graph.call_function(torch.index_select, (node, 1, self._constant(indices, name)))

    def _scatter(self, node: fx.Node, has: Mask, name: str) -> fx.Node:
        """Zeros where the side has no channel: one channel of zeros behind the others, read wherever one is missing."""
        if has.all():
            return node
        padded = self._graph.call_function(nn.functional.pad, (node, (0, 0, 0, 0, 0, 1)))
        count = int(has.sum())
        return self._gather(padded, np.where(has, np.cumsum(has) - 1, count), f"{name}_spread")

    def _constant(self, indices: Indices, name: str) -> fx.Node:
        name = f"channels_{name}"
        while hasattr(self._root, name):
            name += "_"
        self._root.register_buffer(name, torch.from_numpy(indices.astype(np.int64)))
        return self._graph.get_attr(name)

    def _fill(self, unit: Unit, old: nn.Module, new: nn.Module, parts: Mapping[str, tuple[Indices, ...]]) -> None:
        mask = getattr(new, "mask", None)
        for name, indices in parts.items():
            parameter = getattr(new, name, None)
            if parameter is None:
                continue
            cut = Cut(f"{unit.module}.{name}", indices)
            parameter.data.copy_(cut.of(getattr(old, name).detach()))
            if name == "weight" and mask is not None:
                parameter.data.mul_(mask)
            self._cuts[f"{_flat(unit)}.{name}"] = cut
        self._root.add_module(_flat(unit), new)


def _flat(unit: Unit) -> str:
    """The module's name in the small network, which has no submodules of submodules: its source can be written down."""
    return str(unit.module).replace(".", "_")
