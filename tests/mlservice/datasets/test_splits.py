"""Images to choose by are set apart from those to train on, and never from those to test on."""

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.datasets import Dataset, Split, digits


@pytest.fixture(scope="module")
def whole() -> Dataset:
    return digits.read("scikit-learn")


def test_a_tenth_of_every_class_is_set_apart_and_the_test_images_are_left_alone(whole: Dataset) -> None:
    held = whole.hold_out(0.1, seed=3)
    assert held.validation is not None
    assert held.test is whole.test
    assert len(held.training) + len(held.validation) == len(whole.training)
    for label in range(10):
        count = int((whole.training.labels == label).sum())
        assert int((held.validation.labels == label).sum()) == round(0.1 * count)
    together = np.concatenate([held.training.pixels[:], held.validation.pixels[:]])
    assert sorted(image.tobytes() for image in together) == sorted(i.tobytes() for i in whole.training.pixels[:])


def test_the_seed_alone_says_which_images_are_set_apart(whole: Dataset) -> None:
    assert whole.hold_out(0.1, seed=1).digest() == whole.hold_out(0.1, seed=1).digest()
    assert whole.hold_out(0.1, seed=1).digest() != whole.hold_out(0.1, seed=2).digest()


def test_a_validation_split_that_is_there_is_kept(whole: Dataset) -> None:
    held = whole.hold_out(0.1)
    assert held.hold_out(0.5) is held


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(whole: Dataset, share: float) -> None:
    with pytest.raises(InputError, match="give one between 0 and 1"):
        whole.hold_out(share)


def split(labels: list[int], channels: int = 1) -> Split:
    return Split(np.zeros((len(labels), channels, 4, 4), np.uint8), np.array(labels, np.int64))


def test_images_of_one_class_alone_are_refused() -> None:
    with pytest.raises(InputError, match="one class alone"):
        Dataset("mine", "here", 2, split([1, 1, 1]), split([0, 1]))


def test_a_label_out_of_range_is_refused_with_its_value() -> None:
    with pytest.raises(InputError, match="test labels are 0 to 5; with 3 classes they are 0 to 2"):
        Dataset("mine", "here", 3, split([0, 1, 2]), split([0, 5]))


def test_splits_of_different_channels_are_refused_with_both_shapes() -> None:
    with pytest.raises(InputError, match=r"test images are \(3, 4, 4\) .* its training images \(1, 4, 4\)"):
        Dataset("mine", "here", 2, split([0, 1]), split([0, 1], channels=3))


def test_a_class_of_one_image_keeps_it_for_training() -> None:
    rest, apart = split([0, 0, 0, 0, 1]).divide(0.25)
    assert rest.labels.tolist() == [0, 0, 0, 1]
    assert apart.labels.tolist() == [0]
