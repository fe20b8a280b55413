"""What a data set is here: pixels, labels, two splits and an origin."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError


def as_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels as a network reads them: 0 to 255/256.

    Divided by 256, not 255: an 8-bit input with the power-of-two scale 1/256 then holds every pixel exactly.
    """
    return pixels.astype(np.float32) / np.float32(256)


@dataclass(frozen=True)
class Split:
    """Images with their labels.

    Attributes:
        pixels: `(images, channels, height, width)`, 0 to 255.
        labels: `(images,)`, from 0.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.labels.shape != self.pixels.shape[:1]:
            shapes = f"pixels {self.pixels.shape} and labels {self.labels.shape}"
            raise InputError(f"{shapes} do not belong together: give (images, channels, height, width) and (images,)")

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Split":
        """The first `count` images, or all where there are fewer."""
        return Split(self.pixels[:count], self.labels[:count])


@dataclass(frozen=True)
class Dataset:
    """A training and a test split.

    Attributes:
        name: such as `Fashion-MNIST`.
        origin: where these files came from, in words for a report.
        classes: number of labels.
    """

    name: str
    origin: str
    classes: int
    training: Split
    test: Split

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.training.pixels.shape[1:]
        return channels, height, width

    def digest(self) -> str:
        """SHA-256 of every pixel and label, in hexadecimal."""
        total = hashlib.sha256(self.name.encode())
        for split in (self.training, self.test):
            total.update(repr(split.pixels.shape).encode())
            total.update(np.ascontiguousarray(split.pixels).data)
            total.update(np.ascontiguousarray(split.labels).data)
        return total.hexdigest()
