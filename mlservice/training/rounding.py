"""The last part of a session with weights and maps rounded as the accelerator rounds them, where the integer network loses too much otherwise.

Rounded is what the compiler rounds (docs/compiler.md): each filter's weights to 8 bits of their greatest magnitude; each map that is written to memory to
8 bits of the range that calibration will find. A normalisation and an activation belong to the layer before them, an add to the convolution that is
computed last: nothing is rounded in between. Maps that are joined share a range. Folding a normalisation changes a filter's scale alone,
so weights are rounded before it as they will be behind it. Gradients pass as if nothing were rounded (straight-through; Jacob et al. 2018).
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call

from contracts.structure import Structure
from mlservice.datasets import Split
from mlservice.pruning.masked import straight_through
from mlservice.training.evaluate import logits
from mlservice.training.methods.method import Shaper
from mlservice.training.trainer import Trainer

BEGINS_SHARE: Final = 0.8
"""Of the run: all methods have settled their structure by then."""
TOLERATED: Final = 0.005
"""Accuracy, 0 to 1, that the integer network may lose before rounding is trained for."""
RANGES_EVERY: Final = 25
"""Steps after which ranges are looked up again."""
_WEIGHT_STEPS, _MAP_STEPS = 127, 255
_LEAST_SCALE: Final = 2.0**-40
"""Smaller ranges count as zero; so they do for the compiler."""


class _Role(Enum):
    """What a node of a network's graph is to rounding."""

    WEIGHTED = auto()
    NORM = auto()
    ACTIVATION = auto()
    ADD = auto()
    SOURCE = auto()
    """Makes a map that stands for itself: the input, an average."""
    MAXIMUM = auto()
    """Makes a map on the grid of what it reads."""
    PASSES = auto()
    """Hands values on: joins, selections, flattening."""


_FUNCTIONS: Final[Mapping[Callable[..., Any] | str, _Role]] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add", "add_"), _Role.ADD),
    **dict.fromkeys((torch.relu, nn.functional.relu, nn.functional.relu6, "relu", "relu_"), _Role.ACTIVATION),
    **dict.fromkeys((nn.functional.silu, nn.functional.hardswish), _Role.ACTIVATION),
    **dict.fromkeys((nn.functional.adaptive_avg_pool2d, nn.functional.avg_pool2d, torch.mean, "mean"), _Role.SOURCE),
    nn.functional.max_pool2d: _Role.MAXIMUM,
}
_MODULES: Final[Mapping[tuple[type[nn.Module], ...], _Role]] = {
    (nn.Conv2d, nn.Linear): _Role.WEIGHTED,
    (nn.BatchNorm2d,): _Role.NORM,
    (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardswish, nn.SiLU, nn.GELU): _Role.ACTIVATION,
    (nn.AvgPool2d, nn.AdaptiveAvgPool2d): _Role.SOURCE,
    (nn.MaxPool2d, nn.AdaptiveMaxPool2d): _Role.MAXIMUM,
}


class RoundedWeights(nn.Module):
    """A convolution or fully connected layer that computes with rounded weights while it trains."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, maps: Tensor) -> Tensor:
        """As the layer's own."""
        if not self.training:
            return self.layer(maps)  # type: ignore[no-any-return]  # torch types no module's result
        weight, mask = self.layer.weight, getattr(self.layer, "mask", None)
        assert isinstance(weight, Tensor)
        if mask is not None:
            weight = straight_through(weight, mask if mask.dim() == weight.dim() else mask[:, None])
        return functional_call(self.layer, {"weight": rounded_weights(weight)}, (maps,))  # type: ignore[no-any-return]  # as above


