"""A network in training whose channels and weight vectors can be switched, and how much each weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlservice.pruning.gathers import quicken
from mlservice.pruning.grouping import Order, alike
from mlservice.pruning.liveness import Choice, Mask, find_alive, find_live
from mlservice.pruning.masked import MaskedConv2d, MaskedLinear, MaskedNorm2d
from mlservice.pruning.spaces import FIXED, Spaces
from mlservice.pruning.trace import Kind, Traced, Unit

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """How much each part weighs: relative among the parts of one layer.

    Attributes:
        gates: `(gates,)`.
        vectors: by convolution, `(filter groups, source channels, height, width)`.
    """

    gates: Scores
    vectors: Mapping[str, Scores]


class GatedNetwork:
    """Puts masks into a traced network in place, sets them, and weighs what they switch.

    A channel weighs what its filter does: the sum of its squared weights (Li et al. 2017, with squares). A weight vector weighs its share of each filter of its
    group: squared weights over those of the whole filter, since the normalisation behind a filter undoes its scale.

    Args:
        traced: the network; its convolutions and normalisations are replaced by masked ones with the same parameters.
        spaces: its gates.
        rows: filters of a group, whose weight vectors go together; None: no weight vectors are switched.
    """

    def __init__(self, traced: Traced, spaces: Spaces, rows: int | None) -> None:
        self.traced = traced
        self.spaces = spaces
        self.rows = rows
        self._convs = [
            unit for unit in traced.of_kind(Kind.CONV) if rows is not None and _has_several_vectors(traced, unit)
        ]
        for unit in traced.of_kind(Kind.CONV, Kind.NORM, Kind.LINEAR):
            _put_mask(traced, unit)
        quicken(traced)
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

    def regroup(self) -> None:
        """Put filters that need the same weight vectors into one group, by what they weigh now."""
        assert self.rows is not None
        for unit in self._convs:
            shares = _shares(_weight(self.traced, unit))
            self._order[unit.name] = alike(shares.reshape(len(shares), -1), self.rows)

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

    def hold(self) -> None:
        """Keep the weights of what is off as they are: no gradient moves them while nothing shows what they do."""
        for unit in self.traced.of_kind(Kind.CONV, Kind.NORM, Kind.LINEAR):
            module = self.traced.torch_module(unit)
            if isinstance(module, MaskedConv2d | MaskedNorm2d | MaskedLinear):
                _mask_gradients(module)

    def importance(self) -> Importance:
        """What everything weighs now, what is off with the weights that it was left with."""
        gates = np.zeros(self.spaces.count)
        for site, switched in self.spaces.sites.items():
            real = switched != FIXED
            np.add.at(gates, switched[real], _by_channel(self.traced, self.traced.units[site])[real])
        return Importance(gates, {unit.name: self._by_vector(unit) for unit in self._convs})

    def state(self) -> dict[str, Any]:
        """For a checkpoint: the choice and the groups."""
        return {"order": _tensors(self._order), "choice": choice_state(self.choice)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`, on a network of the same shape."""
        self._order = _arrays(state["order"])
        self.set(choice_from(state["choice"]))

    def _by_vector(self, unit: Unit) -> Scores:
        """`(filter groups, source channels, height, width)`."""
        assert self.rows is not None
        shares = _shares(_weight(self.traced, unit))
        return np.add.reduceat(shares[self._order[unit.name]], np.arange(0, unit.channels, self.rows), axis=0)


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


def _squares(weight: Tensor) -> Scores:
    return weight.detach().double().numpy() ** 2


def _shares(weight: Tensor) -> Scores:
    """Squared weights as shares of their filter's."""
    squares = _squares(weight)
    whole = squares.reshape(len(squares), -1).sum(axis=1)
    return squares / np.maximum(whole, 1e-300).reshape(-1, *(1,) * (squares.ndim - 1))  # type: ignore[no-any-return]  # a power is anything to mypy


def _by_channel(traced: Traced, unit: Unit) -> Scores:
    """Sums of the squared weights of the filters behind which a site's gates stand."""
    filters = traced.units[unit.sources[0]] if unit.kind is Kind.NORM else unit
    if filters.kind not in (Kind.CONV, Kind.LINEAR):
        return _squares(_weight(traced, unit))  # a normalisation that no filter feeds
    squares = _squares(_weight(traced, filters))
    return squares.reshape(len(squares), -1).sum(axis=1)  # type: ignore[no-any-return]  # see above
