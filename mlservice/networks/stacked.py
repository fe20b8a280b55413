"""Networks without branches: VGG (Simonyan and Zisserman 2015) with batch normalisation, MobileNetV1 (Howard et al. 2017), a plain small one."""

from collections.abc import Sequence

from torch import nn

from contracts.structure.families import V1_STRIDES, V1_WIDTHS
from mlservice.networks.resnet8 import convolution

VGG11 = ((64,), (128,), (256, 256), (512, 512), (512, 512))
PLAIN_WIDTHS = (16, 32, 64)


def plain(input_channels: int, classes: int, widths: Sequence[int] = PLAIN_WIDTHS) -> nn.Sequential:
    """Three 3 x 3 convolutions, the later ones with stride 2, then the average over the map and a classifier."""
    layers = list[nn.Module]()
    for number, (inputs, outputs) in enumerate(zip((input_channels, *widths[:-1]), widths, strict=True)):
        layers += [*convolution(inputs, outputs, 2 if number else 1), nn.ReLU()]
    return nn.Sequential(*layers, *_classifier(widths[-1], classes))


def vgg(image_shape: tuple[int, int, int], classes: int, stages: Sequence[Sequence[int]] = VGG11) -> nn.Sequential:
    """Stages of 3 x 3 convolutions, each followed by a maximum pool as long as the map can be halved; one fully connected layer."""
    channels, height, width = image_shape
    layers = list[nn.Module]()
    for widths in stages:
        for outputs in widths:
            layers += [*convolution(channels, outputs, 1), nn.ReLU()]
            channels = outputs
        if min(height, width) > 1:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * width, classes))


def mobilenet_v1(
    input_channels: int, classes: int, widths: Sequence[int] = V1_WIDTHS, strides: Sequence[int] = V1_STRIDES
) -> nn.Sequential:
    """A convolution, then depthwise and 1 x 1 in turns; `widths` and `strides` begin with the first convolution's."""
    layers: list[nn.Module] = [*convolution(input_channels, widths[0], strides[0]), nn.ReLU()]
    for inputs, outputs, stride in zip(widths[:-1], widths[1:], strides[1:], strict=True):
        depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        layers += [depthwise, nn.BatchNorm2d(inputs), nn.ReLU(), pointwise, nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, *_classifier(widths[-1], classes))


def _classifier(channels: int, classes: int) -> tuple[nn.Module, ...]:
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
