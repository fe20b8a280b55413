"""Short supervised training on the processor."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contracts.errors import InputError
from mlservice.datasets import Dataset, Split, as_input


@dataclass(frozen=True)
class TrainingOptions:
    """How to train: stochastic gradient descent with Nesterov momentum under one cycle of the learning rate.

    Source of the schedule: Smith and Topin, "Super-Convergence", 2018.

    Attributes:
        epochs: passes over the training split.
        batch_images: images of a step.
        peak_learning_rate: reached after `warm_up_share` of the steps.
        seed: of initial weights, order and flips; the same seed on the same machine gives the same network.
        flips: mirror half of the images left to right.
        test_images: images of the test split that the accuracy is taken on; all where absent.
    """

    epochs: int = 5
    batch_images: int = 128
    peak_learning_rate: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warm_up_share: float = 0.25
    seed: int = 0
    flips: bool = True
    test_images: int | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_images < 2:
            raise InputError(f"{self.epochs} epochs of {self.batch_images} images: give at least 1 and 2")


@dataclass(frozen=True)
class Progress:
    """Where a training run stands: `step` of `steps`, and the loss there in nats."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class TrainingResult:
    """What a run gave: float accuracy on the test split (0 to 1), the last loss in nats, and its duration."""

    accuracy: float
    loss: float
    seconds: float


def train(
    network: nn.Module, dataset: Dataset, options: TrainingOptions, report: Callable[[Progress], None] | None = None
) -> TrainingResult:
    """Train `network` in place; it is left in evaluation mode.

    Args:
        report: called after every step.

    Raises:
        InputError: the training split has fewer images than a batch, or the loss left the numbers.
    """
    steps_of_epoch = len(dataset.training) // options.batch_images
    if steps_of_epoch == 0:
        raise InputError(f"{len(dataset.training)} training images are fewer than a batch of {options.batch_images}")
    began = time.monotonic()
    steps = steps_of_epoch * options.epochs
    network.to(memory_format=torch.channels_last).train()
    optimizer, schedule = _optimizer(network, steps, options)
    loss = math.nan
    for step, (images, labels) in enumerate(_batches(dataset.training, options)):
        loss = _step(network, optimizer, images, labels)
        schedule.step()
        if not math.isfinite(loss):
            raise InputError(f"the loss is {loss} at step {step}: try a peak learning rate below that of {options}")
        if report is not None:
            report(Progress(step // steps_of_epoch, step + 1, steps, loss))
    test = dataset.test.first(options.test_images or len(dataset.test))
    return TrainingResult(accuracy(network, test), loss, time.monotonic() - began)


def accuracy(network: nn.Module, split: Split) -> float:
    """Share of the images, 0 to 1, whose largest logit is their label's; leaves the network in evaluation mode."""
    return float(np.mean(predictions(network, split.pixels) == split.labels))


def predictions(network: nn.Module, pixels: NDArray[np.uint8], batch_images: int = 500) -> NDArray[np.int64]:
    """The class with the largest logit, for each image; leaves the network in evaluation mode."""
    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(pixels), batch_images):
            images = _to_tensor(pixels[start : start + batch_images])
            found.append(network(images).argmax(1).numpy())
    return np.concatenate(found)


def _optimizer(
    network: nn.Module, steps: int, options: TrainingOptions
) -> tuple[torch.optim.SGD, torch.optim.lr_scheduler.OneCycleLR]:
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=options.peak_learning_rate,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.peak_learning_rate, total_steps=steps + 1, pct_start=options.warm_up_share
    )
    return optimizer, schedule


def _step(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> float:
    loss = nn.functional.cross_entropy(network(images), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves this one untyped
    optimizer.step()
    return loss.item()


def _batches(split: Split, options: TrainingOptions) -> Iterator[tuple[Tensor, Tensor]]:
    random = np.random.default_rng(options.seed)
    for _ in range(options.epochs):
        order = random.permutation(len(split))
        for start in range(0, len(split) - options.batch_images + 1, options.batch_images):
            chosen = order[start : start + options.batch_images]
            pixels = split.pixels[chosen]
            if options.flips:
                mirrored = random.random(len(chosen)) < 0.5
                pixels[mirrored] = pixels[mirrored, :, :, ::-1]
            yield _to_tensor(pixels), torch.from_numpy(split.labels[chosen])


def _to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(as_input(pixels)).to(memory_format=torch.channels_last)
