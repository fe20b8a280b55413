"""A torch network as pruning sees it: units in order, what each reads, and how many channels it gives."""

import operator
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from contracts.errors import NetworkError
from mlservice.pruning.masked import MaskedConv2d, MaskedLinear, MaskedNorm2d


class Kind(StrEnum):
    """What a unit does to the channels it reads."""

    INPUT = "input"
    CONV = "conv"
    DEPTHWISE = "depthwise"
    LINEAR = "linear"
    NORM = "norm"
    POINTWISE = "pointwise"
    POOL = "pool"
    ADD = "add"
    CONCAT = "concat"
    SELECT = "select"
    PAD = "pad"
    FLATTEN = "flatten"
    OUTPUT = "output"


@dataclass(frozen=True)
class Unit:
    """One operation.

    Attributes:
        name: of its node in the traced graph.
        kind: what it does to channels.
        sources: names of the units it reads.
        channels: that it gives; features where the map has been flattened.
        height: of the map that it gives; 1 behind a flatten.
        width: of the same map.
        module: the torch module's qualified name, where it is one.
        selected: of a SELECT, the channels of its source that it gives, in this order. A PAD gives its source's and one of zeros.
    """

    name: str
    kind: Kind
    sources: tuple[str, ...]
    channels: int
    height: int
    width: int
    module: str | None = None
    selected: tuple[int, ...] = ()


@dataclass(frozen=True)
class Traced:
    """A traced network.

    Attributes:
        module: runs as the network does; its submodules are the network's own.
        units: by name, each behind the units it reads.
        readers: by name, the units that read it.
    """

    module: fx.GraphModule
    units: Mapping[str, Unit]
    readers: Mapping[str, tuple[str, ...]]

    def torch_module(self, unit: Unit) -> nn.Module:
        """The torch module of a unit that is one."""
        if unit.module is None:
            raise NetworkError(f"{unit.name} is a function, not a module")
        return self.module.get_submodule(unit.module)

    def of_kind(self, *kinds: Kind) -> tuple[Unit, ...]:
        """The units of these kinds, in order."""
        return tuple(unit for unit in self.units.values() if unit.kind in kinds)


_NORMS: Final = (nn.BatchNorm2d,)
_ZERO_KEEPING: Final = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardswish, nn.SiLU, nn.GELU),
    *(nn.Identity, nn.Dropout, nn.Dropout2d),
)
"""Pointwise modules that map 0 to 0, so that a channel which is zero stays zero."""
_POOLS: Final = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)

_FUNCTIONS: Final[Mapping[Callable[..., Any] | str, Kind]] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add", "add_"), Kind.ADD),
    **dict.fromkeys((torch.cat, torch.concat), Kind.CONCAT),
    **dict.fromkeys((torch.relu, nn.functional.relu, nn.functional.relu6, "relu", "relu_"), Kind.POINTWISE),
    **dict.fromkeys((nn.functional.dropout, nn.functional.silu, nn.functional.hardswish, "contiguous"), Kind.POINTWISE),
    **dict.fromkeys((nn.functional.max_pool2d, nn.functional.avg_pool2d), Kind.POOL),
    **dict.fromkeys((nn.functional.adaptive_avg_pool2d, torch.mean, "mean"), Kind.POOL),
    **dict.fromkeys((torch.flatten, "flatten"), Kind.FLATTEN),
    torch.index_select: Kind.SELECT,
    nn.functional.pad: Kind.PAD,
}
T = TypeVar("T", bound=np.generic)
ONE_MORE_CHANNEL: Final = (0, 0, 0, 0, 0, 1)
"""The only padding that is understood: a channel of zeros behind the others."""


