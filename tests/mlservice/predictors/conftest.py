from collections.abc import Iterator

import pandas as pd
import pytest

from mlservice.predictors import boosted
from mlservice.predictors.boosted import Growth
from mlservice.predictors.fit import Trained
from mlservice.predictors.rows import Rows, rows_of
from mlservice.predictors.targets import Target
from tests.mlservice.predictors.made import tables


@pytest.fixture(scope="session", autouse=True)
def _quickly_grown() -> Iterator[None]:
    """Fewer trees, as there are few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted, "NETWORK_GROWTH", Growth(iterations=250, depth=5, learning_rate=0.15))
        patch.setattr(boosted, "PASS_GROWTH", Growth(iterations=200, depth=6, learning_rate=0.15))
        yield


@pytest.fixture(scope="session")
def made() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A data set's two tables."""
    return tables(240)


@pytest.fixture(scope="session")
def rows(made: tuple[pd.DataFrame, pd.DataFrame]) -> Rows:
    return rows_of(*made)


@pytest.fixture(scope="session")
def hybrid(rows: Rows) -> Trained:
    """Fitted to the training part of the random split."""
    return Trained.fit("hybrid", rows.split("random")[0], Target.LATENCY)
