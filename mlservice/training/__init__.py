"""Training: the loop, its options, and what a network is worth."""

from mlservice.training.evaluate import accuracy, predictions
from mlservice.training.options import Epoch, Precision, Progress, TrainingOptions, TrainingResult
from mlservice.training.train import Attendance, train
from mlservice.training.trainer import Controller, Report, Trainer

__all__ = [
    "Attendance",
    "Controller",
    "Epoch",
    "Precision",
    "Progress",
    "Report",
    "Trainer",
    "TrainingOptions",
    "TrainingResult",
    "accuracy",
    "predictions",
    "train",
]
