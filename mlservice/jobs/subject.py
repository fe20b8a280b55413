"""Which network on which data: names that requests may use, checked before anything runs, and read when it does."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts.learning import OptionError, ParetoOptions, ReachableOptions, SessionOptions, TrainOptions
from mlservice.datasets import Dataset, digits, named
from mlservice.datasets.catalogue import DIGITS, NAMES, SOURCES, locate
from mlservice.datasets.npz import read
from mlservice.networks import NETWORKS
from mlservice.networks.published import torchvision_names
from mlservice.training import Precision, TrainingOptions
from mlservice.training.methods.catalogue import METHODS


@dataclass(frozen=True)
class Upload:
    """A data set that somebody sent: where it lies, how it is called, and what the gate found."""

    path: str
    name: str
    facts: Mapping[str, Any]


def check_names(options: SessionOptions | ReachableOptions, methods: Iterable[str] = (), upload: object = None) -> None:
    """Refuse names of networks, of data that was not uploaded, and of methods that there are not.

    Raises:
        OptionError: names the field and what is known.
    """
    listed = f"give one of {', '.join(NETWORKS)}, or the name of a classifier of torchvision"
    _check("network", options.network, [*NETWORKS, *torchvision_names()], listed)
    if upload is None:
        _check("data", options.data, NAMES, f"give one of {', '.join(NAMES)}, or upload your own (npz)")
    for method in methods:
        _check(
            "methods" if isinstance(options, ParetoOptions) else "method",
            method,
            METHODS,
            f"give one of {', '.join(METHODS)}",
        )


def _check(field: str, value: str, known: Iterable[str], fix: str) -> None:
    names = dict.fromkeys(known)
    if value not in names:
        near = difflib.get_close_matches(value, names, 3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise OptionError(field, value, f"there is no {field.removesuffix('s')} {value!r}", f"{hint}{fix}")


def shape_of(data: str) -> tuple[tuple[int, int, int], int]:
    """Channels, height and width of images that are known by name, and how many classes there are; nothing is read."""
    if data == DIGITS:
        return digits.IMAGE_SHAPE, digits.CLASSES
    return SOURCES[data].image_shape, SOURCES[data].classes


def says(name: str) -> str:
    """What data that is known by name is, in a line."""
    return digits.SAYS if name == DIGITS else SOURCES[name].says


def is_here(name: str) -> bool:
    """Whether a data set that is known by name is on this machine."""
    return name == DIGITS or locate(name) is not None


def dataset_of(options: TrainOptions, upload: Upload | None, folder: Path) -> Dataset:
    """The images that a session is about.

    Args:
        options: names the data, how many images, and the share for validation.
        upload: what the data is, where it is no name.
        folder: takes a link, so that errors carry the upload's name and no place.
    """
    if upload is None:
        found = named(options.data)
    else:
        link = folder / upload.name
        link.symlink_to(upload.path)
        found = replace(read(link), name=upload.name)
    if options.training_images is not None:
        found = replace(found, training=found.training.first(options.training_images))
    return found.hold_out(options.validation_share, options.seed) if options.validation_share else found


def training_of(options: TrainOptions) -> TrainingOptions:
    """How to train; digits are not mirrored."""
    return TrainingOptions(
        epochs=options.epochs,
        batch_images=options.batch_images,
        peak_learning_rate=options.peak_learning_rate,
        seed=options.seed,
        flips=options.data != DIGITS,
        precision=Precision(options.precision),
    )
