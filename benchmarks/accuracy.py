"""How well accuracy is foretold for structures that were never seen: `python -m benchmarks.accuracy --data DIR`.

Groups of near-duplicates are dealt into five folds; each fold is foretold by a predictor that was fitted to the four others, as
`predictors train` fits it. Rank correlation (Kendall) of foretold and trained accuracy, within each family and over all; and that of two
trainings of the same networks with different seeds, which no predictor can beat for long. The exit status is 1 where the best kind falls short
of the limit in some family.
"""

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from contracts.training import TRAINING
from mlservice.predictors.evaluate import measured_of
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import ACCURACY_KINDS
from mlservice.predictors.rows import Rows, load
from mlservice.predictors.targets import Target

FOLDS: Final = 5
LEAST_KENDALL: Final = 0.7
Reals = NDArray[np.float64]


def folds_of(rows: Rows) -> NDArray[np.int64]:
    """[networks] the fold of each, by the name of its group."""
    names = rows.table["group"].astype(str)
    return np.asarray([hashlib.sha256(name.encode()).digest()[0] % FOLDS for name in names])


def foretold(rows: Rows, kind: str) -> tuple[Reals, NDArray[np.bool_]]:
    """[networks] accuracy by a predictor that saw no network of the same fold, and whether its interval holds the trained one."""
    folds, values, held = folds_of(rows), np.empty(len(rows)), np.empty(len(rows), bool)
    measured = measured_of(rows, Target.ACCURACY)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        found = Trained.fit(kind, rows.taken(inside), Target.ACCURACY).predict(rows.taken(outside).batch)
        values[outside] = found.values
        held[outside] = (found.low <= measured[outside]) & (measured[outside] <= found.high)
    return values, held


def kendall(one: Any, other: Any) -> float:
    """Rank correlation."""
    return float(kendalltau(one, other).statistic)


def chance(folder: Path) -> None:
    """Say how far two trainings of one network agree."""
    table = pd.read_parquet(folder / f"{TRAINING}.parquet")
    pairs = table.pivot_table(index=["family", "structure"], columns="seed", values="accuracy").dropna()
    if pairs.shape[1] == 2 and len(pairs):
        one, other = pairs.iloc[:, 0], pairs.iloc[:, 1]
        spread = float((one - other).std() / 2**0.5)
        print(
            f"two seeds, {len(pairs)} networks: Kendall {kendall(one, other):.3f}, standard deviation of one training {spread:.4f}"
        )


def main() -> int:
    """Print a line for each kind; 1 where the best of them falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data set whose campaign trained networks")
    options = parser.parse_args()
    rows = load(options.data, Target.ACCURACY)
    measured, families = measured_of(rows, Target.ACCURACY), rows.table["family"].astype(str).to_numpy()
    print(f"{len(rows)} trained networks, digest {rows.digest}, accuracy {measured.min():.3f} to {measured.max():.3f}")
    chance(options.data)
    worst = {}
    for kind in ACCURACY_KINDS:
        values, held = foretold(rows, kind)
        found = {str(f): kendall(values[families == f], measured[families == f]) for f in np.unique(families)}
        worst[kind] = min(found.values())
        told = ", ".join(f"{family} {value:.3f}" for family, value in found.items())
        error = float(np.abs(values - measured).mean())
        print(
            f"{kind:8} Kendall {told}, all {kendall(values, measured):.3f}; mean error {error:.4f}; 90 % intervals hold {held.mean():.1%}"
        )
    return int(max(worst.values()) < LEAST_KENDALL)


if __name__ == "__main__":
    sys.exit(main())
