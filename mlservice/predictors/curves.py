"""How many simulations are enough: learning curves, and whether choosing the next networks beats drawing them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.predictors.boosted import Growth, answers, grown
from mlservice.predictors.evaluate import measured_of
from mlservice.predictors.fit import fit_predictor
from mlservice.predictors.predictor import Reals, expert_log
from mlservice.predictors.rows import Rows
from mlservice.predictors.scores import scores_of
from mlservice.predictors.targets import Target

SIZES: Final = (50, 100, 200, 500, 1000, 2000, 5000)
COMMITTEE: Final = 5
_COMMITTEE_GROWTH: Final = Growth(iterations=200, depth=5, learning_rate=0.1, rows_sampled=0.6)
Point = dict[str, Any]
"""`name`, `simulations`, `mape`, `kendall`, `worst`."""


def learning_curve(
    rows: Rows, split: str, kinds: Sequence[str], target: Target, sizes: Sequence[int] = SIZES, seed: int = 0
) -> Iterator[Point]:
    """Errors on the test part after fitting to the first so many simulations, in one random order.

    Raises:
        InputError: the data set does not have the split.
    """
    train, test = rows.split(split)
    order = np.random.default_rng(seed).permutation(len(train))
    for size in (*(n for n in sizes if n < len(train)), len(train)):
        part = train.taken(order[:size])
        for kind in kinds:
            yield _point(kind, part, test, kind, target, seed)


def active_curve(
    rows: Rows,
    split: str,
    target: Target,
    start: int = 40,
    more: int = 40,
    rounds: int = 6,
    seed: int = 0,
    kind: str = "hybrid",
) -> Iterator[Point]:
    """Two curves from one start: the networks that a committee agrees on least, and networks drawn at random.

    Raises:
        InputError: the data set has fewer networks to train on than the rounds use up.
    """
    train, test = rows.split(split)
    if start + more * rounds > len(train):
        raise InputError(
            f"{rounds} rounds use {start + more * rounds} networks; the split has {len(train)} to train on"
        )
    rng = np.random.default_rng(seed)
    first = rng.permutation(len(train))
    for name in ("random", "active"):
        known, left = first[:start], first[start:]
        yield _point(name, train.taken(known), test, kind, target, seed)
        for _ in range(rounds):
            drawn = rng.permutation(left)[:more]
            new = choose(train, known, left, target, more, seed) if name == "active" else drawn
            known, left = np.concatenate([known, new]), np.setdiff1d(left, new)
            yield _point(name, train.taken(known), test, kind, target, seed)


def choose(
    rows: Rows, known: NDArray[np.int64], left: NDArray[np.int64], target: Target, count: int, seed: int = 0
) -> NDArray[np.int64]:
    """The networks to simulate next: those that a committee of quickly fitted predictors agrees on least, none near another.

    Args:
        rows: all of them; of those in `left`, only features are looked at.
        known: simulated already.
        left: to choose from.
        target: what is to be predicted.
        count: how many.
        seed: of the committee.
    """
    spread = disagreement(rows, known, left, target, seed)
    order = left[np.argsort(-spread, kind="stable")]
    return _apart(rows.batch.networks, order, count)


def disagreement(rows: Rows, known: NDArray[np.int64], left: NDArray[np.int64], target: Target, seed: int = 0) -> Reals:
    """[left] standard deviation of what the members say of log(measured / expert)."""
    fitted = rows.taken(known)
    missed = np.log(fitted.measured[target]) - expert_log(fitted.batch, target)
    said = [
        answers(grown(fitted.batch.networks, missed, _COMMITTEE_GROWTH, seed + member), rows.batch.networks[left])
        for member in range(COMMITTEE)
    ]
    found: Reals = np.std(said, axis=0)
    return found


def _apart(features: NDArray[np.float32], order: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first ones of an order, but for those nearer to a chosen one than most pairs are: twins teach the same."""
    scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-6)
    sample = scaled[order[: 4 * count]]
    near = np.quantile(np.linalg.norm(sample[:, None] - sample[None], axis=2), 0.05)
    chosen: list[int] = []
    for number in order[: 8 * count]:
        if len(chosen) == count:
            break
        if not chosen or np.linalg.norm(scaled[chosen] - scaled[number], axis=1).min() > near:
            chosen.append(int(number))
    rest = [int(number) for number in order if int(number) not in chosen]
    return np.asarray(chosen + rest[: count - len(chosen)])


def _point(name: str, part: Rows, test: Rows, kind: str, target: Target, seed: int) -> Point:
    predictor = fit_predictor(kind, part, target, seed)
    scale = 1 / (test.batch.clock_mhz * 1e3) if target is Target.LATENCY else 1.0
    found = scores_of(measured_of(test, target), np.exp(predictor.logs(test.batch)) * scale)
    shown = {"mape": found.mape, "kendall": found.kendall, "worst": found.worst}
    return {"name": name, "simulations": len(part), **shown}