class RoundedMap(nn.Module):
    """Rounds maps to 8 bits of a range while it trains.

    Attributes:
        low, high: buffers, the range; 0 is within.
        watches: widens the range to the maps that pass, and leaves these as they are.
    """

    low: Tensor
    high: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.watches = False

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape."""
        if self.watches:
            self.low, self.high = torch.minimum(self.low, maps.amin()), torch.maximum(self.high, maps.amax())
        elif self.training:
            scale, zero = self._scale()
            return torch.fake_quantize_per_tensor_affine(maps.float(), scale, zero, 0, _MAP_STEPS).to(maps.dtype)
        return maps

    def _scale(self) -> tuple[float, int]:
        """Of a map: real = (byte - zero point) x scale."""
        low, high = float(self.low), float(self.high)
        scale, zero = (high / _MAP_STEPS, 0) if low >= 0 else (max(high / 127, -low / 128), 128)
        return (scale if scale >= _LEAST_SCALE else 1.0), zero


def rounded_weights(weights: Tensor) -> Tensor:
    """`(filters, …)` on each filter's grid of 8 bits."""
    greatest = weights.detach().abs().flatten(1).amax(1)
    scales = torch.where(greatest > 0, greatest / _WEIGHT_STEPS, 1.0)
    zeros = torch.zeros(len(scales), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weights, scales, zeros, 0, -_WEIGHT_STEPS, _WEIGHT_STEPS)


def rounded(network: fx.GraphModule) -> fx.GraphModule:
    """The network with roundings in its graph; it shares parameters and statistics, and is exact in evaluation mode.

    Ranges are empty: see `take_ranges`.
    """
    graph = fx.Graph()
    graph.output(graph.graph_copy(network.graph, {}))
    found = fx.GraphModule(network, graph, "RoundedNetwork")
    plan = _Plan(found)
    weighted = {str(node.target) for node in found.graph.nodes if plan.role(node) is _Role.WEIGHTED}
    ranges = plan.ranges()
    for name in weighted:
        found.set_submodule(name, RoundedWeights(found.get_submodule(name)))
    for node, name in ranges.items():
        found.add_module(name, getattr(found, name, RoundedMap()))
        with found.graph.inserting_after(node):
            new = found.graph.call_module(name, (node,))
        node.replace_all_uses_with(new, _all_but(new))
    found.recompile()
    return found.train(network.training)


def _all_but(node: fx.Node) -> Callable[[fx.Node], bool]:
    return lambda reader: reader is not node


def take_ranges(network: fx.GraphModule, split: Split) -> None:
    """Set the ranges of a network from `rounded` to what its exact maps of these images span, as calibration will; its mode stays."""
    training = network.training
    maps = [each for each in network.modules() if isinstance(each, RoundedMap)]
    for each in maps:
        each.low, each.high, each.watches = torch.zeros(()), torch.zeros(()), True
    logits(network, split.pixels)
    for each in maps:
        each.watches = False
    network.train(training)


class _Plan:
    """Which nodes of a graph make maps that are written to memory, and which of these share a range."""

    def __init__(self, network: fx.GraphModule) -> None:
        self._network = network
        self._nodes = list(network.graph.nodes)

    def role(self, node: fx.Node) -> _Role | None:
        """None of what makes no map."""
        if node.op in ("output", "get_attr"):
            return None
        if node.op == "placeholder":
            return _Role.SOURCE
        if node.op != "call_module":
            return _FUNCTIONS.get(node.target, _Role.PASSES)
        module = self._network.get_submodule(str(node.target))
        return next((role for kinds, role in _MODULES.items() if isinstance(module, kinds)), _Role.PASSES)

    def ranges(self) -> dict[fx.Node, str]:
        """By node that makes a written map, the name of its range."""
        names = {node: f"range_{node.name}" for node in self._nodes if self._is_written(node)}
        for node in self._nodes:
            shared = {names[each] for each in self._written_behind(node)} if self.role(node) is _Role.PASSES else set()
            names = {each: min(shared) if name in shared else name for each, name in names.items()}
        return names

    def _written_behind(self, node: fx.Node) -> set[fx.Node]:
        """The written maps that a node hands on."""
        if self.role(node) in (_Role.PASSES, _Role.MAXIMUM):
            return set().union(*(self._written_behind(source) for source in node.all_input_nodes))
        return {node} if self._is_written(node) else set()

    def _is_written(self, node: fx.Node) -> bool:
        """No layer behind it takes it in."""
        role, reader = self.role(node), self._sole_reader(node)
        if role in (None, _Role.PASSES, _Role.MAXIMUM):
            return False
        if reader is None or node.op == "placeholder":
            return True
        if self.role(reader) is _Role.NORM:
            return role is not _Role.WEIGHTED
        if self.role(reader) is _Role.ADD:
            return node is not self._main(reader)
        return self.role(reader) is not _Role.ACTIVATION

    def _sole_reader(self, node: fx.Node) -> fx.Node | None:
        """The one that reads this node's map, or channels of it."""
        while len(node.users) == 1:
            [reader] = node.users
            if self.role(reader) is not _Role.PASSES or len(self._sources(reader)) > 1:
                return reader
            node = reader
        return None

    def _main(self, add: fx.Node) -> fx.Node | None:
        """Of the convolutions that are added, the one that adds the other side: that with the longest filters, computed last."""
        sides = [self._maker(side) for side in self._sources(add)]
        layers = [side for side in sides if self._makes_sums(side) and self._sole_reader(side) is add]
        return max(reversed(layers), key=self._filter_length, default=None)

    def _maker(self, node: fx.Node) -> fx.Node:
        while self.role(node) is _Role.PASSES and len(self._sources(node)) == 1:
            [node] = self._sources(node)
        return node

    def _makes_sums(self, node: fx.Node) -> bool:
        return self.role(node) in (_Role.WEIGHTED, _Role.NORM)

    def _filter_length(self, node: fx.Node) -> int:
        """Of a normalisation that no convolution takes in, 1."""
        [before] = self._sources(node)
        if self.role(node) is _Role.NORM and self.role(before) is _Role.WEIGHTED:
            return self._filter_length(before)
        weight = self._network.get_submodule(str(node.target)).weight
        assert isinstance(weight, Tensor)
        return math.prod(weight.shape[1:])

    def _sources(self, node: fx.Node) -> list[fx.Node]:
        return [each for each in node.all_input_nodes if each.op != "get_attr"]


