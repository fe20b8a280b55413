"""Find image data on this machine, and say what was found."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from contracts.cache import cache_directory
from contracts.errors import InputError
from mlservice.datasets import cifar, digits, fashion_mnist, folders, imagenet, npz
from mlservice.datasets.dataset import Dataset

DATA_VARIABLE: Final = "PROPRUNN_DATA"
"""Folders that hold data sets, separated as in `PATH`; looked into before the usual places."""


@dataclass(frozen=True)
class Source:
    """A data set that is known by name.

    Attributes:
        title: as its authors write it.
        says: what it is, in a line.
        expects: files by which a folder is known to hold it.
        image_shape: channels, height, width; of ImageNet, as they come by default.
        find: where within a folder it is; none where it is not.
        read: from a place that `find` gave, with words about its origin and the image size, if one was asked for.
        resizable: images can be had in any size.
    """

    title: str
    says: str
    expects: str
    image_shape: tuple[int, int, int]
    classes: int
    find: Callable[[Path], Path | None]
    read: Callable[[Path, str, int | None], Dataset]
    resizable: bool = False


def _fixed(read: Callable[[Path, str], Dataset]) -> Callable[[Path, str, int | None], Dataset]:
    """A reader of images that have one size alone."""
    return lambda place, origin, _: read(place, origin)


def _cifar(variant: cifar.Variant) -> Source:
    find, read = partial(cifar.find, variant), _fixed(partial(cifar.read, variant))
    says = f"60,000 colour images of things and animals in {variant.classes} classes"
    return Source(variant.name, says, " or ".join(variant.folders), (3, 32, 32), variant.classes, find, read)


FASHION_MNIST: Final = "fashion-mnist"
SOURCES: Final = {
    FASHION_MNIST: Source(
        "Fashion-MNIST",
        "70,000 grey images of clothes in ten classes",
        "train-images-idx3-ubyte(.gz) and its siblings",
        (1, 28, 28),
        10,
        fashion_mnist.find,
        _fixed(fashion_mnist.read),
    ),
    "cifar10": _cifar(cifar.CIFAR10),
    "cifar100": _cifar(cifar.CIFAR100),
    "imagenet": Source(
        "ImageNet",
        "1.3 million photographs in a thousand classes (ILSVRC2012)",
        "train/n01440764/*.JPEG and its siblings, or ILSVRC2012_img_train.tar",
        (3, imagenet.IMAGE_SIZE, imagenet.IMAGE_SIZE),
        1000,
        imagenet.find,
        imagenet.read,
        resizable=True,
    ),
}
"""Data sets that have to be found; `digits` come with scikit-learn and need not be."""

DIGITS: Final = "digits"
NAMES: Final = (*SOURCES, DIGITS)


def places() -> tuple[Path, ...]:
    """Where data sets are looked for, in this order: `$PROPRUNN_DATA`, Debian's package, earlier downloads, the user's folders."""
    own = [Path(each).expanduser() for each in os.environ.get(DATA_VARIABLE, "").split(os.pathsep) if each]
    usual = (*(Path.cwd() / "data", Path.home() / "data", Path.home() / "datasets"), Path("/data"), Path("/datasets"))
    return (*own, fashion_mnist.DEBIAN_FOLDER, _downloads(), *usual)


def locate(name: str, folder: Path | None = None) -> Path | None:
    """Where a data set is that is known by name: in `folder` alone, if one is given."""
    looked = places() if folder is None else (folder,)
    return next((found for place in looked if (found := SOURCES[name].find(place)) is not None), None)


def named(wanted: str, image_size: int | None = None) -> Dataset:
    """A data set by name, or from the user's own place.

    Args:
        wanted: one of `NAMES`; NAME=FOLDER to look there alone; a folder of images (`train/CLASS/*.png`, `CLASS/*.png`); or a file `.npz`.
        image_size: height and width to which images are scaled and cut: of ImageNet and of folders of images.

    Raises:
        InputError: there is no such data set, it was not found, or is damaged; the message says where it was looked for.
    """
    name, _, folder = wanted.partition("=")
    path = Path(wanted).expanduser()
    if image_size is not None and not (path.is_dir() or (name in SOURCES and SOURCES[name].resizable)):
        raise InputError(f"image size {image_size} is for ImageNet and folders of images; {wanted} comes in one size")
    if wanted == DIGITS:
        return digits.read("scikit-learn")
    if name in SOURCES:
        return _known(name, Path(folder).expanduser() if folder else None, image_size)
    if path.suffix == ".npz":
        return npz.read(path)
    if path.is_dir():
        return folders.read(path, image_size)
    raise InputError(
        f"data is {wanted!r}: give one of {', '.join(NAMES)}, a folder of images (train/CLASS/*.png), or a file .npz"
    )


def load(folder: Path | None = None) -> Dataset:
    """Fashion-MNIST from wherever it is to be had, else scikit-learn's digits; `Dataset.origin` says which.

    Looked for in `folder` alone, if one is given; else in all `places`, and last by torchvision's download.

    Raises:
        InputError: `folder` is given and holds no Fashion-MNIST, or files there are damaged.
    """
    if folder is None and locate(FASHION_MNIST) is None and not _download():
        return digits.read("scikit-learn's digits, because Fashion-MNIST was not to be had")
    return _known(FASHION_MNIST, folder)


def _known(name: str, folder: Path | None, image_size: int | None = None) -> Dataset:
    source = SOURCES[name]
    found = locate(name, folder)
    if found is None and folder is not None:
        raise InputError(f"{folder} holds no {source.title}: expected {source.expects}")
    if found is None and name == FASHION_MNIST and _download():
        found = locate(name)
    if found is None:
        looked = ", ".join(str(place) for place in places())
        raise InputError(
            f"{source.title} was not found in {looked}: give its folder as {name}=FOLDER, or in {DATA_VARIABLE};"
            f" expected {source.expects}"
        )
    return source.read(found, _origin(found), image_size)


def _origin(found: Path) -> str:
    if found == fashion_mnist.DEBIAN_FOLDER:
        return f"Debian package dataset-fashion-mnist ({found})"
    if found.is_relative_to(_downloads()):
        return f"torchvision's download ({found})"
    return f"folder {found}"


def _download() -> bool:
    """Fetch Fashion-MNIST by way of torchvision; false without a network."""
    try:
        fashion_mnist.download(_downloads())
    except (OSError, RuntimeError):
        return False
    return True


def _downloads() -> Path:
    return cache_directory() / "datasets"
