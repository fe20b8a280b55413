"""Which network on which data and accelerator: what commands about pruning ask for alike."""

import argparse
from typing import TYPE_CHECKING

from contracts.accelerator import PRESETS
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
    parser.add_argument("--accelerator", default="pynq-8x32", choices=sorted(PRESETS), help="default: %(default)s")
    parser.add_argument(
        "--cost",
        default="expert",
        metavar="expert|learned[:NAME]|surrogate|macs",
        help="who foretells costs: the closed form, predictors of the registry; macs: parts are priced by MACs (default: %(default)s)",
    )


def network_of(name: str, dataset: Dataset, seed: int) -> "nn.Module":
    """A fresh network for the data, with weights from a seed."""
    from mlservice.networks import build  # noqa: PLC0415  # torch takes seconds to import

    return build(name, dataset.image_shape, dataset.classes, seed)
