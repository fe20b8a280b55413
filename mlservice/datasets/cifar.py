"""CIFAR-10 and CIFAR-100: 60,000 colour images of 32 x 32 pixels in ten or a hundred classes (Krizhevsky, 2009).

Read as published: the "python version" (pickles) or the "binary version" (records of label bytes and 3,072 pixels).
Source of both formats: https://www.cs.toronto.edu/~kriz/cifar.html
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.datasets.dataset import Dataset, Split
from mlservice.datasets.pickled import PickleError, read_arrays

_SHAPE: Final = (3, 32, 32)
_PIXELS: Final = 3 * 32 * 32


@dataclass(frozen=True)
class Variant:
    """One of the two data sets.

    Attributes:
        folders: names of the published archives' folders.
        training, test: names of the pickles; binary files are named the same with `.bin`.
        label: the pickles' key of the classes.
        label_bytes: at the head of a binary record; the last of them is the class.
    """

    name: str
    classes: int
    folders: tuple[str, str]
    training: tuple[str, ...]
    test: str
    label: bytes
    label_bytes: int


CIFAR10: Final = Variant(
    "CIFAR-10",
    10,
    ("cifar-10-batches-py", "cifar-10-batches-bin"),
    tuple(f"data_batch_{number}" for number in range(1, 6)),
    "test_batch",
    b"labels",
    1,
)
CIFAR100: Final = Variant(
    "CIFAR-100", 100, ("cifar-100-python", "cifar-100-binary"), ("train",), "test", b"fine_labels", 2
)


def find(variant: Variant, folder: Path) -> Path | None:
    """The folder itself or a known one below it that holds the test images; none where there is no such folder."""
    candidates = [folder, *(folder / name for name in variant.folders)]
    return next((each for each in candidates if _is_one(variant, each)), None)


def read(variant: Variant, folder: Path, origin: str) -> Dataset:
    """Read a folder that `find` returned.

    Raises:
        InputError: a file is missing, damaged or of another size than images have, or a label is out of range.
    """
    training = [_batch(variant, folder, name) for name in variant.training]
    pixels, labels = (np.concatenate(parts) for parts in zip(*training, strict=True))
    return Dataset(
        variant.name, origin, variant.classes, Split(pixels, labels), Split(*_batch(variant, folder, variant.test))
    )


def _is_one(variant: Variant, folder: Path) -> bool:
    """CIFAR-100's files have names that other data sets use too: its label names tell it apart."""
    names = (variant.test, f"{variant.test}.bin")
    if variant is CIFAR100 and not any((folder / f).is_file() for f in ("meta", "fine_label_names.txt")):
        return False
    return any((folder / name).is_file() for name in names)


def _batch(variant: Variant, folder: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pickled, binary = folder / name, folder / f"{name}.bin"
    if binary.is_file():
        return _from_records(variant, binary)
    if pickled.is_file():
        return _from_pickle(variant, pickled)
    raise InputError(f"{folder} lacks {variant.name}'s {name} (or {name}.bin): unpack the archive anew")


def _from_records(variant: Variant, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    size = variant.label_bytes + _PIXELS
    content = np.fromfile(path, np.uint8)
    if not len(content) or len(content) % size:
        raise InputError(f"{path} has {len(content)} bytes: {variant.name}'s records have {size} bytes each")
    records = content.reshape(-1, size)
    return records[:, -_PIXELS:].reshape(-1, *_SHAPE), records[:, variant.label_bytes - 1].astype(np.int64)


def _from_pickle(variant: Variant, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    content = read_arrays(path)
    data, labels = (content.get(key) if isinstance(content, dict) else None for key in (b"data", variant.label))
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS:
        raise PickleError(f"{path} has no bytes (images, {_PIXELS}) under 'data': it is no {variant.name}")
    if not isinstance(labels, list) or not all(type(each) is int for each in labels):
        raise PickleError(f"{path} has no list of numbers under {variant.label.decode()!r}: it is no {variant.name}")
    return data.reshape(-1, *_SHAPE), np.array(labels, np.int64)
