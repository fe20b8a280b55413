"""The naive predictor of accuracy: a power law of sizes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from mlservice.predictors.batch import Batch
from mlservice.predictors.predictor import Reals
from mlservice.predictors.rows import Rows
from mlservice.predictors.shape import STRUCTURE_FEATURES
from mlservice.predictors.targets import Target

_SIZES: Final = ("log_macs", "log_parameters", "depth")
_FILE: Final = "linear.json"


@dataclass(frozen=True)
class SizeLaw:
    """The share that is missed = a x MACs^b x parameters^c x d^depth, by least squares of logarithms."""

    target: Target
    weights: tuple[float, ...]
    kind: str = "linear"

    @classmethod
    def fit(cls, rows: Rows, target: Target, seed: int) -> Self:
        """Fit to relative errors of the share that is missed."""
        del seed
        found, *_ = np.linalg.lstsq(_sizes(rows.batch), np.log(rows.measured[target]), rcond=None)
        return cls(target, tuple(map(float, found)))

    def logs(self, batch: Batch) -> Reals:
        """See `Predictor`."""
        found: Reals = _sizes(batch) @ np.asarray(self.weights)
        return found

    def save(self, folder: Path) -> None:
        """See `Predictor`."""
        (folder / _FILE).write_text(json.dumps({"sizes": _SIZES, "weights": self.weights}))

    @classmethod
    def load(cls, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        found: dict[str, Any] = json.loads((folder / _FILE).read_text())
        return cls(target, tuple(found["weights"]))


def _sizes(batch: Batch) -> Reals:
    columns = [batch.networks[:, STRUCTURE_FEATURES.index(name)].astype(float) for name in _SIZES]
    return np.stack([*columns, np.ones(len(batch))], axis=1)
