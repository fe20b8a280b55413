"""Where to cut a map's range so that rounding and saturating together do least harm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwservice.quantise.scales import Range, choose_scale

BINS = 2048
CANDIDATES = 64
LEVELS = 255
"""What a byte holds around its zero point."""
LEAST_SHARE = 0.2
"""No range is cut to less than this share of itself."""

Floats = NDArray[np.float64]


@dataclass
class Histogram:
    """How often values of a map fall into equal bins of its whole range."""

    low: float
    high: float
    counts: Floats
    zeros: bool = True
    """Whether values of exactly 0 count."""

    @classmethod
    def over(cls, bounds: Range) -> "Histogram":
        """An empty one. A range of a single number is widened, so that bins have a width."""
        low, high = bounds
        return cls(low, high if high > low else low + 1.0, np.zeros(BINS))

    @classmethod
    def mirrored(cls, bounds: Range) -> "Histogram":
        """An empty one that reaches as far below 0 as above.

        It leaves out what is exactly 0: after a ReLU that is most of a map, every range has it, and it would decide alone.
        """
        reach = max(-bounds[0], bounds[1]) or 1.0
        return cls(-reach, reach, np.zeros(BINS), zeros=False)

    def add(self, values: NDArray[np.float32]) -> None:
        """Count these values too."""
        counted = values if self.zeros else values[values != 0]
        self.counts += np.histogram(counted, BINS, (self.low, self.high))[0]

    @property
    def edges(self) -> Floats:
        """Of all bins, from the lowest to the highest."""
        return np.linspace(self.low, self.high, BINS + 1)

    @property
    def centres(self) -> Floats:
        """Of all bins."""
        return (self.edges[:-1] + self.edges[1:]) / 2


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


def percentile_range(histogram: Histogram, percentile: float) -> Range:
    """The range without what lies beyond the percentile at either side; 0 is always within."""
    share = np.concatenate([[0.0], np.cumsum(histogram.counts) / max(1.0, histogram.counts.sum())])
    low, high = np.interp([1 - percentile / 100, percentile / 100], share, histogram.edges)
    return min(float(low), 0.0), max(float(high), 0.0)


def least_entropy_range(histogram: Histogram, bounds: Range) -> Range:
    """The range whose bytes lose least information, by ONNX Runtime's calibrator (Migacz, 8-bit inference with TensorRT, 2017).

    Args:
        histogram: from `Histogram.mirrored`.
        bounds: of the values.
    """
    from onnxruntime.quantization.calibrate import HistogramCollector  # noqa: PLC0415  # slow, and rarely asked for

    if not histogram.counts.any():
        return bounds
    levels = LEVELS if bounds[0] < 0 else 2 * LEVELS + 1  # one half of the histogram is empty then
    low, high = (np.float32(bound) for bound in bounds)
    known = (histogram.counts.astype(np.int64), histogram.edges.astype(np.float32), low, high, histogram.high)
    cut = HistogramCollector("entropy", True, BINS, levels, None, "same").get_entropy_threshold(known, levels)
    return (float(cut[0]), float(cut[1])) if cut[0] < cut[1] else bounds  # of a single value no range has an entropy
