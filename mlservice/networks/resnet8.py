"""Small residual networks.

ResNet-8 is MLPerf Tiny's image classification network (Banbury et al., NeurIPS Datasets and Benchmarks 2021); its deeper relatives with more
blocks a stage are those of He et al. 2016 for CIFAR.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from contracts.errors import NetworkError


@dataclass(frozen=True)
class ResNet8Options:
    """What may be chosen.

    Attributes:
        widths: channels of the three stages; the first is also the stem's.
        blocks: residual blocks of each stage; ResNet-20 has three.
        input_channels: 3 for colour, 1 for grey images. Any image of at least 4 x 4 pixels fits.
        classes: number of outputs.
    """

    widths: tuple[int, int, int] = (16, 32, 64)
    input_channels: int = 3
    classes: int = 10
    blocks: int = 1

    def __post_init__(self) -> None:
        if min(*self.widths, self.input_channels, self.classes, self.blocks) < 1:
            raise NetworkError(f"{self} has a count below 1")


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a skip; where the stride is 2, the skip is a 1 x 1 convolution with that stride."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, stride)
        self.second = convolution(outputs, outputs, 1)
        keeps_shape = stride == 1 and inputs == outputs
        self.skip = nn.Identity() if keeps_shape else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, source: Tensor) -> Tensor:
        """`(images, inputs, h, w)` to `(images, outputs, ceil(h / stride), ceil(w / stride))`."""
        branch = self.second(torch.relu(self.first(source)))
        return torch.relu(branch + self.skip(source))


class ResNet8(nn.Module):
    """A stem, three stages of residual blocks that halve the map twice, the average over the map, and a classifier."""

    def __init__(self, options: ResNet8Options) -> None:
        super().__init__()
        first, second, third = options.widths
        self.stem = convolution(options.input_channels, first, 1)
        stages = ((first, first, 1), (first, second, 2), (second, third, 2))
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(outputs if number else inputs, outputs, 1 if number else stride)
                for inputs, outputs, stride in stages
                for number in range(options.blocks)
            )
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(third, options.classes)

    def forward(self, images: Tensor) -> Tensor:
        """`(images, input_channels, height, width)` to logits `(images, classes)`."""
        maps = self.blocks(torch.relu(self.stem(images)))
        logits: Tensor = self.classifier(self.pool(maps).flatten(1))
        return logits


def convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A 3 x 3 convolution with batch normalisation, which makes a bias of its own needless."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))
