"""From a data set to a predictor that knows how sure it is."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.predictors.batch import Batch
from mlservice.predictors.boosted import FORMS, Boosted
from mlservice.predictors.domain import Domain
from mlservice.predictors.interval import Interval
from mlservice.predictors.kinds import KINDS
from mlservice.predictors.predictor import Expert, Linear, Predictor, Reals
from mlservice.predictors.rows import Rows
from mlservice.predictors.sizelaw import SizeLaw
from mlservice.predictors.targets import Target

CALIBRATION_SHARE: Final = 0.2
"""Of the groups of near-duplicates: kept from the fit, to know how far off predictions are."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of some networks.

    Attributes:
        target: with its unit.
        values: [networks].
        low: [networks] lower end of the 90 % interval.
        high: [networks] upper end.
        outside: [networks] unlike what the predictor was fitted to, or where it is less sure than nearly everywhere else: the interval may
            not hold.
        microseconds: for each network, features not included.
    """

    target: Target
    values: Reals
    low: Reals
    high: Reals
    outside: NDArray[np.bool_]
    microseconds: float


@dataclass(frozen=True, eq=False)
class Trained:
    """A predictor with its intervals and its domain."""

    predictor: Predictor
    interval: Interval
    domain: Domain

    @classmethod
    def fit(cls, kind: str, rows: Rows, target: Target, seed: int = 0) -> Self:
        """Fit to four fifths of the groups, calibrate on the others.

        Raises:
            InputError: the kind is unknown, or the data set lacks what it needs.
        """
        fitted, held = rows.halves(CALIBRATION_SHARE, seed)
        if not len(fitted) or not len(held):
            raise InputError("the data set has too few groups of networks that differ; simulate others")
        predictor = fit_predictor(kind, fitted, target.fitted, seed)
        errors = np.log(held.measured[target.fitted]) - predictor.logs(held.batch)
        interval = Interval.fit(held.batch, errors, seed, held.table["group"].to_numpy())
        return cls(predictor, interval, Domain.fit(fitted.batch, held.batch, seed))

    def predict(self, batch: Batch, target: Target | None = None) -> Predictions:
        """Values with intervals in the target's unit: ms, mJ, 1/s, or a share of the test images.

        Raises:
            InputError: throughput of a predictor of energy, or the like.
        """
        wanted = target or self.predictor.target
        if wanted.fitted is not self.predictor.target:
            raise InputError(
                f"a predictor of {self.predictor.target} foretells no {wanted}; take one of {wanted.fitted}"
            )
        start = time.perf_counter()
        logs, widths = self.predictor.logs(batch), self.interval.widths(batch)
        scale = 1 / (batch.clock_mhz * 1e3) if wanted.fitted is Target.LATENCY else np.ones(len(batch))
        values, low, high = (np.exp(x) * scale for x in (logs, logs - widths, logs + widths))
        outside = self.domain.outside(batch) | self.interval.unsure(batch)
        microseconds = (time.perf_counter() - start) * 1e6 / max(len(batch), 1)
        if wanted is Target.THROUGHPUT:
            values, low, high = 1e3 / values, 1e3 / high, 1e3 / low
        if wanted is Target.ACCURACY:
            values, low, high = (np.maximum(1 - missed, 0.0) for missed in (values, high, low))
        return Predictions(wanted, values, low, high, outside, microseconds)

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        for part in (self.predictor, self.interval, self.domain):
            part.save(folder)

    @classmethod
    def load(cls, kind: str, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        return cls(load_predictor(kind, folder, target), Interval.load(folder), Domain.load(folder))


def fit_predictor(kind: str, rows: Rows, target: Target, seed: int = 0) -> Predictor:
    """The predictor alone, fitted to all rows.

    Raises:
        InputError: the kind is unknown, or the data set lacks what it needs.
    """
    if kind in FORMS:
        return Boosted.fit(kind, rows, target, seed)
    found: Predictor = _of(kind, target).fit(rows, target, seed)
    return found


def load_predictor(kind: str, folder: Path, target: Target) -> Predictor:
    """A predictor that was saved."""
    if kind in FORMS:
        return Boosted.load(kind, folder, target)
    found: Predictor = _of(kind, target).load(folder, target)
    return found


def _of(kind: str, target: Target) -> Any:
    if target is Target.ACCURACY and kind == "linear":
        return SizeLaw
    others: dict[str, Any] = {"expert": Expert, "linear": Linear}
    if kind == "surrogate":
        from mlservice.predictors.surrogate import Surrogate  # noqa: PLC0415  # torch takes seconds to import

        return Surrogate
    if kind not in others:
        raise InputError(f"predictor kind is {kind!r}; known are {', '.join(KINDS)}")
    return others[kind]
