"""Training stops and resumes anywhere with the same weights, bit for bit."""

import io

import pytest
import torch

from contracts.errors import CancelledError, InputError
from mlservice.datasets import Split, digits
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.training import Trainer, TrainingOptions
from mlservice.training.trainer import learning_rate

OPTIONS = TrainingOptions(epochs=2, batch_images=32)


@pytest.fixture(scope="module")
def few() -> Split:
    return digits.read("scikit-learn").training.first(160)


def fresh(split: Split) -> Trainer:
    torch.manual_seed(0)
    return Trainer(ResNet8(ResNet8Options((4, 4, 8), 1)), split, OPTIONS)


@pytest.mark.parametrize("stop", [1, 5, 7])
def test_a_run_resumed_from_a_checkpoint_ends_with_the_same_weights(few: Split, stop: int) -> None:
    whole = fresh(few)
    whole.run()
    interrupted = fresh(few)
    with pytest.raises(CancelledError, match=f"step {stop} of 10"):
        interrupted.run(cancelled=lambda: interrupted.step == stop)
    file = io.BytesIO()
    torch.save(interrupted.state(), file)
    file.seek(0)
    resumed = fresh(few)
    resumed.restore(torch.load(file, weights_only=True))
    resumed.run()
    assert resumed.loss == whole.loss
    for one, other in zip(resumed.network.state_dict().values(), whole.network.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_the_learning_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    shares = [0.0, 0.1, 0.25, 0.6, 1.0]
    rates = [learning_rate(OPTIONS, share) for share in shares]
    assert rates[0] == pytest.approx(0.3 / 25)
    assert max(rates) == rates[2] == pytest.approx(0.3)
    assert rates[4] < 1e-5


def test_fewer_images_than_a_batch_are_refused(few: Split) -> None:
    with pytest.raises(InputError, match="8 training images are fewer than a batch of 32"):
        fresh(few.first(8))
