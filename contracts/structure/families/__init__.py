"""Families of networks: functions from a few integers and width vectors to a structure, at any input size."""

from collections.abc import Callable
from typing import Final

from contracts.structure.families.densenet import densenet
from contracts.structure.families.mobilenet import V1_STRIDES, V1_WIDTHS, V2_STAGES, mobilenet_v1, mobilenet_v2
from contracts.structure.families.resnet import bottleneck, resnet
from contracts.structure.families.stacked import VGG16, plain, vgg
from contracts.structure.structure import Structure

FAMILIES: Final[dict[str, Callable[..., Structure]]] = {
    family.__name__: family for family in (plain, resnet, bottleneck, densenet, mobilenet_v1, mobilenet_v2, vgg)
}
"""By name. Each takes the input's size first."""

__all__ = [
    "FAMILIES",
    "V1_STRIDES",
    "V1_WIDTHS",
    "V2_STAGES",
    "VGG16",
    "bottleneck",
    "densenet",
    "mobilenet_v1",
    "mobilenet_v2",
    "plain",
    "resnet",
    "vgg",
]
