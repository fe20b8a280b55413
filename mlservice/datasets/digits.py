"""scikit-learn's handwritten digits: 1,797 grey images of 8 x 8 pixels, which the package brings along."""

from typing import Final

import numpy as np

from mlservice.datasets.dataset import Dataset, Split

SAYS: Final = "1,797 grey images of handwritten digits"
IMAGE_SHAPE: Final = (1, 8, 8)
CLASSES: Final = 10
_TEST_IMAGES: Final = 360


def read(origin: str) -> Dataset:
    """The digits, shuffled once by a fixed seed; the last 360 are the test split."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - scikit-learn takes a second to import

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    # Grey values are 0 to 16.
    pixels = np.minimum(images[order].reshape(-1, *IMAGE_SHAPE) * 16, 255).astype(np.uint8)
    classes = labels[order].astype(np.int64)
    training = Split(pixels[:-_TEST_IMAGES], classes[:-_TEST_IMAGES])
    return Dataset("digits", origin, CLASSES, training, Split(pixels[-_TEST_IMAGES:], classes[-_TEST_IMAGES:]))
