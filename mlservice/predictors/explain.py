"""Why a boosted predictor says what it says: importance of features, and SHAP values by CatBoost."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from catboost import Pool

from contracts.errors import InputError
from mlservice.predictors.batch import Batch
from mlservice.predictors.boosted import Boosted
from mlservice.predictors.predictor import Predictor

EXPLAINED: Final = 400
"""Networks, or passes, whose SHAP values are worked out."""
_SHOWN: Final = 15


@dataclass(frozen=True)
class Explanation:
    """Of one predictor.

    Attributes:
        importances: by feature, percent: how much the prediction changes with it.
        shap: by feature, most effective first: what it did to each explained row, as a logarithm.
        values: by feature: its own value in each explained row.
    """

    importances: dict[str, float]
    shap: dict[str, list[float]]
    values: dict[str, list[float]]


def explain(predictor: Predictor, batch: Batch, seed: int = 0) -> Explanation:
    """Explain a predictor on some networks.

    Raises:
        InputError: the predictor has no features.
    """
    if not isinstance(predictor, Boosted):
        raise InputError(f"a predictor of kind {predictor.kind!r} has no features to explain; take a boosted one")
    names = predictor.features
    rows = batch.passes if predictor.form.per_pass else batch.networks
    some = rows[np.random.default_rng(seed).permutation(len(rows))[:EXPLAINED]]
    found = np.asarray(predictor.model.get_feature_importance(Pool(some), type="ShapValues"))[:, :-1]
    importances = predictor.model.get_feature_importance()
    order = np.argsort(-np.abs(found).mean(axis=0))[:_SHOWN]
    return Explanation(
        {name: float(value) for name, value in zip(names, importances, strict=True)},
        {names[k]: found[:, k].tolist() for k in order},
        {names[k]: some[:, k].tolist() for k in order},
    )
