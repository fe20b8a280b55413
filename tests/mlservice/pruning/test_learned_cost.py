"""A predictor of the registry prices structures as the RTL measured them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from contracts.accelerator import PRESETS
from contracts.structure import Structure
from mlservice.predictors.registry import Registry
from mlservice.predictors.rows import load
from mlservice.predictors.train import TrainWish, train
from mlservice.pruning.metrics import costs_of

SAMPLE = Path("datasets/sample")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    found = Registry(tmp_path_factory.mktemp("registry"))
    train(load(SAMPLE), TrainWish("board", "hybrid"), found)
    return found


@pytest.mark.parametrize("source", ["learned", "learned:board"])
def test_latency_is_foretold_for_networks_that_were_not_fitted_to(registry: Registry, source: str) -> None:
    table = pd.read_parquet(SAMPLE / "networks.parquet")
    unseen = table[(table.split_random == "test") & (table.accelerator == "pynq-8x32")].iloc[:40]
    cost = costs_of(source, PRESETS["pynq-8x32"], registry)["latency_ms"]
    foretold = cost.of([Structure.from_json(spec) for spec in unseen.spec])
    assert cost.unit == "ms"
    assert np.abs(foretold / unseen.latency_ms.to_numpy() - 1).mean() < 0.03
