"""Whether a network is like those that a predictor was fitted to: its distance to the nearest of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mlservice.predictors.batch import Batch

KEPT: Final = 2000
"""Networks that stand for all: queries are compared with each."""
NEIGHBOURS: Final = 3
INSIDE_SHARE: Final = 0.95
"""Of networks like those fitted to, how many count as inside."""


@dataclass(frozen=True, eq=False)
class Domain:
    """Networks that were fitted to, standardised.

    Attributes:
        centre: [features].
        scale: [features].
        known: [networks, features].
        limit: mean distance to the nearest ones from which on a network is outside.
    """

    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    known: NDArray[np.float32]
    limit: float

    @classmethod
    def fit(cls, fitted: Batch, like: Batch, seed: int) -> Self:
        """Around the networks fitted to; `like` are others of the same kind, by which the limit is set."""
        order = np.random.default_rng(seed).permutation(len(fitted))[:KEPT]
        centre = fitted.networks.mean(axis=0)
        scale = np.maximum(fitted.networks.std(axis=0), 1e-6)
        found = cls(centre, scale, (fitted.networks[order] - centre) / scale, np.inf)
        limit = float(np.quantile(found.distances(like), INSIDE_SHARE))
        return cls(centre, scale, found.known, limit)

    def distances(self, batch: Batch) -> NDArray[np.float64]:
        """[networks] mean distance to the nearest known ones, in standard deviations."""
        wanted = np.clip((batch.networks - self.centre) / self.scale, -1e3, 1e3)
        count = min(NEIGHBOURS, len(self.known))
        squares = (self.known**2).sum(axis=1) - 2 * (wanted @ self.known.T)
        nearest = np.partition(squares, count - 1, axis=1)[:, :count] + (wanted**2).sum(axis=1)[:, None]
        found: NDArray[np.float64] = np.sqrt(np.maximum(nearest, 0)).mean(axis=1, dtype=np.float64)
        return found

    def outside(self, batch: Batch) -> NDArray[np.bool_]:
        """[networks] whether a network is unlike those that were fitted to."""
        return self.distances(batch) > self.limit

    def save(self, folder: Path) -> None:
        """Write it: arrays, no code."""
        arrays = {"centre": self.centre, "scale": self.scale, "known": self.known, "limit": np.float64(self.limit)}
        np.savez_compressed(folder / "domain.npz", **arrays)  # type: ignore[arg-type]  # arrays by name

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The inverse of `save`."""
        with np.load(folder / "domain.npz", allow_pickle=False) as found:
            return cls(found["centre"], found["scale"], found["known"], float(found["limit"]))
