"""How a map lies in the user's arrays: the order of its axes.

An order names the axes after the batch by letters: `chw` is PyTorch's, `hwc` TensorFlow's, `cw` that of one-dimensional networks. An axis
that is left out has the extent 1.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CANONICAL: Final = "chw"


def map_size(shape: tuple[int, ...], order: str) -> tuple[int, int, int]:
    """Channels, height and width. Example: (49, 10, 1) in `hwc` is (1, 49, 10)."""
    extents = dict(zip(order, shape, strict=True))
    return extents.get("c", 1), extents.get("h", 1), extents.get("w", 1)


def to_maps(values: NDArray[Any], order: str) -> NDArray[Any]:
    """[N, *shape] to [N, channels, height, width]."""
    size = map_size(values.shape[1:], order)
    present = [letter for letter in CANONICAL if letter in order]
    return np.transpose(values, [0, *(order.index(letter) + 1 for letter in present)]).reshape(len(values), *size)


def from_maps(maps: NDArray[Any], order: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """[N, channels, height, width] to [N, *shape], whose elements are in that order."""
    letters = order + "".join(letter for letter in CANONICAL if letter not in order)
    return np.transpose(maps, [0, *(CANONICAL.index(letter) + 1 for letter in letters)]).reshape(len(maps), *shape)
