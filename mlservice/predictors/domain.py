"""Whether a network is like those that a predictor was fitted to: its distance to the nearest of them.

Distances are taken in features that are whitened: a combination of values that never occurs counts, though each value does. That, the one
nearest neighbour and the limit were chosen by leaving out one family after the other of the training families alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from mlservice.predictors.batch import Batch

KEPT: Final = 2000
"""Networks that stand for all: queries are compared with each."""
INSIDE_SHARE: Final = 0.9
"""Of networks like those fitted to, how many count as inside: as many as intervals hold for."""
_LEAST_VARIANCE: Final = 0.05
"""Of a direction of standardised features: in those that hardly vary, small differences must not count for much."""
_FARTHEST: Final = 1e3


@dataclass(frozen=True, eq=False)
class Domain:
    """Networks that were fitted to.

    Attributes:
        centre: [features] means.
        turn: [features, features] from features to independent directions of unit variance.
        known: [networks, directions].
        limit: distance to the nearest one from which on a network is outside.
    """

    centre: NDArray[np.float32]
    turn: NDArray[np.float32]
    known: NDArray[np.float32]
    limit: float

    @classmethod
    def fit(cls, fitted: Batch, like: Batch, seed: int) -> Self:
        """Around the networks fitted to; `like` are others of the same kind, by which the limit is set."""
        centre = fitted.networks.mean(axis=0)
        turn = _whitening(fitted.networks - centre)
        order = np.random.default_rng(seed).permutation(len(fitted))[:KEPT]
        found = cls(centre, turn, (fitted.networks[order] - centre) @ turn, np.inf)
        limit = float(np.quantile(found.distances(like), INSIDE_SHARE))
        return cls(centre, turn, found.known, limit)

    def distances(self, batch: Batch) -> NDArray[np.float64]:
        """[networks] distance to the nearest known one, in standard deviations."""
        with _threads().limit(limits=1, user_api="blas"):  # done before other threads wake up
            wanted = np.clip((batch.networks - self.centre) @ self.turn, -_FARTHEST, _FARTHEST)
            products = wanted @ self.known.T
        squares = ((self.known**2).sum(axis=1) - 2 * products).min(axis=1) + (wanted**2).sum(axis=1)
        found: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0)).astype(np.float64)
        return found

    def outside(self, batch: Batch) -> NDArray[np.bool_]:
        """[networks] whether a network is unlike those that were fitted to."""
        return self.distances(batch) > self.limit

    def save(self, folder: Path) -> None:
        """Write it: arrays, no code."""
        arrays = {"centre": self.centre, "turn": self.turn, "known": self.known, "limit": np.float64(self.limit)}
        np.savez_compressed(folder / "domain.npz", **arrays)  # type: ignore[arg-type]  # arrays by name

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The inverse of `save`."""
        with np.load(folder / "domain.npz", allow_pickle=False) as found:
            return cls(found["centre"], found["turn"], found["known"], float(found["limit"]))


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    """Of this process's numerical libraries; looking for them takes a while."""
    return ThreadpoolController()


def _whitening(centred: NDArray[np.float32]) -> NDArray[np.float32]:
    scale = np.maximum(centred.std(axis=0, dtype=np.float64), 1e-6)
    covariance = np.cov(centred / scale, rowvar=False) + _LEAST_VARIANCE * np.eye(len(scale))
    variances, directions = np.linalg.eigh(covariance)
    return np.asarray(directions / np.sqrt(variances) / scale[:, None], np.float32)
