"""Eight bits cost the demonstration's trained network less than half a point of accuracy."""

import pytest

from contracts.quantisation import QuantiseOptions
from hwservice import pipeline
from hwservice.run.request import CompileRequest, EvaluateRequest
from hwservice.run.watch import Watch
from tests.hwservice.test_whole_split import TRAINED

LARGEST_DROP = 0.005


@pytest.mark.slow
@pytest.mark.skipif(not TRAINED, reason="`make demo` has not trained a network on this machine")
@pytest.mark.parametrize("scales", ["general", "power-of-two"])
def test_the_demonstrations_network_keeps_its_accuracy_on_its_whole_test_split(scales: str) -> None:
    folder = TRAINED[-1].parent
    options = QuantiseOptions(scales)
    compiled = CompileRequest(TRAINED[-1], calibration=folder / "calibration.npz", quantise=options)
    found = pipeline.evaluate(EvaluateRequest(compiled, folder / "test.npz"), Watch(pipeline.EVALUATE_PHASES))
    assert found.accuracy_int8 >= found.accuracy_float - LARGEST_DROP
