"""What methods of the literature look at when they choose channels, and what they do to a network before its cut."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlservice.pruning.channels import Channels
from mlservice.pruning.liveness import Mask
from mlservice.pruning.spaces import FIXED, Ids
from mlservice.pruning.trace import Kind, Unit
from mlservice.training.methods.method import Task
from mlservice.training.trainer import Trainer, learning_rate

Scores = NDArray[np.float64]


class Criterion(Protocol):
    """Orders channels, and prepares the network for losing them."""

    def after_backward(self, channels: Channels) -> None:
        """May add to the gradients."""

    def after_step(self, channels: Channels, trainer: Trainer, done: float) -> None:
        """May change weights; `done` is the share of the way to the cut, 0 to 1."""

    def order(self, channels: Channels) -> Ids:
        """Every gate, the first to close first."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must keep; see `Shaper`."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`."""


class _Stateless:
    """Nothing of it changes during a run."""

    def state(self) -> dict[str, Any]:
        """See `Criterion`."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Criterion`."""


class UniformL1(_Stateless):
    """The same share of every group, by the L1 norm of filters (Li et al., "Pruning Filters for Efficient ConvNets", 2017)."""

    def after_backward(self, channels: Channels) -> None:
        """Trains as usual."""

    def after_step(self, channels: Channels, trainer: Trainer, done: float) -> None:
        """Trains as usual."""

    def order(self, channels: Channels) -> Ids:
        """By rank within the group."""
        norms = by_gate(channels, lambda unit: filters_of(channels, unit).abs().flatten(1).sum(1))
        ranks = np.zeros(len(norms))
        for group in channels.groups:
            ranks[group[np.argsort(norms[group], kind="stable")]] = np.arange(1, len(group) + 1) / len(group)
        return np.argsort(ranks, kind="stable")


@dataclass
class Slimming(_Stateless):
    """Gammas of normalisations under an L1 penalty, compared over the whole network (Liu et al., "Network Slimming", 2017).

    Channels without a normalisation count by the L2 norm of their filters, which is what a normalisation would divide by.

    Attributes:
        penalty: of the sum of all |gamma|, in nats.
    """

    penalty: float = 1e-4

    def after_backward(self, channels: Channels) -> None:
        """Add the penalty's gradient."""
        for unit in _norms(channels):
            gamma = _parameter(channels, unit, "weight")
            if gamma.grad is not None:
                gamma.grad.add_(gamma.detach().sign(), alpha=self.penalty)

    def after_step(self, channels: Channels, trainer: Trainer, done: float) -> None:
        """The penalty is in the gradients."""

    def order(self, channels: Channels) -> Ids:
        """By |gamma|."""
        return np.argsort(gammas(channels), kind="stable")


