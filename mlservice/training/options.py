"""What of a training run may be chosen, and what it tells."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.errors import InputError


class Precision(StrEnum):
    """Of what convolutions and fully connected layers compute with while they train; weights and their updates are always float32.

    AUTO: BFLOAT16 where the processor multiplies matrices of it (AMX), else FLOAT32.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


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
        crop_pixels: images are moved by up to so many pixels each way, with black behind them; as is usual for CIFAR: 4.
        precision: of the computation.
        test_images: images of the test split that the accuracy is taken on; all where absent.
    """

    epochs: int = 5
    batch_images: int = 128
    peak_learning_rate: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 1e-4
    warm_up_share: float = 0.25
    seed: int = 0
    flips: bool = True
    test_images: int | None = None
    crop_pixels: int = 0
    precision: Precision = Precision.FLOAT32

    def __post_init__(self) -> None:
        if not self.peak_learning_rate > 0 or not 0 < self.warm_up_share < 1:
            raise InputError(
                f"a peak learning rate of {self.peak_learning_rate} after a share of {self.warm_up_share}: give a rate above 0,"
                " and a share between 0 and 1"
            )
        if self.crop_pixels < 0:
            raise InputError(f"images cannot be moved by {self.crop_pixels} pixels: give 0 or more")
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
class Epoch:
    """What an epoch ended with.

    Attributes:
        epoch: from 0.
        loss: mean over its steps, in nats.
        validation_accuracy: 0 to 1; none where the data has no validation split.
    """

    epoch: int
    loss: float
    validation_accuracy: float | None


@dataclass(frozen=True)
class TrainingResult:
    """What a run gave: float accuracy on the test split (0 to 1), the last loss in nats, and its duration with earlier attempts'."""

    accuracy: float
    loss: float
    seconds: float
    history: tuple[Epoch, ...] = ()
