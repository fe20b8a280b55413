"""How sure a prediction is: conformal intervals, wide where earlier predictions were far off."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from mapie.regression import SplitConformalRegressor
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from mlservice.predictors.batch import Batch
from mlservice.predictors.boosted import Growth, answers, grown, read_model
from mlservice.predictors.predictor import Reals

LEVEL: Final = 0.9
LEAST_SPREAD: Final = 2e-4
"""Of a logarithm: 0.02 %. Cycle counts are exact, and so may predictions be."""
USUAL_SHARE: Final = 0.95
MOST_WIDTH: Final = 10.0
"""Of half an interval, as a logarithm: a factor of 22,000, beyond which nothing is said."""
_LEAST_ROWS_FOR_TREES: Final = 100
_GROWTH: Final = Growth(iterations=150, depth=4, learning_rate=0.08)


class _AsGiven(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """MAPIE's view of a predictor that has spoken already: the prediction is the feature."""

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> "Self":
        """Nothing is fitted."""
        del x, y
        self.fitted_ = True
        return self

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """The feature."""
        return x[:, 0]


@dataclass(frozen=True, eq=False)
class Interval:
    """Prediction ± `factor` x spread, in logarithms; covers `LEVEL` of networks like those that it was calibrated on.

    Attributes:
        spread: a CatBoost model of log(absolute error) on features of networks; None: the same everywhere.
        factor: from split conformal prediction of the errors / spread (MAPIE).
        usual: half an interval beyond which hardly any network like those calibrated on has its own.
    """

    spread: Any
    factor: float
    usual: float

    @classmethod
    def fit(cls, batch: Batch, errors: Reals, seed: int, groups: NDArray[Any] | None = None) -> Self:
        """From errors (logarithms) on networks that the predictor was not fitted to.

        The spread is learnt from all of them. What calibrates it are the spreads that each half gets from a model of the other half: of a group
        no member is in both, or the errors of one would be known from another's.

        Args:
            batch: the networks.
            errors: [networks] logarithm of measured / predicted.
            seed: of halves and trees.
            groups: [networks] near-duplicates, and one network on several accelerators, have the same; each its own where absent.
        """
        spreads = np.ones(len(errors))
        spread = None
        if len(errors) >= _LEAST_ROWS_FOR_TREES:
            sizes = np.log(np.abs(errors) + LEAST_SPREAD)
            for learnt, judged in _halves(np.arange(len(errors)) if groups is None else groups, seed):
                model = grown(batch.networks[learnt], sizes[learnt], _GROWTH, seed)
                spreads[judged] = _spreads(model, batch.networks[judged])
            spread = grown(batch.networks, sizes, _GROWTH, seed)
        factor = _conformal(errors / spreads)
        return cls(spread, factor, float(np.quantile(factor * spreads, USUAL_SHARE)))

    def unsure(self, batch: Batch) -> NDArray[np.bool_]:
        """[networks] whether the interval is wider than usual."""
        return self.widths(batch) > self.usual * (1 + 1e-9)

    def widths(self, batch: Batch) -> Reals:
        """[networks] half the interval, as a logarithm."""
        return np.minimum(self.factor * _spreads(self.spread, batch.networks), MOST_WIDTH)

    def save(self, folder: Path) -> None:
        """Write it."""
        (folder / "interval.json").write_text(json.dumps({"level": LEVEL, "factor": self.factor, "usual": self.usual}))
        if self.spread is not None:
            self.spread.save_model(str(folder / "spread.cbm"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The inverse of `save`."""
        path = folder / "spread.cbm"
        found = json.loads((folder / "interval.json").read_text())
        return cls(read_model(path) if path.is_file() else None, float(found["factor"]), float(found["usual"]))


def _halves(groups: NDArray[Any], seed: int) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    names = np.unique(groups)
    first = np.isin(groups, np.random.default_rng(seed).permutation(names)[: len(names) // 2])
    return [(first, ~first), (~first, first)]


def _spreads(model: Any, networks: NDArray[np.float32]) -> Reals:
    if model is None:
        return np.ones(len(networks))
    return np.maximum(np.exp(answers(model, networks)), LEAST_SPREAD)


def _conformal(scaled: Reals) -> float:
    """The factor that MAPIE's split conformal regression finds for errors around 0."""
    if len(scaled) < 1 / (1 - LEVEL):
        return float(np.abs(scaled).max()) if len(scaled) else float("inf")
    zero = np.zeros((len(scaled), 1))
    found = SplitConformalRegressor(_AsGiven().fit(zero, scaled), confidence_level=LEVEL, prefit=True)
    _, bounds = found.conformalize(zero, scaled).predict_interval(zero[:1])
    return float(bounds[0, 1, 0])
