"""Networks as torch modules."""

from mlservice.networks.resnet8 import ResNet8, ResNet8Options

__all__ = ["ResNet8", "ResNet8Options"]
