"""Where to cut a map's range so that rounding and saturating together do least harm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwservice.quantise.scales import Range, choose_scale

BINS = 2048
CANDIDATES = 64
LEAST_SHARE = 0.2
"""No range is cut to less than this share of itself."""

Floats = NDArray[np.float64]


@dataclass
class Histogram:
    """How often values of a map fall into equal bins of its whole range."""

    low: float
    high: float
    counts: Floats

    @classmethod
    def over(cls, bounds: Range) -> "Histogram":
        """An empty one. A range of a single number is widened, so that bins have a width."""
        low, high = bounds
        return cls(low, high if high > low else low + 1.0, np.zeros(BINS))

    def add(self, values: NDArray[np.float32]) -> None:
        """Count these values too."""
        self.counts += np.histogram(values, BINS, (self.low, self.high))[0]

    @property
    def centres(self) -> Floats:
        """Of all bins."""
        edges = np.linspace(self.low, self.high, BINS + 1)
        return (edges[:-1] + edges[1:]) / 2


def least_error_range(histogram: Histogram, power_of_two: bool) -> Range:
    """The part of the range whose scale gives the least mean squared error over the histogram.

    Both ends are cut by one share: zero points are 0 or 128, so the greater end decides. Of ranges that share a scale, as powers of two do,
    the widest is taken.
    """
    centres, counts = histogram.centres, histogram.counts
    best, least = (histogram.low, histogram.high), np.inf
    for share in np.linspace(1.0, LEAST_SHARE, CANDIDATES):
        bounds = (histogram.low * share, histogram.high * share)
        scale = choose_scale(bounds, power_of_two)
        raw = np.clip(np.rint(centres / scale.scale) + scale.zero_point, 0, 255)
        error = float((counts * ((raw - scale.zero_point) * scale.scale - centres) ** 2).sum())
        if error < least:
            best, least = bounds, error
    return best
