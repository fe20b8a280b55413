"""The differentiable predictor: learns, tells which way costs go, and is kept without code."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from mlservice.predictors.features import PASS_FEATURES
from mlservice.predictors.rows import Rows
from mlservice.predictors.surrogate import FEATURES, Surrogate
from mlservice.predictors.targets import Target


@pytest.fixture(scope="module")
def surrogate(rows: Rows) -> Surrogate:
    return Surrogate.fit(rows.split("random")[0], Target.LATENCY, seed=0)


def test_it_learns_what_networks_cost(surrogate: Surrogate, rows: Rows) -> None:
    test = rows.split("random")[1]
    errors = np.abs(np.exp(surrogate.logs(test.batch)) / test.measured[Target.LATENCY] - 1)
    assert errors.mean() < 0.06


def test_wider_layers_cost_more_by_its_gradient(surrogate: Surrogate, rows: Rows) -> None:
    columns = [PASS_FEATURES.index(name) for name in FEATURES]
    features = torch.from_numpy(rows.batch.passes[:, columns]).requires_grad_()
    torch.exp(surrogate.cost(features)).sum().backward()  # type: ignore[no-untyped-call]  # torch's own
    assert features.grad is not None
    widths = features.grad[:, FEATURES.index("log_filters")]
    assert (widths > 0).float().mean() > 0.9


def test_it_is_kept_as_arrays_and_as_onnx(surrogate: Surrogate, rows: Rows, tmp_path: Path) -> None:
    surrogate.save(tmp_path)
    again = Surrogate.load(tmp_path, Target.LATENCY)
    assert (again.logs(rows.batch) == surrogate.logs(rows.batch)).all()
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    columns = [PASS_FEATURES.index(name) for name in FEATURES]
    (said,) = session.run(["predictions"], {"features": rows.batch.passes[:, columns]})
    assert np.log(rows.batch.summed(np.exp(said.astype(float)))) == pytest.approx(surrogate.logs(rows.batch), abs=1e-4)
