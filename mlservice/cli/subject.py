"""Which network on which data and accelerator: what commands about pruning ask for alike."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.accelerator import Accelerator, accelerator_named
from contracts.errors import InputError
from mlservice.cli.train import data_arguments, network_arguments
from mlservice.datasets import Dataset

if TYPE_CHECKING:
    from torch import nn


def subject_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare network and data."""
    network_arguments(parser)
    data_arguments(parser)


def cost_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the hardware, and who foretells its costs."""
    parser.add_argument(
        "--accelerator",
        default="pynq-8x32",
        metavar="NAME|FILE.json",
        help="a preset, or fields (default: %(default)s)",
    )
    parser.add_argument(
        "--registry", type=Path, metavar="DIR", help="where predictors are kept (default: `predictors` in the cache)"
    )
    parser.add_argument(
        "--cost",
        default="expert",
        metavar="expert|learned[:NAME]|surrogate|macs",
        help="who foretells costs: the closed form, predictors of the registry; macs: parts are priced by MACs (default: %(default)s)",
    )


def accelerator_of(given: str) -> Accelerator:
    """A preset by its name, or an accelerator from a file with its fields.

    Raises:
        InputError: there is none of that name, the file cannot be read, or the fields are not valid.
    """
    if not given.endswith(".json"):
        return accelerator_named(given)
    try:
        values = json.loads(Path(given).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"the accelerator {given} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{given} holds {type(values).__name__}; it must be an object with an accelerator's fields")
    return Accelerator.from_mapping(values)


def network_of(name: str, dataset: Dataset, seed: int) -> "nn.Module":
    """A fresh network for the data, with weights from a seed."""
    from mlservice.networks import build  # noqa: PLC0415  # torch takes seconds to import

    return build(name, dataset.image_shape, dataset.classes, seed)
