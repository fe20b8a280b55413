"""Separable convolutions: MobileNetV1 (Howard et al. 2017) and inverted residuals, MobileNetV2 (Sandler et al. 2018)."""

from collections.abc import Sequence

from contracts.structure.build import Builder, Pair
from contracts.structure.layer import Size
from contracts.structure.structure import Structure

V1_WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
V1_STRIDES = (2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
V2_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet_v1(
    size: Size,
    widths: Sequence[int] = V1_WIDTHS,
    strides: Sequence[int] = V1_STRIDES,
    *,
    stem: Pair = 3,
    classes: int = 2,
) -> Structure:
    """A convolution, then depthwise and 1 x 1 in turns; `widths` and `strides` begin with the first convolution's."""
    b = Builder(size)
    x = b.conv("input", "stem", widths[0], stem, stride=strides[0])
    for number, (width, stride) in enumerate(zip(widths[1:], strides[1:], strict=True)):
        x = b.depthwise(x, f"block{number}.depthwise", stride=stride)
        x = b.conv(x, f"block{number}.pointwise", width, 1)
    b.classify(x, classes)
    return b.structure("mobilenet_v1")


def mobilenet_v2(
    size: Size,
    stages: Sequence[tuple[int, int, int, int]] = V2_STAGES,
    *,
    stem: int = 32,
    stem_stride: int = 2,
    last: int = 1280,
    classes: int = 1000,
) -> Structure:
    """Inverted residuals; each stage is (expansion, width, blocks, stride of the first)."""
    b = Builder(size)
    x = b.conv("input", "stem", stem, stride=stem_stride)
    for stage, (expansion, width, count, first_stride) in enumerate(stages):
        for block in range(count):
            name, stride = f"stage{stage}.{block}", 1 if block else first_stride
            x = _inverted(b, x, name, expansion, width, stride)
    b.classify(b.conv(x, "last", last, 1), classes)
    return b.structure("mobilenet_v2")


def _inverted(b: Builder, x: str, name: str, expansion: int, width: int, stride: int) -> str:
    channels = b.shape(x)[0]
    y = b.conv(x, f"{name}.expand", expansion * channels, 1) if expansion > 1 else x
    y = b.depthwise(y, f"{name}.depthwise", stride=stride)
    y = b.conv(y, f"{name}.project", width, 1, relu=False)
    return b.add(y, x, f"{name}.add", relu=False) if stride == 1 and channels == width else y
