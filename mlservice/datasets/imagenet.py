"""ImageNet (ILSVRC2012): 1.28 million photographs in a thousand classes (Russakovsky et al., 2015), decoded when they are asked for.

Read as it lies on disks: `train/n01440764/*.JPEG`, and `val` either in such folders or flat, with the development kit's ground truth
or Kaggle's `LOC_val_solution.csv` beside it; or the published archives `ILSVRC2012_img_train.tar` and `ILSVRC2012_img_val.tar` beside
the unpacked development kit, which are read without unpacking them.
"""

import csv
import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from contracts.errors import InputError
from mlservice.datasets.dataset import Dataset, Split
from mlservice.datasets.folders import images_of
from mlservice.datasets.pixels import Geometry, ImageFile, ImageFiles

IMAGE_SIZE: Final = 224
_TRAINING_ARCHIVE: Final = "ILSVRC2012_img_train.tar"
_TEST_ARCHIVE: Final = "ILSVRC2012_img_val.tar"
_KIT: Final = Path("ILSVRC2012_devkit_t12") / "data"
_TRUTH: Final = "ILSVRC2012_validation_ground_truth.txt"
_SOLUTION: Final = "LOC_val_solution.csv"
_KAGGLE_LEVELS: Final = 3
_SYNSET: Final = re.compile(r"n\d{8}")
_BELOW: Final = (".", "imagenet", "ImageNet", "imagenet-1k", "ILSVRC2012", "ILSVRC/Data/CLS-LOC")

Files = Mapping[str, Sequence[ImageFile]]
"""By synset, such as n01440764, its images."""


def find(folder: Path) -> Path | None:
    """The folder itself or a known one below it that holds training images; none where there is no such folder."""
    return next((folder / below for below in _BELOW if _is_one(folder / below)), None)


def read(folder: Path, origin: str, image_size: int | None = None) -> Dataset:
    """Read a folder that `find` returned. The published validation images are the test split: labels of its test images are secret.

    Args:
        image_size: height and width, cut from the middle of images whose shorter side is 8/7 of it; 224 where absent.

    Raises:
        InputError: images or their classes are missing, or a file is damaged.
    """
    size = image_size or IMAGE_SIZE
    geometry = Geometry(size, round(size * 8 / 7))
    training = _training(folder)
    synsets = sorted(training)
    test = _test(folder)
    unknown = sorted(set(test) - set(synsets))
    if unknown:
        raise InputError(f"{folder} has validation images of {unknown[0]}, and no training images of it")
    return Dataset(
        "ImageNet", origin, len(synsets), _split(training, synsets, geometry), _split(test, synsets, geometry)
    )


def _is_one(folder: Path) -> bool:
    if (folder / _TRAINING_ARCHIVE).is_file():
        return True
    train = folder / "train"
    return train.is_dir() and any(_SYNSET.fullmatch(each.name) for each in train.iterdir())


def _split(files: Files, synsets: Sequence[str], geometry: Geometry) -> Split:
    labels = [np.full(len(files[name]), number, np.int64) for number, name in enumerate(synsets) if name in files]
    return Split(ImageFiles([f for name in synsets for f in files.get(name, ())], geometry), np.concatenate(labels))


def _training(folder: Path) -> Files:
    train = folder / "train"
    if not train.is_dir():
        return _of_archive_of_archives(folder / _TRAINING_ARCHIVE)
    return {each.name: images_of(each) for each in sorted(train.iterdir()) if _SYNSET.fullmatch(each.name)}


def _test(folder: Path) -> Files:
    flat = folder / "val"
    if flat.is_dir() and any(each.is_dir() for each in flat.iterdir()):
        return {each.name: images_of(each) for each in sorted(flat.iterdir()) if _SYNSET.fullmatch(each.name)}
    if flat.is_dir():
        images = {file.path.stem: file for file in images_of(flat)}
    elif (folder / _TEST_ARCHIVE).is_file():
        images = {Path(name).stem: file for name, file in _members(folder / _TEST_ARCHIVE)}
    else:
        raise InputError(f"{folder} has neither val/ nor {_TEST_ARCHIVE}: ImageNet's validation images are missing")
    synsets = _synsets_of_test(folder, sorted(images))
    files: dict[str, list[ImageFile]] = {}
    for name, file in sorted(images.items()):
        files.setdefault(synsets[name], []).append(file)
    return files


def _synsets_of_test(folder: Path, names: Sequence[str]) -> Mapping[str, str]:
    """By name of a validation image, its synset: from Kaggle's table, or from the development kit."""
    for place in (folder, *list(folder.resolve().parents)[:_KAGGLE_LEVELS]):
        if (place / _SOLUTION).is_file():
            with (place / _SOLUTION).open(newline="") as file:
                found = {row["ImageId"]: row["PredictionString"].split()[0] for row in csv.DictReader(file)}
            missing = [name for name in names if name not in found]
            if missing:
                raise InputError(f"{place / _SOLUTION} does not tell the class of {missing[0]}")
            return found
    if (folder / _KIT / _TRUTH).is_file():
        return _from_kit(folder / _KIT, names)
    raise InputError(
        f"nothing tells the classes of the validation images of {folder}: put {_KIT / _TRUTH} with meta.mat there, or {_SOLUTION}"
    )


def _from_kit(kit: Path, names: Sequence[str]) -> Mapping[str, str]:
    """The ground truth is a number for each image in the order of their names; `meta.mat` tells which synset has it."""
    from scipy.io import loadmat  # noqa: PLC0415  # only the development kit needs it

    try:
        meta: Any = loadmat(kit / "meta.mat", squeeze_me=True)["synsets"]
        synsets = {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in np.atleast_1d(meta)}
        truth = [int(line) for line in (kit / _TRUTH).read_text().split()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"ImageNet's development kit in {kit} cannot be read: {error}") from error
    if len(truth) != len(names):
        raise InputError(f"{kit / _TRUTH} tells {len(truth)} classes for {len(names)} validation images")
    return {name: synsets[number] for name, number in zip(names, truth, strict=True)}


def _of_archive_of_archives(path: Path) -> Files:
    """An archive that holds one for each synset; where their members begin is all that is kept."""
    found: dict[str, list[ImageFile]] = {}
    for name, inner in _members(path):
        found[Path(name).stem] = [image for _, image in _members(path, inner.offset_bytes)]
    if not found:
        raise InputError(f"{path} is empty")
    return found


def _members(path: Path, start: int = 0) -> list[tuple[str, ImageFile]]:
    """Names and places of an archive's files; `start` is where the archive begins within the file."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            with tarfile.open(fileobj=file, mode="r:") as archive:
                return [(m.name, ImageFile(path, m.offset_data, m.size)) for m in archive if m.isfile()]
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{path} cannot be read as an archive: {error}") from error
