"""Networks as torch modules."""

from mlservice.networks.registry import NETWORKS, build
from mlservice.networks.resnet8 import ResNet8, ResNet8Options

__all__ = ["NETWORKS", "ResNet8", "ResNet8Options", "build"]
