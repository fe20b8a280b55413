"""What one needs beside a predictor's ONNX file to get its values without this program."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from contracts.errors import InputError
from mlservice.predictors.batch import Batch
from mlservice.predictors.boosted import Boosted
from mlservice.predictors.predictor import Predictor, expert_of
from mlservice.predictors.targets import Target


def inputs_of(predictor: Predictor, batch: Batch) -> Iterator[dict[str, Any]]:
    """Of each network: `names` of features, `features` [k][features] and `scales` [k].

    The value in ms or mJ is the sum over k of exp(model(features[k])) x scales[k]; k counts passes of the array, or is 0 alone.

    Raises:
        InputError: the predictor is not boosted, or of accuracy.
    """
    if predictor.target is Target.ACCURACY:
        raise InputError("what is handed out adds up to a cost; take a predictor of latency or energy")
    if not isinstance(predictor, Boosted):
        raise InputError(f"a predictor of kind {predictor.kind!r} has no features to hand out; take a boosted one")
    form = predictor.form
    expert = expert_of(batch, predictor.target) if form.missed else np.ones(len(batch.owner))
    scales = expert if form.per_pass else batch.summed(expert) if form.missed else np.ones(len(batch))
    owner = batch.owner if form.per_pass else np.arange(len(batch))
    if predictor.target is Target.LATENCY:
        scales = scales / (batch.clock_mhz[owner] * 1e3)
    rows = batch.passes if form.per_pass else batch.networks
    for number in range(len(batch)):
        own = np.flatnonzero(owner == number)
        yield {"names": list(predictor.features), "features": rows[own].tolist(), "scales": scales[own].tolist()}
