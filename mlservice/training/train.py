"""Short supervised training on the processor."""

import time

from torch import nn

from mlservice.datasets import Dataset
from mlservice.training.evaluate import accuracy
from mlservice.training.options import TrainingOptions, TrainingResult
from mlservice.training.trainer import Report, Trainer


def train(
    network: nn.Module, dataset: Dataset, options: TrainingOptions, report: Report | None = None
) -> TrainingResult:
    """Train `network` in place; it is left in evaluation mode.

    Args:
        report: called after every step.

    Raises:
        InputError: the training split has fewer images than a batch, or the loss left the numbers.
    """
    began = time.monotonic()
    trainer = Trainer(network, dataset.training, options)
    trainer.run(report=report)
    test = dataset.test.first(options.test_images or len(dataset.test))
    return TrainingResult(accuracy(network, test), trainer.loss, time.monotonic() - began)
