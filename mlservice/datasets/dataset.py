"""What a data set is here: pixels, labels, two or three splits and an origin."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.datasets.pixels import Pixels, pick, update_digest


def as_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels as a network reads them: 0 to 255/256.

    Divided by 256, not 255: an 8-bit input with the power-of-two scale 1/256 then holds every pixel exactly.
    """
    return pixels.astype(np.float32) / np.float32(256)


@dataclass(frozen=True)
class Split:
    """Images with their labels.

    Attributes:
        pixels: `(images, channels, height, width)`, 0 to 255: an array, or images that are decoded when they are asked for
            (`pixels[:]` has all in memory).
        labels: `(images,)`, from 0.
    """

    pixels: Pixels
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.pixels.shape) != 4 or self.labels.shape != self.pixels.shape[:1]:
            shapes = f"pixels {self.pixels.shape} and labels {self.labels.shape}"
            raise InputError(f"{shapes} do not belong together: give (images, channels, height, width) and (images,)")

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Split":
        """The first `count` images, or all where there are fewer."""
        if isinstance(self.pixels, np.ndarray):
            return Split(self.pixels[:count], self.labels[:count])
        return self.take(np.arange(min(count, len(self))))

    def take(self, rows: NDArray[np.int64]) -> "Split":
        """The images of these numbers, in this order."""
        return Split(pick(self.pixels, rows), self.labels[rows])

    def divide(self, share: float, seed: int = 0) -> tuple["Split", "Split"]:
        """What stays and what is set apart: about `share` of the images of each class, at least one where there are two.

        Both keep the order of the images; the same seed sets the same images apart.

        Raises:
            InputError: the share is not between 0 and 1, or nothing would be left.
        """
        if not 0 < share < 1:
            raise InputError(f"a share of {share} of the images is to be set apart: give one between 0 and 1")
        random = np.random.default_rng(seed)
        apart = np.zeros(len(self), bool)
        for label in np.unique(self.labels):
            rows = random.permutation(np.flatnonzero(self.labels == label))
            apart[rows[: min(max(1, round(share * len(rows))), len(rows) - 1)]] = True
        if not apart.any():
            raise InputError(
                f"none of {len(self)} images can be set apart: every class has one image alone; give more images, or set none apart"
            )
        return self.take(np.flatnonzero(~apart)), self.take(np.flatnonzero(apart))


@dataclass(frozen=True)
class Dataset:
    """A training and a test split, and images that choices are made on.

    Attributes:
        name: such as `Fashion-MNIST`.
        origin: where these files came from, in words for a report.
        classes: number of labels.
        validation: images that are neither trained on nor tested on; none where all of the training data is trained on.

    Raises:
        InputError: there is one class alone, a label is out of range, a split is empty, or the splits' images differ in shape.
    """

    name: str
    origin: str
    classes: int
    training: Split
    test: Split
    validation: Split | None = None

    def __post_init__(self) -> None:
        if self.classes < 2 or len(np.unique(self.training.labels)) < 2:
            raise InputError(f"{self.name} has training images of one class alone: give images of at least two")
        for what, split in (("training", self.training), ("test", self.test), ("validation", self.validation)):
            if split is not None:
                self._check(what, split)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.training.pixels.shape[1:]
        return channels, height, width

    def hold_out(self, share: float = 0.1, seed: int = 0) -> "Dataset":
        """The same with `share` of the training images of each class as validation split; as it is where there is one already."""
        if self.validation is not None:
            return self
        training, validation = self.training.divide(share, seed)
        return replace(self, training=training, validation=validation)

    def digest(self) -> str:
        """SHA-256 of every pixel and label, in hexadecimal; of names, sizes and times of files that are decoded late."""
        total = hashlib.sha256(self.name.encode())
        for split in (self.training, self.test, *([] if self.validation is None else [self.validation])):
            update_digest(total, split.pixels)
            total.update(np.ascontiguousarray(split.labels).data)
        return total.hexdigest()

    def _check(self, what: str, split: Split) -> None:
        if not len(split):
            raise InputError(f"{self.name} has no {what} images; give some of each class")
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= self.classes:
            raise InputError(
                f"{self.name}'s {what} labels are {low} to {high}; with {self.classes} classes they are 0 to"
                f" {self.classes - 1}; leave out images of classes that have no training image"
            )
        if split.pixels.shape[1:] != self.training.pixels.shape[1:]:
            raise InputError(
                f"{self.name}'s {what} images are {split.pixels.shape[1:]} (channels, height, width), its training images"
                f" {self.training.pixels.shape[1:]}; give all of them the same channels, height and width"
            )
