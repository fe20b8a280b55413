"""What of a training run may be chosen, and what it tells."""

from dataclasses import dataclass

from contracts.errors import InputError


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
