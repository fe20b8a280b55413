"""Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten classes (Xiao, Rasul and Vollgraf, 2017)."""

from pathlib import Path
from typing import Final

import numpy as np

from contracts.errors import InputError
from mlservice.datasets.dataset import Dataset, Split
from mlservice.datasets.idx import read_idx

DEBIAN_FOLDER: Final = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package `dataset-fashion-mnist` puts the files."""

_CLASSES: Final = 10


def find(folder: Path) -> Path | None:
    """The folder itself or a known one below it that holds the four files; none where there is no such folder."""
    candidates = (folder, folder / "fashion-mnist", folder / "FashionMNIST" / "raw")
    return next((each for each in candidates if _file(each, "t10k-labels-idx1-ubyte") is not None), None)


def read(folder: Path, origin: str) -> Dataset:
    """Read the four IDX files of a folder that `find` returned.

    Raises:
        InputError: a file is missing, or images and labels do not belong together.
        IdxError: a file is damaged.
    """
    return Dataset("Fashion-MNIST", origin, _CLASSES, _split(folder, "train"), _split(folder, "t10k"))


def download(folder: Path) -> None:
    """Fetch the files into `folder` by way of torchvision.

    Raises:
        RuntimeError, OSError: no network, or a mirror that does not answer.
    """
    from torchvision.datasets import FashionMNIST  # noqa: PLC0415 - torchvision takes seconds to import

    FashionMNIST(folder, download=True)


def _split(folder: Path, prefix: str) -> Split:
    images, labels = (_file(folder, f"{prefix}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    if images is None or labels is None:
        raise InputError(f"{folder} lacks Fashion-MNIST's {prefix}-images-idx3-ubyte or {prefix}-labels-idx1-ubyte")
    classes = read_idx(labels).astype(np.int64)
    if classes.max(initial=0) >= _CLASSES:
        raise InputError(f"{labels} has label {classes.max()}; Fashion-MNIST has 0 to {_CLASSES - 1}")
    return Split(read_idx(images)[:, np.newaxis], classes)


def _file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