@dataclass
class RoundedEnd:
    """A shaper that looks, late in the run, at what the integer network loses, and trains on with rounding where that is too much.

    Args:
        shaper: all the rest is up to it.
        loss: float accuracy less the integer network's, 0 to 1, of a network as it would leave now; asked once.
        calibration: images that ranges are taken from.
    """

    shaper: Shaper
    loss: Callable[[fx.GraphModule], float]
    calibration: Split
    dense_cost: float = field(default=0.0, init=False)
    rounds: bool = field(default=False, init=False)
    """The network trains, or was trained, for rounding."""
    _looked: bool = field(default=False, init=False)

    def begin(self, trainer: Trainer) -> None:
        """See `Shaper`."""
        self.shaper.begin(trainer)
        self.dense_cost = self.shaper.dense_cost

    def after_backward(self, trainer: Trainer) -> None:
        """See `Shaper`."""
        self.shaper.after_backward(trainer)

    def after_step(self, trainer: Trainer) -> None:
        """Look once; keep ranges true."""
        self.shaper.after_step(trainer)
        if not self._looked and BEGINS_SHARE <= trainer.share < 1:
            self._look(trainer)
        elif self.rounds and trainer.step % RANGES_EVERY == 0:
            assert isinstance(trainer.network, fx.GraphModule)
            take_ranges(trainer.network, self.calibration)

    def result(self) -> fx.GraphModule:
        """See `Shaper`."""
        return self.shaper.result()

    def structures(self) -> list[Structure]:
        """See `Shaper`."""
        return self.shaper.structures()

    def predicted(self) -> float:
        """See `Shaper`."""
        return self.shaper.predicted()

    def state(self) -> dict[str, Any]:
        """See `Shaper`; ranges are among the network's buffers."""
        return {**self.shaper.state(), "looked": self._looked, "rounds": self.rounds}

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`. Checkpoints from before there was a look do not mention it."""
        self.shaper.restore(trainer, state)
        self.dense_cost = self.shaper.dense_cost
        self._looked, self.rounds = state.get("looked", False), state.get("rounds", False)
        if self.rounds:
            self._round(trainer)

    def _look(self, trainer: Trainer) -> None:
        self._looked = True
        with torch.random.fork_rng(devices=[]):  # plain modules are made, and drawn, on the way
            self.rounds = self.loss(self.shaper.result()) > TOLERATED
        trainer.network.train()
        if self.rounds:
            take_ranges(self._round(trainer), self.calibration)

    def _round(self, trainer: Trainer) -> fx.GraphModule:
        assert isinstance(trainer.network, fx.GraphModule), "all shapers train a traced network"
        trainer.network = found = rounded(trainer.network)
        return found
