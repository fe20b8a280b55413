"""Learned predictors: CatBoost on networks or on passes, on the figure itself or on what the expert misses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from catboost import CatBoostRegressor, Pool
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.predictors.batch import Batch
from mlservice.predictors.features import NETWORK_FEATURES, PASS_FEATURES
from mlservice.predictors.predictor import Reals, expert_log, expert_of
from mlservice.predictors.rows import Rows
from mlservice.predictors.shape import STRUCTURE_FEATURES
from mlservice.predictors.targets import Target

MODEL: Final = "model.cbm"
THREADS: Final = 2


@dataclass(frozen=True)
class Growth:
    """How trees are grown; values that did well on held-out training groups, never chosen by a test split."""

    iterations: int = 800
    depth: int = 6
    learning_rate: float = 0.06
    rows_sampled: float = 0.8


NETWORK_GROWTH: Final = Growth()
ACCURACY_GROWTH: Final = Growth(iterations=600, depth=4, learning_rate=0.05)
PASS_GROWTH: Final = Growth(iterations=500, depth=7, learning_rate=0.1)


def grown(
    features: NDArray[np.float32],
    wanted: Reals,
    growth: Growth,
    seed: int,
    weights: Reals | None = None,
    names: tuple[str, ...] = (),
) -> Any:
    """A CatBoost regressor; the same seed gives the same trees."""
    model = CatBoostRegressor(
        iterations=growth.iterations,
        depth=growth.depth,
        learning_rate=growth.learning_rate,
        bootstrap_type="Bernoulli",
        subsample=growth.rows_sampled,
        random_seed=seed,
        thread_count=THREADS,
        allow_writing_files=False,
        verbose=False,
    )
    model.fit(Pool(features, wanted, weight=weights, feature_names=list(names) or None))
    return model


def read_model(path: Path) -> Any:
    """A model in CatBoost's own format."""
    model = CatBoostRegressor()
    model.load_model(str(path))
    return model


def answers(model: Any, features: NDArray[np.float32]) -> Reals:
    """What a model says, by one thread: batches are small."""
    return np.asarray(model.predict(features, thread_count=1), np.float64)


@dataclass(frozen=True)
class Form:
    """What a boosted predictor is fitted to.

    Attributes:
        per_pass: each pass of the array on its own, summed; otherwise the whole network at once.
        missed: the logarithm of measured / expert; otherwise of the figure itself.
    """

    per_pass: bool
    missed: bool


FORMS: Final = {
    "network": Form(per_pass=False, missed=False),
    "layers": Form(per_pass=True, missed=False),
    "hybrid": Form(per_pass=False, missed=True),
    "hybrid-layers": Form(per_pass=True, missed=True),
}


def features_seen(kind: str, target: Target) -> tuple[str, ...]:
    """Names of the features that trees of a kind see."""
    if target is Target.ACCURACY:
        return STRUCTURE_FEATURES
    return PASS_FEATURES if FORMS[kind].per_pass else NETWORK_FEATURES


@dataclass(frozen=True, eq=False)
class Boosted:
    """CatBoost in one of the four forms."""

    kind: str
    target: Target
    model: Any

    @property
    def form(self) -> Form:
        """What the model says."""
        return FORMS[self.kind]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what the trees see."""
        return features_seen(self.kind, self.target)

    @classmethod
    def fit(cls, kind: str, rows: Rows, target: Target, seed: int) -> Self:
        """Fit to all rows.

        Raises:
            InputError: the form needs the data set's table of layers, and there is none.
        """
        form = FORMS[kind]
        growth = ACCURACY_GROWTH if target is Target.ACCURACY else PASS_GROWTH if form.per_pass else NETWORK_GROWTH
        wanted, features, weights = (
            _of_passes(rows, target, form) if form.per_pass else _of_networks(rows, target, form)
        )
        return cls(kind, target, grown(features, wanted, growth, seed, weights, features_seen(kind, target)))

    def logs(self, batch: Batch) -> Reals:
        """See `Predictor`."""
        if self.form.per_pass:
            found = np.exp(answers(self.model, batch.passes))
            return np.log(batch.summed(found * expert_of(batch, self.target) if self.form.missed else found))
        found = answers(self.model, batch.networks)
        return found + expert_log(batch, self.target) if self.form.missed else found

    def save(self, folder: Path) -> None:
        """See `Predictor`: CatBoost's own format, its JSON, and ONNX, which onnxruntime runs."""
        self.model.save_model(str(folder / MODEL))
        self.model.save_model(str(folder / "model.json"), format="json")
        self.model.save_model(
            str(folder / "model.onnx"), format="onnx", export_parameters={"onnx_domain": "ai.catboost"}
        )

    @classmethod
    def load(cls, kind: str, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        return cls(kind, target, read_model(folder / MODEL))


Learnt = tuple[Reals, NDArray[np.float32], Reals | None]
"""What is wanted, from which features, with which weights."""


def _of_networks(rows: Rows, target: Target, form: Form) -> Learnt:
    wanted = np.log(rows.measured[target])
    return wanted - expert_log(rows.batch, target) if form.missed else wanted, rows.batch.networks, None


def _of_passes(rows: Rows, target: Target, form: Form) -> Learnt:
    """Passes whose figure is known, each weighted by the root of its share of its network."""
    if target not in rows.per_pass:
        raise InputError("predictors of layers need the data set's table of layers: layers.parquet")
    measured, expert = rows.per_pass[target], expert_of(rows.batch, target)
    known = np.isfinite(measured) & (measured > 0) & (expert > 0)
    if not known.any():
        raise InputError("no network of the data set has as many layers as its structure foretells")
    share = measured[known] / rows.measured[target][rows.batch.owner[known]]
    wanted = np.log(measured[known] / expert[known] if form.missed else measured[known])
    return wanted, rows.batch.passes[known], np.sqrt(np.clip(share, 1e-4, 1.0))
