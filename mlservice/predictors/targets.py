"""What can be predicted, and in which unit."""

from enum import StrEnum


class Target(StrEnum):
    """A figure of one inference; throughput follows from latency, since inferences do not overlap."""

    LATENCY = "latency"
    ENERGY = "energy"
    THROUGHPUT = "throughput"

    @property
    def unit(self) -> str:
        """Of values and intervals."""
        return {Target.LATENCY: "ms", Target.ENERGY: "mJ", Target.THROUGHPUT: "1/s"}[self]

    @property
    def fitted(self) -> "Target":
        """What a predictor of it is fitted to."""
        return Target.LATENCY if self is Target.THROUGHPUT else self


FITTED = (Target.LATENCY, Target.ENERGY)
"""Those that are measured apart from each other."""
