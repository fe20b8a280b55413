"""The training loop: one step after the other, stopped and resumed anywhere with the same result, and open to a controller."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contracts.errors import CancelledError, InputError
from mlservice.datasets import Split
from mlservice.training.evaluate import to_tensor
from mlservice.training.options import Precision, Progress, TrainingOptions

Report = Callable[[Progress], None]


class DivergenceError(InputError):
    """The loss left the numbers; weights are those before the step that found out."""


class Controller(Protocol):
    """Shapes a network while it trains."""

    def after_backward(self, trainer: "Trainer", /) -> None:
        """Gradients of `trainer.step` are there; the optimiser has not used them yet."""
        ...

    def after_step(self, trainer: "Trainer", /) -> None:
        """The optimiser's step is done, and `trainer.step` counts it."""
        ...


@dataclass
class Trainer:
    """Trains a network in place.

    Attributes:
        network: being trained; may be replaced by a smaller one (`replace`).
        split: of images to train on.
        options: how.
        step: steps done.
        loss: of the last step, in nats.

    Raises:
        InputError: the split has fewer images than a batch.
    """

    network: nn.Module
    split: Split
    options: TrainingOptions
    step: int = 0
    loss: float = math.nan
    optimizer: torch.optim.SGD = field(init=False)

    def __post_init__(self) -> None:
        if self.steps_of_epoch == 0:
            raise InputError(f"{len(self.split)} training images are fewer than a batch of {self.options.batch_images}")
        self.network.to(memory_format=torch.channels_last)
        self.optimizer = self._new_optimizer()
        self._bfloat16 = computes_in_bfloat16(self.options.precision)

    @property
    def steps_of_epoch(self) -> int:
        """Batches of one pass; images that do not fill the last one are left out of that pass."""
        return len(self.split) // self.options.batch_images

    @property
    def steps(self) -> int:
        """Of the whole run."""
        return self.steps_of_epoch * self.options.epochs

    @property
    def share(self) -> float:
        """How much of the run is done, 0 to 1."""
        return self.step / self.steps

    def run(
        self,
        controller: Controller | None = None,
        report: Report | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train from `step` to the end.

        Raises:
            DivergenceError: the loss left the numbers.
            CancelledError: `cancelled` said so; what was trained so far is there.
        """
        self.network.train()
        while self.step < self.steps:
            for images, labels in self._rest_of_epoch():
                if cancelled():
                    raise CancelledError(f"training was cancelled at step {self.step} of {self.steps}")
                self._one(images, labels, controller)
                if report is not None:
                    report(Progress((self.step - 1) // self.steps_of_epoch, self.step, self.steps, self.loss))

    def replace(self, network: nn.Module, origin: Mapping[str, "Origin"]) -> None:
        """Go on with another network, whose parameters inherit the momentum of those they came from."""
        before = dict(self.network.named_parameters())
        old = self.optimizer
        self.network = network.to(memory_format=torch.channels_last).train()
        self.optimizer = self._new_optimizer()
        for name, parameter in self.network.named_parameters():
            momentum = old.state.get(before[origin[name].name], {}).get("momentum_buffer")
            if momentum is not None:
                self.optimizer.state[parameter]["momentum_buffer"] = origin[name].of(momentum).clone()

    def state(self) -> dict[str, Any]:
        """For a checkpoint: weights, statistics, momentum, place, and torch's generator (of dropout)."""
        return {
            "step": self.step,
            "loss": self.loss,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint of a network of the same shape."""
        self.step, self.loss = state["step"], state["loss"]
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])

    def is_finite(self) -> bool:
        """All weights and statistics are numbers."""
        return all(bool(each.isfinite().all()) for each in self.network.state_dict().values())

    def _one(self, images: Tensor, labels: Tensor, controller: Controller | None) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.options, self.share)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            logits = self.network(images)
        loss = nn.functional.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves this one untyped
        self.loss = loss.item()
        if not math.isfinite(self.loss):
            raise DivergenceError(
                f"the loss is {self.loss} at step {self.step} of {self.steps}: try a peak learning rate below"
                f" {self.options.peak_learning_rate}"
            )
        if controller is not None:
            controller.after_backward(self)
        self.optimizer.step()
        self.step += 1
        if controller is not None:
            controller.after_step(self)

    def _new_optimizer(self) -> torch.optim.SGD:
        options = self.options
        return torch.optim.SGD(
            self.network.parameters(),
            lr=options.peak_learning_rate,
            momentum=options.momentum,
            weight_decay=options.weight_decay,
            nesterov=True,
        )

    def _rest_of_epoch(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of this epoch that are not done: order and flips follow from seed and epoch alone."""
        epoch, done = divmod(self.step, self.steps_of_epoch)
        size = self.options.batch_images
        random = np.random.default_rng([self.options.seed, epoch])
        order = random.permutation(len(self.split))
        flips = random.random(len(self.split)) < 0.5
        reach = self.options.crop_pixels
        moves = random.integers(0, 2 * reach + 1, (len(self.split), 2)) if reach else None
        for index in range(done, self.steps_of_epoch):
            chosen = order[index * size : (index + 1) * size]
            pixels = self.split.pixels[chosen]
            if self.options.flips:
                mirrored = flips[index * size : (index + 1) * size]
                pixels[mirrored] = pixels[mirrored, :, :, ::-1]
            if moves is not None:
                pixels = _moved(pixels, reach, moves[index * size : (index + 1) * size])
            yield to_tensor(pixels), torch.from_numpy(self.split.labels[chosen])


class Origin(Protocol):
    """Where a parameter of a smaller network came from."""

    @property
    def name(self) -> str:
        """Of the large network's parameter."""
        ...

    def of(self, large: Tensor) -> Tensor:
        """The part of it."""
        ...


def computes_in_bfloat16(precision: Precision) -> bool:
    """What `precision` comes to on this processor."""
    if precision is Precision.AUTO:
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return precision is Precision.BFLOAT16


def _moved(pixels: NDArray[np.uint8], reach: int, moves: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Each image cut from itself with `reach` black pixels around, at a place of its own."""
    height, width = pixels.shape[2:]
    padded = np.pad(pixels, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    return np.stack([image[:, y : y + height, x : x + width] for image, (y, x) in zip(padded, moves, strict=True)])


def learning_rate(options: TrainingOptions, share: float) -> float:
    """One cycle: up along a cosine from 1/25 of the peak, then down along a cosine to almost nothing, at `share` of the run."""
    peak, start, end = options.peak_learning_rate, options.peak_learning_rate / 25, options.peak_learning_rate / 250_000
    if share < options.warm_up_share:
        return _cosine(start, peak, share / options.warm_up_share)
    return _cosine(peak, end, (share - options.warm_up_share) / (1 - options.warm_up_share))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