class _Tracer(fx.Tracer):
    """Sees masked modules as one operation.

    Attributes:
        inside: qualified names of the modules whose forward is being read, outermost first; as they were where reading failed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.inside.append(self.path_of_module(m))
        found = super().call_module(m, forward, args, kwargs)
        self.inside.pop()
        return found

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, MaskedConv2d | MaskedLinear | MaskedNorm2d) or super().is_leaf_module(
            m, module_qualified_name
        )


def trace(network: nn.Module, image_shape: tuple[int, int, int]) -> Traced:
    """Read a network's graph of channels.

    Args:
        network: any module whose control flow does not depend on its input.
        image_shape: channels, height and width of one image.

    Raises:
        NetworkError: the network cannot be traced, does not take such an image, or has an operation whose channels are not
            understood; the message names it.
    """
    tracer = _Tracer()
    try:
        module = fx.GraphModule(network, tracer.trace(network), type(network).__name__)
    except Exception as error:
        where = f" in its module {tracer.inside[-1]}" if tracer.inside else ""
        raise NetworkError(
            f"{type(network).__name__} cannot be traced{where}, at {_operation(error)}: {error}. Write its forward without"
            " branches or loops that depend on values of tensors"
        ) from error
    training = network.training
    module.eval()
    try:
        with torch.no_grad():
            ShapeProp(module).propagate(torch.zeros(1, *image_shape))
    except Exception as error:
        raise NetworkError(f"{type(network).__name__} does not take images of {image_shape}: {error}") from error
    finally:
        module.train(training)
    units = {node.name: _unit(module, node) for node in module.graph.nodes if node.op != "get_attr"}
    readers = {name: tuple(u.name for u in units.values() if name in u.sources) for name in units}
    return Traced(module, units, readers)


def _unit(module: fx.GraphModule, node: fx.Node) -> Unit:
    shape = (1, 1) if node.op == "output" else tuple(node.meta["tensor_meta"].shape)
    channels, height, width = (*shape[1:], 1, 1)[:3]
    sources = tuple(source.name for source in node.all_input_nodes if source.op != "get_attr")
    target = str(node.target) if node.op == "call_module" else None
    kind = _kind(module, node)
    selected = _selected(module, node) if kind is Kind.SELECT else ()
    unit = Unit(node.name, kind, sources, int(channels), int(height), int(width), target, selected)
    _check(node, unit)
    return unit


def _kind(module: fx.GraphModule, node: fx.Node) -> Kind:
    if node.op == "placeholder":
        return Kind.INPUT
    if node.op == "output":
        return Kind.OUTPUT
    if node.op == "call_module":
        return _module_kind(node, module.get_submodule(str(node.target)))
    kind = _FUNCTIONS.get(node.target)
    if kind is None:
        raise NetworkError(
            f"{node.name} calls {_name(node.target)}, which pruning does not understand; it knows {_known()}"
        )
    return kind


def _module_kind(node: fx.Node, module: nn.Module) -> Kind:
    if isinstance(module, nn.Conv2d):
        if module.groups == 1:
            return Kind.CONV
        if module.groups == module.in_channels == module.out_channels:
            return Kind.DEPTHWISE
        raise NetworkError(f"{node.target} has {module.groups} groups: only 1 or one for each channel can be pruned")
    for classes, kind in (
        (nn.Linear, Kind.LINEAR),
        (_NORMS, Kind.NORM),
        (_ZERO_KEEPING, Kind.POINTWISE),
        (_POOLS, Kind.POOL),
        (nn.Flatten, Kind.FLATTEN),
    ):
        if isinstance(module, classes):
            return kind
    raise NetworkError(
        f"{node.target} is a {type(module).__name__}, which pruning does not understand; it knows {_known()}"
    )


def _selected(module: fx.GraphModule, node: fx.Node) -> tuple[int, ...]:
    """Channels that an `index_select` with constant indices takes."""
    _, dimension, indices = node.args
    if dimension != 1 or not isinstance(indices, fx.Node) or indices.op != "get_attr":
        raise NetworkError(f"{node.name} selects along dimension {dimension}: only channels (1), by constant indices")
    return tuple(operator.attrgetter(str(indices.target))(module).tolist())


def _check(node: fx.Node, unit: Unit) -> None:
    tensors = [each.meta["tensor_meta"].shape for each in node.all_input_nodes if "tensor_meta" in each.meta]
    if unit.kind is Kind.ADD and (len(tensors) != 2 or tensors[0] != tensors[1]):
        raise NetworkError(f"{node.name} adds {[tuple(t) for t in tensors]}: only two maps of one shape can be added")
    dimension = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    if unit.kind is Kind.CONCAT and dimension not in (1, -3):
        raise NetworkError(f"{node.name} joins along dimension {dimension}: only channels (1) can be joined")
    if unit.kind is Kind.PAD and tuple(node.args[1]) != ONE_MORE_CHANNEL:  # type: ignore[arg-type]  # pad's second argument
        raise NetworkError(f"{node.name} pads by {node.args[1]}: only one channel of zeros can be added")
    if unit.kind is Kind.POOL and tensors[0][1] != unit.channels:
        raise NetworkError(f"{node.name} averages over channels: only height and width can be pooled")


def _operation(error: Exception) -> str:
    """The last line of a forward that was read before torch gave up."""
    frames = traceback.extract_tb(error.__traceback__)
    torchs_own = str(Path(torch.__file__).parent)
    line = next((f for f in reversed(frames) if not f.filename.startswith((torchs_own, __file__, "<"))), frames[-1])
    return f"`{line.line}` ({Path(line.filename).name}:{line.lineno})"


def _name(target: object) -> str:
    return str(getattr(target, "__name__", target))


def _known() -> str:
    names = sorted({_name(target) for target in _FUNCTIONS})
    modules = ("Conv2d", "Linear", "BatchNorm2d", *(each.__name__ for each in (*_ZERO_KEEPING, *_POOLS)), "Flatten")
    return ", ".join((*modules, *names))


def passed_on(unit: Unit, before: Sequence[NDArray[T]], zero: bool | int) -> NDArray[T]:
    """What a unit that only hands channels on makes of an array with one element for each of its sources' channels.

    Args:
        zero: the element of the channel of zeros that a PAD adds.
    """
    if unit.kind is Kind.CONCAT:
        return np.concatenate(before)
    if unit.kind is Kind.FLATTEN:
        return np.repeat(before[0], unit.channels // len(before[0]))
    if unit.kind is Kind.SELECT:
        return before[0][list(unit.selected)]
    if unit.kind is Kind.PAD:
        return np.concatenate([before[0], np.full(1, zero, before[0].dtype)])
    return before[0]
