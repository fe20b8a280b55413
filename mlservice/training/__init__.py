"""Training: the loop, its options, and what a network is worth."""

from mlservice.training.evaluate import accuracy, predictions
from mlservice.training.options import Progress, TrainingOptions, TrainingResult
from mlservice.training.train import train
from mlservice.training.trainer import Controller, Report, Trainer

__all__ = [
    "Controller",
    "Progress",
    "Report",
    "Trainer",
    "TrainingOptions",
    "TrainingResult",
    "accuracy",
    "predictions",
    "train",
]
