"""Data sets as NumPy archives, the form in which users hand in their own: arrays of pixels and of labels.

Names of the arrays, as Keras has them (`x_train`, `y_train`, `x_test`, `y_test`) or MedMNIST (`train_images`, `train_labels`, `val_images`, ...);
`input` and `label` alone are divided by a fixed seed. Pixels are `(images, height, width)`, with 1 or 3 channels behind or before height and width;
bytes, or fractions of white from 0 to 1.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.datasets.dataset import Dataset, Split
from mlservice.datasets.folders import TEST_SHARE

MAPPED_BYTES: Final = 1 << 28
"""Larger arrays that are stored without compression stay on disk and are mapped."""
UNPACKED_BYTES: Final = 4 << 30
"""Larger arrays that are compressed are refused."""

_PAIRS: Final = {
    "training": (("x_train", "y_train"), ("train_images", "train_labels"), ("input", "label"), ("images", "labels")),
    "validation": (("x_val", "y_val"), ("x_valid", "y_valid"), ("val_images", "val_labels")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
_PIXEL_CHANNELS: Final = (1, 3)
_WHITE: Final = 255


def read(path: Path) -> Dataset:
    """Read an archive; classes are counted from its labels.

    Raises:
        InputError: it is no archive of arrays, arrays are missing, shapes do not belong together, pixels are no bytes or fractions (or not
            numbers at all), labels are no whole numbers from 0 or leave one out, or it has one class alone; the message names the array.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {what: _split(path, archive, what) for what in _PAIRS}
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path} cannot be read as a NumPy archive (npz): {error}") from error
    training, test = found["training"], found["test"]
    if training is None:
        raise InputError(f"{path} has no training images: name its arrays {_names('training')}")
    classes = _classes(path, training)
    if test is not None:
        return Dataset(path.stem, f"file {path}", classes, training, test, found["validation"])
    rest, test = training.divide(TEST_SHARE)
    return Dataset(
        path.stem, f"file {path}, a fifth of it set apart for the test", classes, rest, test, found["validation"]
    )


def _split(path: Path, archive: zipfile.ZipFile, what: str) -> Split | None:
    names = set(archive.namelist())
    for images, labels in _PAIRS[what]:
        if f"{images}.npy" in names:
            if f"{labels}.npy" not in names:
                raise InputError(f"{path} has {images} without {labels}: add the class of each image")
            pixels = _pixels(path, images, _array(path, archive, images))
            return Split(pixels, _labels(path, labels, _array(path, archive, labels)))
    return None


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    entry = archive.getinfo(f"{name}.npy")
    try:
        if entry.compress_type == zipfile.ZIP_STORED and entry.file_size > MAPPED_BYTES:
            return _mapped(path, archive, entry)
        if entry.file_size > UNPACKED_BYTES:
            raise ValueError(f"it unpacks to {entry.file_size} bytes: save it uncompressed (numpy.savez), to be mapped")
        with archive.open(entry) as file:
            values: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            return values
    except (ValueError, RuntimeError) as error:
        raise InputError(f"{name} of {path} cannot be read: {error}") from error


def _mapped(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """An array that stays where it lies within the archive."""
    with archive.open(entry) as inside, path.open("rb") as file:
        version = np.lib.format.read_magic(inside)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, kind = read_header(inside)
        if kind.hasobject:
            raise ValueError("it holds Python objects")
        # A local header has 30 bytes, then name and extra field, whose lengths it holds at 26 and 28.
        file.seek(entry.header_offset + 26)
        lengths = np.frombuffer(file.read(4), "<u2")
        start = entry.header_offset + 30 + int(lengths.sum()) + inside.tell()
    return np.memmap(path, kind, "r", start, shape, "F" if fortran else "C")


def _pixels(path: Path, name: str, given: NDArray[Any]) -> NDArray[np.uint8]:
    """As bytes, channels before height and width."""
    values = _bytes(path, name, given)
    if values.ndim == 3:
        return values[:, np.newaxis]
    shape = values.shape
    if values.ndim != 4 or not (shape[1] in _PIXEL_CHANNELS or shape[3] in _PIXEL_CHANNELS):
        raise InputError(
            f"{name} of {path} has the shape {shape}: give (images, height, width), with 1 or 3 channels behind or before"
            " height and width"
        )
    return values.transpose(0, 3, 1, 2) if shape[3] in _PIXEL_CHANNELS else values


def _bytes(path: Path, name: str, given: NDArray[Any]) -> NDArray[np.uint8]:
    if not given.size:
        raise InputError(f"{name} of {path} is empty: its shape is {given.shape}")
    if given.dtype == np.uint8:
        return given
    if not np.issubdtype(given.dtype, np.floating):
        raise InputError(f"{name} of {path} holds {given.dtype}: give bytes (uint8), or fractions from 0 to 1")
    least, most = np.min(given), np.max(given)
    if not (np.isfinite(least) and np.isfinite(most)):
        raise InputError(f"{name} of {path} has values that are no numbers (NaN or infinite): remove those images")
    if least < 0 or most > 1:
        raise InputError(f"{name} of {path} has values from {least} to {most}: give fractions from 0 to 1, or bytes")
    values: NDArray[np.uint8] = np.rint(given * np.asarray(_WHITE, given.dtype)).astype(np.uint8)
    return values


def _labels(path: Path, name: str, given: NDArray[Any]) -> NDArray[np.int64]:
    if given.ndim == 2 and given.shape[1] == 1:  # MedMNIST's
        given = given[:, 0]
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer):
        raise InputError(
            f"{name} of {path} is {given.dtype} of shape {given.shape}: give one whole number for each image"
        )
    return given.astype(np.int64)


def _classes(path: Path, training: Split) -> int:
    present = np.unique(training.labels)
    if present[0] < 0:
        raise InputError(f"{path} has the label {present[0]}: count classes from 0")
    missing = np.setdiff1d(np.arange(int(present[-1]) + 1), present) if present[-1] < len(training) else present[-1:]
    if len(missing):
        raise InputError(
            f"{path} has labels up to {present[-1]}, and no training image of class {missing[0]}: number the classes from"
            " 0 without a hole"
        )
    return int(present[-1]) + 1


def _names(what: str) -> str:
    return ", or ".join(f"{images} and {labels}" for images, labels in _PAIRS[what])
