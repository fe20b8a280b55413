"""What can be predicted, and in which unit."""

from enum import StrEnum


class Target(StrEnum):
    """A figure of one inference; throughput follows from latency, since inferences do not overlap.

    Accuracy is a network's own, whatever it runs on: the share of test images, 0 to 1, that it gets right after a short training.
    """

    LATENCY = "latency"
    ENERGY = "energy"
    THROUGHPUT = "throughput"
    ACCURACY = "accuracy"

    @property
    def unit(self) -> str:
        """Of values and intervals."""
        return {Target.LATENCY: "ms", Target.ENERGY: "mJ", Target.THROUGHPUT: "1/s", Target.ACCURACY: ""}[self]

    @property
    def fitted(self) -> "Target":
        """What a predictor of it is fitted to."""
        return Target.LATENCY if self is Target.THROUGHPUT else self


FITTED = (Target.LATENCY, Target.ENERGY)
"""Costs that are measured apart from each other."""
LEARNED = (*FITTED, Target.ACCURACY)
"""All that predictors are fitted to."""
