"""How good predictions are: always of a known set of networks, never pooled over families without saying so."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from mlservice.predictors.predictor import Reals

_LEAST_FOR_RANKS: Final = 3


@dataclass(frozen=True)
class Scores:
    """Of predictions against simulations.

    Attributes:
        rows: networks compared.
        mape: mean of |predicted - measured| / measured, in percent.
        worst: the largest of these, in percent.
        bias: mean of (predicted - measured) / measured, in percent.
        within_1: share within 1 % of the measured value.
        within_5: the same for 5 %.
        within_10: the same for 10 %.
        kendall: rank correlation of predicted and measured; None for fewer than three networks.
        spearman: the same way.
        coverage: share of measured values within their intervals; None without intervals.
        width: mean of (high - low) / predicted, in percent; None without intervals.
        outside: share of networks that the predictor calls unlike its own; None where it was not asked.
        worst_tenth_caught: of the tenth with the largest errors, the share called unlike; None where it was not asked.
    """

    rows: int
    mape: float
    worst: float
    bias: float
    within_1: float
    within_5: float
    within_10: float
    kendall: float | None
    spearman: float | None
    coverage: float | None = None
    width: float | None = None
    outside: float | None = None
    worst_tenth_caught: float | None = None

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {name: round(value, 5) if isinstance(value, float) else value for name, value in asdict(self).items()}


def scores_of(
    measured: Reals,
    predicted: Reals,
    interval: tuple[Reals, Reals] | None = None,
    outside: NDArray[np.bool_] | None = None,
) -> Scores:
    """Compare; all in the same unit."""
    errors = (predicted - measured) / measured
    sizes = np.abs(errors)
    ranked = len(measured) >= _LEAST_FOR_RANKS and np.ptp(measured) > 0 and np.ptp(predicted) > 0
    more: dict[str, float] = {}
    if interval is not None:
        low, high = interval
        more["coverage"] = float(((low <= measured) & (measured <= high)).mean())
        more["width"] = float(((high - low) / predicted).mean() * 100)
    if outside is not None:
        worst = sizes >= np.quantile(sizes, 0.9)
        more["outside"], more["worst_tenth_caught"] = float(outside.mean()), float(outside[worst].mean())
    return Scores(
        len(measured),
        float(sizes.mean() * 100),
        float(sizes.max() * 100),
        float(errors.mean() * 100),
        float((sizes <= 0.01).mean()),
        float((sizes <= 0.05).mean()),
        float((sizes <= 0.10).mean()),
        float(kendalltau(measured, predicted).statistic) if ranked else None,
        float(spearmanr(measured, predicted).statistic) if ranked else None,
        **more,
    )