@dataclass
class SelectiveDecay:
    """Weight decay that grows on what would be cut now, so that the cut takes nothing away.

    Source: Tessier et al., "Rethinking Weight Decay for Efficient Neural Network Pruning", 2022. What would be cut follows from gammas, as
    in network slimming. The decay is applied as an implicit step, `w / (1 + rate x strength x decay)`, which is stable however strong it is.

    Attributes:
        task: whose budget says how much would be cut.
        weakest: times the usual weight decay, at the start.
        strongest: the same at the cut; grows exponentially in between.
        every: steps between choices of what would be cut.
    """

    task: Task
    weakest: float = 0.1
    strongest: float = 1e4
    every: int = 20
    kept: Mask | None = field(default=None, init=False)

    def after_backward(self, channels: Channels) -> None:
        """The decay follows the step."""

    def after_step(self, channels: Channels, trainer: Trainer, done: float) -> None:
        """Shrink what would be cut."""
        if self.kept is None or trainer.step % self.every == 0:
            self.kept = channels.in_order(self.order(channels), self.task.budget)
        strength = self.weakest * (self.strongest / self.weakest) ** min(1.0, done)
        rate = learning_rate(trainer.options, (trainer.step - 1) / trainer.steps)
        factor = 1 / (1 + rate * strength * trainer.options.weight_decay)
        with torch.no_grad():
            for name, ids in channels.spaces.sites.items():
                off = torch.from_numpy(np.flatnonzero((ids != FIXED) & ~self.kept[ids]))
                for parameter in _all_of(channels, channels.traced.units[name]):
                    parameter[off] *= factor

    def order(self, channels: Channels) -> Ids:
        """By |gamma|."""
        return np.argsort(gammas(channels), kind="stable")

    def state(self) -> dict[str, Any]:
        """See `Criterion`: what would be cut."""
        return {"kept": None if self.kept is None else torch.from_numpy(self.kept)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Criterion`."""
        self.kept = None if state["kept"] is None else state["kept"].numpy()


def by_gate(channels: Channels, of_site: Callable[[Unit], Tensor], kinds: Collection[Kind] = tuple(Kind)) -> Scores:
    """The mean over a gate's sites of these kinds of what each site's channels have, `(gates,)`; not a number where it has none."""
    total, count = np.zeros(channels.spaces.count), np.zeros(channels.spaces.count)
    for name, ids in channels.spaces.sites.items():
        unit = channels.traced.units[name]
        if unit.kind in kinds:
            values = of_site(unit).detach().double().numpy()
            np.add.at(total, ids[ids != FIXED], values[ids != FIXED])
            np.add.at(count, ids[ids != FIXED], 1)
    means: Scores = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return means


def gammas(channels: Channels) -> Scores:
    """|gamma| of each gate; the L2 norm of filters where none of its sites is a normalisation."""
    found = by_gate(channels, lambda unit: _parameter(channels, unit, "weight").abs(), (Kind.NORM,))
    norms = by_gate(channels, lambda unit: filters_of(channels, unit).flatten(1).norm(dim=1))
    return np.where(np.isnan(found), norms, found)


def saliency(channels: Channels, unit: Unit) -> Tensor:
    """What switching a site's channels off would do to the loss, to first order, `(channels,)`.

    Weight x gradient, summed over gamma and beta, or over filter and bias (Molchanov et al., "Importance Estimation for Neural Network
    Pruning", 2019).
    """
    module = channels.traced.torch_module(unit)
    parameters = [each for each in (module.weight, module.bias) if isinstance(each, Tensor) and each.grad is not None]
    total = torch.zeros(unit.channels)
    for parameter in parameters:
        assert parameter.grad is not None
        total += (parameter.detach() * parameter.grad).reshape(len(parameter), -1).sum(1)
    return total


def filters_of(channels: Channels, unit: Unit) -> Tensor:
    """The weights that make a site's channels, `(channels, ...)`: of the convolution before a normalisation, else its own."""
    source = channels.traced.units[unit.sources[0]]
    maker = source if unit.kind is Kind.NORM and source.kind in (Kind.CONV, Kind.LINEAR) else unit
    weight = _parameter(channels, maker, "weight")
    return weight if weight.dim() > 1 else weight[:, None]


def _all_of(channels: Channels, unit: Unit) -> list[Tensor]:
    """All parameters that make a site's channels."""
    source = channels.traced.units[unit.sources[0]]
    makers = [unit, source] if unit.kind is Kind.NORM and source.kind in (Kind.CONV, Kind.LINEAR) else [unit]
    found = [getattr(channels.traced.torch_module(maker), name) for maker in makers for name in ("weight", "bias")]
    return [each for each in found if each is not None]


def _norms(channels: Channels) -> list[Unit]:
    units = [channels.traced.units[name] for name in channels.spaces.sites]
    return [unit for unit in units if unit.kind is Kind.NORM]


def _parameter(channels: Channels, unit: Unit, name: str) -> nn.Parameter:
    found = getattr(channels.traced.torch_module(unit), name)
    assert isinstance(found, nn.Parameter)
    return found
