"""Find image data on this machine, and say what was found."""

from pathlib import Path

from contracts.cache import cache_directory
from contracts.errors import InputError
from mlservice.datasets import digits, fashion_mnist
from mlservice.datasets.dataset import Dataset


def load(folder: Path | None = None) -> Dataset:
    """Fashion-MNIST from wherever it is to be had, else scikit-learn's digits; `Dataset.origin` says which.

    Looked for in `folder`, in Debian's package `dataset-fashion-mnist`, among earlier downloads, and by torchvision's
    download, in this order.

    Raises:
        InputError: `folder` is given and holds no Fashion-MNIST, or files there are damaged.
    """
    if folder is not None:
        found = fashion_mnist.find(folder)
        if found is None:
            raise InputError(f"{folder} holds no Fashion-MNIST: expected train-images-idx3-ubyte(.gz) and its siblings")
        return fashion_mnist.read(found, f"folder {found}")
    packaged = fashion_mnist.find(fashion_mnist.DEBIAN_FOLDER)
    if packaged is not None:
        return fashion_mnist.read(packaged, f"Debian package dataset-fashion-mnist ({packaged})")
    return _downloaded() or digits.read("scikit-learn's digits, because Fashion-MNIST was not to be had")


def _downloaded() -> Dataset | None:
    folder = cache_directory() / "datasets"
    if fashion_mnist.find(folder) is None:
        try:
            fashion_mnist.download(folder)
        except (OSError, RuntimeError):  # no network: the caller has another data set
            return None
    found = fashion_mnist.find(folder)
    return fashion_mnist.read(found, f"torchvision's download ({found})") if found else None


def named(name: str) -> Dataset:
    """The data set that is asked for, and no other in its place.

    Raises:
        InputError: the name is unknown, or the data set is not to be had.
    """
    if name == "digits":
        return digits.read("scikit-learn")
    if name != "fashion-mnist":
        raise InputError(f"data is {name!r}; known are fashion-mnist, digits")
    found = load()
    if found.name != "Fashion-MNIST":
        raise InputError(
            "Fashion-MNIST was not to be had: install Debian's package dataset-fashion-mnist, or use --data digits"
        )
    return found
