"""Predictors judged side by side: by split, by kind, by target, and always by family."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from contracts.errors import InputError
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import KINDS
from mlservice.predictors.rows import Reals, Rows
from mlservice.predictors.scores import Scores, scores_of
from mlservice.predictors.targets import FITTED, Target

Tell = Callable[[float, str], None]
"""What is done, 0 to 1, and of what."""
LISTED: Final = 2000
"""Predictions that are listed one by one for plots, at most."""


@dataclass(frozen=True)
class Wish:
    """What to evaluate."""

    splits: tuple[str, ...]
    kinds: tuple[str, ...] = KINDS
    targets: tuple[Target, ...] = FITTED
    seed: int = 0


@dataclass(frozen=True)
class Judged:
    """One kind of predictor on the test part of one split.

    Attributes:
        all: over the whole test part.
        by_family: for each family in it.
        by_accelerator: for each accelerator in it; empty for accuracy, which does not depend on one.
        rows: networks fitted to.
        fit_s: what fitting took; differs from run to run.
        points: measured, predicted, lower and upper end and family of some networks, for plots.
    """

    split: str
    kind: str
    target: Target
    all: Scores
    by_family: dict[str, Scores]
    by_accelerator: dict[str, Scores]
    rows: int
    fit_s: float
    points: dict[str, list[Any]] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it, without the points."""
        return {
            "split": self.split,
            "kind": self.kind,
            "target": self.target.value,
            "unit": self.target.unit,
            "rows": self.rows,
            "all": self.all.to_mapping(),
            "by_family": {name: scores.to_mapping() for name, scores in self.by_family.items()},
            "by_accelerator": {name: scores.to_mapping() for name, scores in self.by_accelerator.items()},
        }


def evaluate(rows: Rows, wish: Wish, tell: Tell | None = None) -> Iterator[Judged]:
    """Fit every kind to the training part of every split and judge it on the test part.

    Raises:
        InputError: a split that the data set does not have.
    """
    steps = [(split, target, kind) for split in wish.splits for target in wish.targets for kind in wish.kinds]
    for number, (split, target, kind) in enumerate(steps):
        if tell is not None:
            tell(number / len(steps), f"{kind} of {target} on {split}")
        train, test = rows.split(split)
        start = time.perf_counter()
        trained = Trained.fit(kind, train, target, wish.seed)
        took = time.perf_counter() - start
        yield judged(trained, test, split, len(train), took)


def judged(trained: Trained, test: Rows, split: str = "", rows: int = 0, fit_s: float = 0.0) -> Judged:
    """Scores of a trained predictor on networks that it never saw."""
    target = trained.predictor.target
    found = trained.predict(test.batch)
    measured = measured_of(test, target)
    interval = (found.low, found.high)

    def part(which: Any) -> Scores:
        return scores_of(
            measured[which], found.values[which], (interval[0][which], interval[1][which]), found.outside[which]
        )

    def parts(column: str) -> dict[str, Scores]:
        values = test.table[column].astype(str).to_numpy()
        return {name: part(np.flatnonzero(values == name)) for name in np.unique(values)}

    some = np.random.default_rng(0).permutation(len(test))[:LISTED]
    points = {
        "measured": measured[some].tolist(),
        "predicted": found.values[some].tolist(),
        "low": found.low[some].tolist(),
        "high": found.high[some].tolist(),
        "family": test.table["family"].astype(str).iloc[some].tolist(),
        "outside": found.outside[some].tolist(),
    }
    everything = part(np.arange(len(test)))
    on_each = {} if target is Target.ACCURACY else parts("accelerator")
    return Judged(split, trained.predictor.kind, target, everything, parts("family"), on_each, rows, fit_s, points)


def measured_of(rows: Rows, target: Target) -> Reals:
    """[networks] in the target's unit."""
    values = rows.measured[target.fitted]
    if target is Target.ACCURACY:
        return 1 - values
    latency_ms = values / (rows.batch.clock_mhz * 1e3)
    return {Target.LATENCY: latency_ms, Target.THROUGHPUT: 1e3 / latency_ms}.get(target, values)


def splits_in(rows: Rows, wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of some splits that the data set has both parts of.

    Raises:
        InputError: it has none of them.
    """
    found = tuple(name for name in wanted if _has(rows, name))
    if not found:
        raise InputError(f"the data set has none of the splits {', '.join(wanted)}: a campaign assigns them")
    return found


def _has(rows: Rows, name: str) -> bool:
    column = rows.table.get(f"split_{name}")
    return column is not None and {"train", "test"} <= set(column.dropna())


def leaderboard(found: Iterable[Judged]) -> list[dict[str, Any]]:
    """One line per split, target and kind, best first."""
    ordered = sorted(found, key=lambda j: (j.split, j.target.value, j.all.mape))
    return [{"split": j.split, "target": j.target.value, "kind": j.kind, **j.all.to_mapping()} for j in ordered]
