"""Networks by name, each fitted to the images and classes of the data."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import torch
from torch import nn

from contracts.errors import NetworkError
from contracts.structure.families import V1_STRIDES
from mlservice.networks import published, stacked
from mlservice.networks.own import from_file
from mlservice.networks.resnet8 import ResNet8, ResNet8Options

ImageShape = tuple[int, int, int]
_SMALL_V1_STRIDES: Final = (1, 1, 1, *V1_STRIDES[3:])


@dataclass(frozen=True)
class Entry:
    """A network that is known by name.

    Attributes:
        says: what it is, in a line.
        make: from image shape (channels, height, width) and classes.
        least_pixels: height and width that it needs.
    """

    says: str
    make: Callable[[ImageShape, int], nn.Module]
    least_pixels: int = 4


def _residual(blocks: int, image_shape: ImageShape, classes: int) -> nn.Module:
    return ResNet8(ResNet8Options(input_channels=image_shape[0], classes=classes, blocks=blocks))


def _mobilenet_v1(image_shape: ImageShape, classes: int) -> nn.Module:
    small = min(image_shape[1:]) < published.SMALL_IMAGE
    return stacked.mobilenet_v1(image_shape[0], classes, strides=_SMALL_V1_STRIDES if small else V1_STRIDES)


NETWORKS: Final[dict[str, Entry]] = {
    "resnet8": Entry("residual, 3 blocks, 78 thousand parameters: MLPerf Tiny's", partial(_residual, 1)),
    "resnet20": Entry("residual, 9 blocks, for small images", partial(_residual, 3)),
    "resnet18": Entry("residual, 8 blocks (torchvision)", partial(published.resnet, "resnet18"), 8),
    "resnet50": Entry("residual, 16 bottleneck blocks (torchvision)", partial(published.resnet, "resnet50"), 8),
    "densenet": Entry("densely connected, 3 blocks of 6 layers, for small images", published.small_densenet),
    "densenet121": Entry("densely connected, 58 layers in 4 blocks (torchvision)", published.densenet121, 8),
    "mobilenet_v1": Entry("depthwise and 1 x 1 convolutions in turns", _mobilenet_v1),
    "mobilenet_v2": Entry("inverted residuals (torchvision)", published.mobilenet_v2, 8),
    "vgg": Entry("VGG-11 with batch normalisation and one fully connected layer", stacked.vgg),
    "plain": Entry("three convolutions", lambda shape, classes: stacked.plain(shape[0], classes)),
}
"""Small images are those below 64 pixels: the networks of torchvision get a stem for them that keeps the size."""


def build(name: str, image_shape: ImageShape, classes: int, seed: int | None = None) -> nn.Module:
    """A fresh network.

    Args:
        name: of `NETWORKS`, of one of torchvision's classifiers, or FILE.py:CLASS.
        image_shape: channels, height, width.
        classes: outputs.
        seed: of the weights; whatever torch's generator gives where absent.

    Raises:
        NetworkError: no such network, the images are too small for it, or what it gives for two images is not `(2, classes)`.
    """
    if seed is not None:
        torch.manual_seed(seed)
    network = _made(name, image_shape, classes)
    _check(name, network, image_shape, classes)
    return network


def _made(name: str, image_shape: ImageShape, classes: int) -> nn.Module:
    file, colon, class_name = name.rpartition(":")
    if colon and file.endswith(".py"):
        return from_file(Path(file).expanduser(), class_name, image_shape, classes)
    if name.endswith(".onnx"):
        raise NetworkError(
            f"{name} is ONNX, which can be simulated, not trained: an exported file has its normalisation folded and no"
            " training mode. Give the module it was exported from, as FILE.py:CLASS"
        )
    if name.endswith(".py"):
        raise NetworkError(f"{name} does not say which class: give {name}:CLASS")
    entry = NETWORKS.get(name)
    if entry is None:
        return _of_torchvision(name, image_shape, classes)
    if min(image_shape[1:]) < entry.least_pixels:
        raise NetworkError(
            f"{name} takes images of {entry.least_pixels} x {entry.least_pixels} pixels or more; {image_shape}"
        )
    return entry.make(image_shape, classes)


def _of_torchvision(name: str, image_shape: ImageShape, classes: int) -> nn.Module:
    names = published.torchvision_names()
    if name in names:
        return published.torchvision_network(name, image_shape, classes)
    near = difflib.get_close_matches(name, dict.fromkeys((*NETWORKS, *names)), 3)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise NetworkError(
        f"network is {name!r}: {hint}known are {', '.join(NETWORKS)}, every classifier of torchvision, and FILE.py:CLASS"
    )


def _check(name: str, network: nn.Module, image_shape: ImageShape, classes: int) -> None:
    """It takes such images, and answers with one logit for each class."""
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            given = network(torch.zeros(2, *image_shape))
    except Exception as error:  # a user's forward may raise anything
        raise NetworkError(f"{name} does not take images of {image_shape}: {error}") from error
    network.train(training)
    shape = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
    if shape != (2, classes):
        raise NetworkError(f"{name} gives {shape} for 2 images; with {classes} classes it should be {(2, classes)}")
