"""Folders of images, one folder for each class: `train/CLASS/*.png` beside `test/CLASS/*.png`, or `CLASS/*.png` alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from contracts.errors import InputError
from mlservice.datasets.dataset import Dataset, Split
from mlservice.datasets.pixels import Geometry, ImageFile, ImageFiles

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
_TRAINING: Final = ("train", "training")
_VALIDATION: Final = ("val", "valid", "validation")
TEST_SHARE: Final = 0.2
"""Of the images, where a data set comes without a test split."""


def read(folder: Path, image_size: int | None = None) -> Dataset:
    """A folder of the user's own; grey images where the first one is grey.

    Where there is a `test` folder beside `train`, a `val` folder is the validation split; without `test` it is tested on. Without either,
    a fifth of each class, chosen by a fixed seed, is tested on.

    Args:
        image_size: height and width to which all are scaled and cut; as they are where absent.

    Raises:
        InputError: there is no class folder, no image, a class that a split has and the training images lack, or a file that is no image.
    """
    training = _first_of(folder, _TRAINING)
    names = class_names(training or folder)
    first = images_of((training or folder) / names[0])[0]
    geometry = Geometry(image_size, grey=is_grey(first))
    if training is None:
        rest, test = split_of(folder, names, geometry).divide(TEST_SHARE)
        return Dataset(folder.name, f"folder {folder}, a fifth of it set apart for the test", len(names), rest, test)
    validation = _first_of(folder, _VALIDATION)
    test_folder = _first_of(folder, ("test",)) or validation
    whole = split_of(training, names, geometry)
    if test_folder is None:
        rest, test = whole.divide(TEST_SHARE)
        return Dataset(folder.name, f"folder {training}, a fifth of it set apart for the test", len(names), rest, test)
    apart = split_of(validation, names, geometry) if validation and validation != test_folder else None
    return Dataset(folder.name, f"folder {folder}", len(names), whole, split_of(test_folder, names, geometry), apart)


def class_names(folder: Path) -> list[str]:
    """Names of the class folders, sorted: the label is the place in this list.

    Raises:
        InputError: the folder cannot be read or has none.
    """
    try:
        names = sorted(each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}") from error
    if not names:
        raise InputError(f"{folder} has no folders of classes: put each class's images into a folder of its name")
    return names


def split_of(folder: Path, names: Sequence[str], geometry: Geometry) -> Split:
    """The images of a folder's classes, decoded when they are asked for.

    Raises:
        InputError: a class folder is unknown or empty.
    """
    found = class_names(folder)
    unknown = sorted(set(found) - set(names))
    if unknown:
        raise InputError(
            f"{folder} has the class {unknown[0]!r}, which the training images lack: {', '.join(names[:20])}"
        )
    files, labels = list[ImageFile](), list[int]()
    for name in found:
        here = images_of(folder / name)
        files += here
        labels += [names.index(name)] * len(here)
    return Split(ImageFiles(files, geometry), np.array(labels, np.int64))


def images_of(folder: Path) -> list[ImageFile]:
    """Image files of a folder, sorted by name.

    Raises:
        InputError: it has none.
    """
    found = sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)
    if not found:
        raise InputError(f"{folder} has no images: expected files that end in {', '.join(SUFFIXES)}")
    return [ImageFile(each) for each in found]


def is_grey(file: ImageFile) -> bool:
    """The image has no colour channels."""
    from PIL import Image  # noqa: PLC0415  # only image files need it

    try:
        with Image.open(file.path) as image:
            return image.mode in ("1", "L", "LA")
    except (OSError, SyntaxError) as error:
        raise InputError(f"{file.path} cannot be read as an image: {error}") from error


def _first_of(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)
