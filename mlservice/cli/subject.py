"""Which network on which data and accelerator: what commands about pruning ask for alike."""

import argparse
from typing import TYPE_CHECKING

from contracts.accelerator import PRESETS
from mlservice.datasets import Dataset

if TYPE_CHECKING:
    from torch import nn


def subject_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare network and data."""
    parser.add_argument("--network", default="resnet8", choices=["resnet8"], help="default: %(default)s")
    parser.add_argument(
        "--data", default="fashion-mnist", choices=["fashion-mnist", "digits"], help="default: %(default)s"
    )


def cost_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the hardware, and who foretells its costs."""
    parser.add_argument("--accelerator", default="pynq-8x32", choices=sorted(PRESETS), help="default: %(default)s")
    parser.add_argument(
        "--cost",
        default="expert",
        metavar="expert|learned[:NAME]|surrogate|macs",
        help="who foretells costs: the closed form, predictors of the registry; macs: parts are priced by MACs (default: %(default)s)",
    )


def network_of(dataset: Dataset, seed: int) -> "nn.Module":
    """A fresh network for the data, with weights from a seed."""
    import torch  # noqa: PLC0415  # takes seconds to import

    from mlservice.networks import ResNet8, ResNet8Options  # noqa: PLC0415  # as above

    torch.manual_seed(seed)
    return ResNet8(ResNet8Options(input_channels=dataset.image_shape[0], classes=dataset.classes))
