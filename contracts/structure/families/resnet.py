"""Residual networks: basic blocks (ResNet-8, -18, -20) and bottleneck blocks (ResNet-50). He et al. 2016."""

from collections.abc import Sequence

from contracts.structure.build import Builder
from contracts.structure.layer import Size
from contracts.structure.structure import Structure


def resnet(
    size: Size,
    widths: Sequence[int] = (16, 32, 64),
    blocks: Sequence[int] = (1, 1, 1),
    *,
    inner: Sequence[int] = (),
    classes: int = 10,
    large: bool = False,
) -> Structure:
    """Basic blocks: two 3 x 3 convolutions, a 1 x 1 projection where width or stride change.

    Args:
        size: of the input.
        widths: of each stage's maps.
        blocks: of each stage.
        inner: filters of each block's first convolution; as its stage where absent.
        classes: of the classifier.
        large: the stem of large inputs (7 x 7 and maximum pool, both with stride 2).
    """
    b = Builder(size)
    x = _stem(b, widths[0], large)
    number = 0
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        for block in range(count):
            name, stride = f"stage{stage + 1}.{block}", 2 if stage and not block else 1
            y = b.conv(x, f"{name}.conv1", inner[number] if inner else width, stride=stride)
            y = b.conv(y, f"{name}.conv2", width, relu=False)
            x = b.add(y, _shortcut(b, x, name, width, stride), f"{name}.add")
            number += 1
    b.classify(x, classes)
    return b.structure("resnet")


def bottleneck(
    size: Size,
    widths: Sequence[int] = (64, 128, 256, 512),
    blocks: Sequence[int] = (3, 4, 6, 3),
    *,
    expansion: int = 4,
    classes: int = 1000,
    large: bool = True,
) -> Structure:
    """Bottleneck blocks: 1 x 1, 3 x 3 (which has the stride), 1 x 1 to `expansion` times the width."""
    b = Builder(size)
    x = _stem(b, widths[0], large)
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        for block in range(count):
            name, stride = f"stage{stage + 1}.{block}", 2 if stage and not block else 1
            y = b.conv(x, f"{name}.conv1", width, 1)
            y = b.conv(y, f"{name}.conv2", width, stride=stride)
            y = b.conv(y, f"{name}.conv3", expansion * width, 1, relu=False)
            x = b.add(y, _shortcut(b, x, name, expansion * width, stride), f"{name}.add")
    b.classify(x, classes)
    return b.structure("bottleneck")


def _stem(b: Builder, width: int, large: bool) -> str:
    if not large:
        return b.conv("input", "stem", width)
    return b.pool(b.conv("input", "stem", width, 7, stride=2), "stem.pool", "max", 3, 2, 1)


def _shortcut(b: Builder, x: str, name: str, width: int, stride: int) -> str:
    if stride == 1 and b.shape(x)[0] == width:
        return x
    return b.conv(x, f"{name}.project", width, 1, stride=stride, relu=False)
