"""Networks without branches: VGG (Simonyan and Zisserman 2015) and plain small ones."""

from collections.abc import Sequence

from contracts.structure.build import Builder
from contracts.structure.layer import Size
from contracts.structure.structure import Structure

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def vgg(
    size: Size,
    stages: Sequence[Sequence[int]] = VGG16,
    *,
    hidden: Sequence[int] = (4096, 4096),
    classes: int = 1000,
) -> Structure:
    """Stages of 3 x 3 convolutions, each followed by a maximum pool as long as the map can be halved; then fully connected layers."""
    b = Builder(size)
    x = "input"
    for stage, widths in enumerate(stages, 1):
        for number, width in enumerate(widths, 1):
            x = b.conv(x, f"conv{stage}_{number}", width)
        if min(b.shape(x)[1:]) > 1:
            x = b.pool(x, f"pool{stage}", "max", 2, 2)
    for number, width in enumerate(hidden):
        x = b.linear(x, f"hidden{number}", width, relu=True)
    b.linear(x, "classifier", classes)
    return b.structure("vgg")


def plain(
    size: Size,
    widths: Sequence[int] = (16, 32, 64),
    strides: Sequence[int] = (),
    kernels: Sequence[int] = (),
    *,
    pooled: bool = False,
    classes: int = 10,
) -> Structure:
    """Convolutions one after the other.

    Args:
        size: of the input.
        widths: filters of each.
        strides: of each; 1, then 2 where absent.
        kernels: of each; 3 where absent.
        pooled: a maximum pool in place of stride 2.
        classes: of the classifier.
    """
    b = Builder(size)
    x = "input"
    steps = strides or (1, *[2] * (len(widths) - 1))
    for number, (width, stride) in enumerate(zip(widths, steps, strict=True)):
        kernel = kernels[number] if kernels else 3
        x = b.conv(x, f"conv{number}", width, kernel, stride=1 if pooled else stride)
        if pooled and stride > 1:
            x = b.pool(x, f"pool{number}", "max", stride, stride)
    b.classify(x, classes)
    return b.structure("plain")
