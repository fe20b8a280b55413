"""A network in training whose channels and weight vectors can be switched, and what switching each would do to the loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlservice.pruning.apply import Cut
from mlservice.pruning.gathers import quicken
from mlservice.pruning.grouping import Order, alike
from mlservice.pruning.liveness import Choice, Mask, find_alive, find_live
from mlservice.pruning.masked import MaskedConv2d, MaskedLinear, MaskedNorm2d
from mlservice.pruning.spaces import FIXED, Spaces
from mlservice.pruning.trace import Kind, Traced, Unit

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """Estimated rise of the loss if a part were switched off, in squared nats: relative among the parts of one network.

    Attributes:
        gates: `(gates,)`.
        vectors: by convolution, `(filter groups, source channels, height, width)`.
    """

    gates: Scores
    vectors: Mapping[str, Scores]


class GatedNetwork:
    """Puts masks into a traced network in place, sets them, and gathers importance while it trains.

    Importance is the running mean of (sum of weight x gradient)^2 over the weights of a part: the empirical Fisher information of its switch
    (Theis et al. 2018; Molchanov et al. 2019).

    Args:
        traced: the network; its convolutions and normalisations are replaced by masked ones with the same parameters.
        spaces: its gates.
        rows: filters of a group, whose weight vectors go together; None: no weight vectors are switched.
        memory: share of the running mean that stays at each step.
    """

    def __init__(self, traced: Traced, spaces: Spaces, rows: int | None, memory: float = 0.98) -> None:
        self.traced = traced
        self.spaces = spaces
        self.rows = rows
        self._memory = memory
        self._steps = 0
        self._sites = [traced.units[name] for name in spaces.sites]
        self._convs = [
            unit for unit in traced.of_kind(Kind.CONV) if rows is not None and _has_several_vectors(traced, unit)
        ]
        for unit in traced.of_kind(Kind.CONV, Kind.NORM, Kind.LINEAR):
            _put_mask(traced, unit)
        quicken(traced)
        self._gates = np.zeros(spaces.count)
        self._filters = {unit.name: np.zeros(_weight(traced, unit).shape) for unit in self._convs}
        self._vectors = {unit.name: np.zeros(self.grouped(unit)) for unit in self._convs}
        self._order: dict[str, Order] = {unit.name: np.arange(unit.channels) for unit in self._convs}
        self.choice = Choice(np.ones(spaces.count, bool), {})

    @property
    def convolutions(self) -> tuple[Unit, ...]:
        """Those whose weight vectors can be switched."""
        return tuple(self._convs)

    def grouped(self, unit: Unit) -> tuple[int, int, int, int]:
        """Shape of a convolution's weight vectors: filter groups, source channels, height, width."""
        filters, *rest = _weight(self.traced, unit).shape
        assert self.rows is not None
        return (-(-filters // self.rows), *rest)  # type: ignore[return-value]  # a convolution's weight has four dimensions

    def whole(self, unit: Unit, by_group: Mask) -> Mask:
        """A mask over groups as one over filters."""
        assert self.rows is not None
        mask = np.empty((unit.channels, *by_group.shape[1:]), bool)
        mask[self._order[unit.name]] = np.repeat(by_group, self.rows, axis=0)[: unit.channels]
        return mask

    def by_group(self, unit: Unit, mask: Mask) -> Mask:
        """A mask over filters, whose groups have equal ones, as one over groups."""
        return mask[self._order[unit.name][:: self.rows]]

    def inherit(self, large: "GatedNetwork", cuts: Mapping[str, Cut]) -> None:
        """Take over what was observed of the network that this one was cut from."""
        origin = {f"{unit.module}.weight": unit.name for unit in large.convolutions}
        self._steps = large._steps
        for unit in self._convs:
            cut = cuts[f"{unit.module}.weight"]
            if cut.name in origin:
                self._filters[unit.name] = large._filters[origin[cut.name]][np.ix_(*cut.indices)]
        self.regroup()

    def regroup(self) -> None:
        """Put filters that need the same weight vectors into one group, by what was observed so far.

        The importance of a new group's vectors starts as the sum of its filters' own, as if their gradients were independent.
        """
        assert self.rows is not None
        for unit in self._convs:
            single = self._filters[unit.name]
            order = alike(single.reshape(len(single), -1), self.rows)
            self._order[unit.name] = order
            self._vectors[unit.name] = self._sum_of_groups(unit, single)

    def set(self, choice: Choice) -> None:
        """Switch on what is chosen and off what is not."""
        self.choice = choice
        alive = find_alive(self.traced, self.spaces, choice)
        live = find_live(self.traced, self.spaces, choice)
        with torch.no_grad():
            for unit in self.traced.of_kind(Kind.CONV, Kind.NORM, Kind.LINEAR):
                module = self.traced.torch_module(unit)
                on = torch.from_numpy(alive[unit.name].astype(np.float32))
                if isinstance(module, MaskedNorm2d | MaskedLinear):
                    module.mask.copy_(on)
                elif isinstance(module, MaskedConv2d):
                    kept = choice.vectors.get(unit.name, np.ones(1, bool))
                    kept = np.broadcast_to(kept & live.reads[unit.name][None, :, None, None], module.mask.shape)
                    module.mask.copy_(torch.from_numpy(kept.astype(np.float32)) * on.view(-1, 1, 1, 1))
                    module.bias_mask.copy_(on)

    def observe(self) -> None:
        """Take the gradients of one step into the running means; call it between `backward` and the optimiser's step."""
        self._steps += 1
        gates = np.zeros(self.spaces.count)
        for unit in self._sites:
            switched = self.spaces.sites[unit.name]
            real = switched != FIXED
            np.add.at(gates, switched[real], _by_channel(self.traced, unit)[real])
        self._gates = self._mix(self._gates, gates)
        for unit in self._convs:
            product = _product(_weight(self.traced, unit)).double().numpy()
            self._filters[unit.name] = self._mix(self._filters[unit.name], product)
            self._vectors[unit.name] = self._mix(self._vectors[unit.name], self._sum_of_groups(unit, product))

    def hold(self) -> None:
        """Keep the weights of what is off as they are: no gradient moves them while nothing shows what they do."""
        for unit in self.traced.of_kind(Kind.CONV, Kind.NORM, Kind.LINEAR):
            module = self.traced.torch_module(unit)
            if isinstance(module, MaskedConv2d | MaskedNorm2d | MaskedLinear):
                _mask_gradients(module)

    def importance(self) -> Importance:
        """The running means, corrected for their start at zero."""
        share = 1 - self._memory**self._steps if self._steps else 1.0
        return Importance(self._gates / share, {name: scores / share for name, scores in self._vectors.items()})

    def state(self) -> dict[str, Any]:
        """For a checkpoint: the choice, the groups, and what was observed."""
        return {
            "steps": self._steps,
            "gates": torch.from_numpy(self._gates),
            "filters": _tensors(self._filters),
            "vectors": _tensors(self._vectors),
            "order": _tensors(self._order),
            "choice": choice_state(self.choice),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`, on a network of the same shape."""
        self._steps, self._gates = state["steps"], state["gates"].numpy()
        self._filters, self._vectors = _arrays(state["filters"]), _arrays(state["vectors"])
        self._order = _arrays(state["order"])
        self.set(choice_from(state["choice"]))

    def _mix(self, before: Scores, now: Scores) -> Scores:
        return self._memory * before + (1 - self._memory) * now**2

    def _sum_of_groups(self, unit: Unit, by_filter: Scores) -> Scores:
        """`(filters, …)` to `(filter groups, …)`."""
        assert self.rows is not None
        return np.add.reduceat(by_filter[self._order[unit.name]], np.arange(0, unit.channels, self.rows), axis=0)


def choice_state(choice: Choice) -> dict[str, Any]:
    """As a checkpoint keeps it."""
    return {"gates": torch.from_numpy(choice.gates), "vectors": _tensors(choice.vectors)}


def choice_from(state: Mapping[str, Any]) -> Choice:
    """The inverse of `choice_state`."""
    return Choice(state["gates"].numpy(), _arrays(state["vectors"]))


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _put_mask(traced: Traced, unit: Unit) -> None:
    module = traced.torch_module(unit)
    parent, _, name = str(unit.module).rpartition(".")
    masked: nn.Module
    if isinstance(module, MaskedConv2d | MaskedLinear | MaskedNorm2d):
        return
    if isinstance(module, nn.BatchNorm2d):
        masked = MaskedNorm2d.of(module)
    elif isinstance(module, nn.Linear):
        masked = MaskedLinear.of(module)
    else:
        assert isinstance(module, nn.Conv2d)
        masked = MaskedConv2d.of(module)
    setattr(traced.module.get_submodule(parent), name, masked)


def _mask_gradients(module: MaskedConv2d | MaskedNorm2d | MaskedLinear) -> None:
    weight, bias = module.weight, getattr(module, "bias", None)
    if weight.grad is not None:
        weight.grad.mul_(module.mask[:, None] if isinstance(module, MaskedLinear) else module.mask)
    if bias is not None and bias.grad is not None:
        bias.grad.mul_(module.bias_mask if isinstance(module, MaskedConv2d) else module.mask)


def _has_several_vectors(traced: Traced, unit: Unit) -> bool:
    """Worth pruning by vectors: more than one vector in a list."""
    weight = _weight(traced, unit)
    return weight[0].numel() > 1


def _weight(traced: Traced, unit: Unit) -> Tensor:
    weight = traced.torch_module(unit).weight
    assert isinstance(weight, Tensor)
    return weight


def _product(parameter: Tensor) -> Tensor:
    """Weight x gradient."""
    if parameter.grad is None:
        return torch.zeros_like(parameter.detach())
    return parameter.detach() * parameter.grad


def _by_channel(traced: Traced, unit: Unit) -> Scores:
    """Derivative of the loss with respect to the switch of each channel of a site."""
    module = traced.torch_module(unit)
    weight = _weight(traced, unit)
    found = _product(weight).flatten(1).sum(1) if weight.dim() > 1 else _product(weight)
    bias = getattr(module, "bias", None)
    if bias is not None:
        found = found + _product(bias)
    return found.double().numpy()
