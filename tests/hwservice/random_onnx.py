"""Random ONNX networks over everything that can be read, in the forms of a random opset, by seed."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from onnx import helper

from tests.hwservice.float_networks import Net

SMALLEST_OPSET: Final = 11
GREATEST_OPSET: Final = 21
AXES_AS_INPUT: Final = 13
"""From this opset on `Squeeze` and `Split` take their numbers as inputs."""
REDUCE_AXES_AS_INPUT: Final = 18

Shape = tuple[int, int, int]


@dataclass
class RandomNet:
    """A network that grows by `grow`; `shapes` holds channels, height and width of every map."""

    seed: int
    shapes: dict[str, Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        draw = np.random.default_rng(self.seed)
        shape = (int(draw.integers(1, 6)), int(draw.integers(3, 21)), int(draw.integers(3, 21)))
        opset = int(draw.integers(SMALLEST_OPSET, GREATEST_OPSET + 1))
        self.net = Net(shape, self.seed, opset)
        self.draw, self.shapes["input"] = draw, shape

    def number(self, low: int, high: int) -> int:
        """From `low` up to and including `high`."""
        return int(self.draw.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True so often."""
        return bool(self.draw.random() < share)

    def node(self, op: str, inputs: list[str], shape: Shape, **attributes: Any) -> str:
        """A node whose map has that shape."""
        name = self.net.node(op, inputs, **attributes)
        self.shapes[name] = shape
        return name

    def floats(self, *shape: int, scale: float = 1.0) -> str:
        """A normal constant."""
        return self.net.constant(self.net.random.normal(0, scale, shape).astype(np.float32))

    def integers(self, *values: int) -> str:
        """A constant list of numbers."""
        return self.net.constant(np.array(values, np.int64))

    def real(self, value: float) -> str:
        """A constant of rank 0."""
        return self.net.constant(np.float32(value))


def random_onnx(seed: int) -> tuple[Net, tuple[str, ...]]:
    """The network and the names of its outputs."""
    r = RandomNet(seed)
    x = _convolution(r, "input")
    for _ in range(r.number(1, 6)):
        x = _GROWERS[r.number(0, len(_GROWERS) - 1)](r, x)
    outputs = [_end(r, x)]
    earlier = [name for name in r.shapes if name not in (*outputs, "input", x)]
    if earlier and r.chance(0.25):
        outputs.append(earlier[r.number(0, len(earlier) - 1)])
    return r.net, tuple(outputs)


def _sizes(extents: tuple[int, int], window: dict[str, Any], ceil: bool = False) -> tuple[int, int]:
    found = []
    for axis, extent in enumerate(extents):
        span = (window["kernel_shape"][axis] - 1) * window.get("dilations", [1, 1])[axis] + 1
        room, stride = extent + window["pads"][axis] + window["pads"][axis + 2] - span, window["strides"][axis]
        size = -(-room // stride) + 1 if ceil else room // stride + 1
        if ceil and (size - 1) * stride >= extent + window["pads"][axis]:
            size -= 1  # no window may begin in the padding behind
        found.append(size)
    return found[0], found[1]


def _window(r: RandomNet, x: str, *, most: int = 5, dilated: bool = True) -> dict[str, Any]:
    """Kernel, strides, dilations and uneven pads, none as long as the kernel, of which at least one window fits."""
    _, *extents = r.shapes[x]
    kernel = [r.number(1, most), r.number(1, most)]
    dilations = [r.number(1, 2), r.number(1, 2)] if dilated and r.chance(0.3) else [1, 1]
    pads = [r.number(0, k - 1) for k in kernel * 2]
    for axis, extent in enumerate(extents):
        if (kernel[axis] - 1) * dilations[axis] + 1 > extent + pads[axis] + pads[axis + 2]:
            kernel[axis], pads[axis], pads[axis + 2] = 1, 0, 0
    strides = [r.number(1, 3), r.number(1, 3)] if r.chance(0.4) else [1, 1]
    return {"kernel_shape": kernel, "strides": strides, "dilations": dilations, "pads": pads}


def _convolution(r: RandomNet, x: str, filters: int = 0) -> str:
    channels, *extents = r.shapes[x]
    window = _window(r, x)
    groups = (
        channels if r.chance(0.2) else next(g for g in (3, 2, 1) if channels % g == 0 and (g == 1 or r.chance(0.2)))
    )
    filters = filters or groups * r.number(1, 3 if groups > 4 else 12)
    groups = groups if filters % groups == 0 else 1
    height, width = _sizes((extents[0], extents[1]), window)
    fan = channels // groups * window["kernel_shape"][0] * window["kernel_shape"][1]
    inputs = [x, r.floats(filters, channels // groups, *window["kernel_shape"], scale=fan**-0.5)]
    if r.chance(0.6):
        inputs.append(r.floats(filters, scale=0.3))
    return r.node("Conv", inputs, (filters, height, width), group=groups, **window)


def _same_size(r: RandomNet, x: str, filters: int) -> str:
    """A convolution that keeps the map's size."""
    channels, height, width = r.shapes[x]
    kernel = 3 if r.chance(0.5) else 1
    weights = r.floats(filters, channels, kernel, kernel, scale=(channels * kernel**2) ** -0.5)
    return r.node("Conv", [x, weights], (filters, height, width), pads=[kernel // 2] * 4)


def _normalised(r: RandomNet, x: str) -> str:
    channels = r.shapes[x][0]
    spread = [r.net.constant(r.draw.uniform(0.5, 1.5, channels).astype(np.float32)) for _ in range(2)]
    middle = [r.floats(channels, scale=0.3) for _ in range(2)]
    return r.node("BatchNormalization", [x, spread[0], *middle, spread[1]], r.shapes[x])


def _activated(r: RandomNet, x: str) -> str:
    if r.chance(0.5):
        return r.node("Relu", [x], r.shapes[x])
    low, high = (0.0, 6.0) if r.chance(0.5) else (float(r.draw.uniform(-1, 0.1)), float(r.draw.uniform(0.5, 2)))
    return r.node("Clip", [x, r.real(low), r.real(high)], r.shapes[x])


def _pooled(r: RandomNet, x: str) -> str:
    channels, *extents = r.shapes[x]
    op = "MaxPool" if r.chance(0.5) else "AveragePool"
    window = _window(r, x, most=3, dilated=False)
    del window["dilations"]
    overlapping = all(k >= s for k, s in zip(window["kernel_shape"], window["strides"], strict=True))
    ceil = int(overlapping and r.chance(0.3))  # else what ONNX infers and ONNX Runtime computes are two things
    height, width = _sizes((extents[0], extents[1]), window, bool(ceil))
    extra = {"count_include_pad": r.number(0, 1)} if op == "AveragePool" else {}
    return r.node(op, [x], (channels, height, width), ceil_mode=ceil, **window, **extra)


def _residual(r: RandomNet, x: str) -> str:
    y = _same_size(r, x, r.shapes[x][0])
    sides = [y, x] if r.chance(0.5) else [x, y]
    total = r.node("Add", sides, r.shapes[x])
    return _activated(r, total) if r.chance(0.7) else total


def _unequal_residual(r: RandomNet, x: str) -> str:
    """Both sides keep different channels of the map that is added."""
    channels, height, width = r.shapes[x]
    whole = channels + r.number(1, 5)
    y, shape = _same_size(r, x, r.number(1, whole)), (whole, height, width)
    sides = [_widened(r, side, whole) if r.shapes[side][0] < whole else side for side in (x, y)]
    return r.node("Relu", [r.node("Add", sides, shape)], shape)


def _widened(r: RandomNet, x: str, channels: int) -> str:
    """The channels among zeros: padded, concatenated or scattered."""
    own, height, width = r.shapes[x]
    shape = (channels, height, width)
    way = r.number(0, 2)
    if way == 0:
        before = r.number(0, channels - own)
        return r.node("Pad", [x, r.integers(0, before, 0, 0, 0, channels - own - before, 0, 0)], shape)
    zeros = r.net.constant(np.zeros((1, channels - own, height, width), np.float32))
    if way == 1:
        return r.node("Concat", [x, zeros] if r.chance(0.5) else [zeros, x], shape, axis=1)
    empty = r.net.constant(np.zeros((1, channels, height, width), np.float32))
    picked = np.sort(r.draw.permutation(channels)[:own])
    where = r.net.constant(np.stack([np.zeros_like(picked), picked], axis=1)[None])
    return r.node("ScatterND", [empty, where, x], shape)


def _concatenated(r: RandomNet, x: str) -> str:
    channels, height, width = r.shapes[x]
    y = _same_size(r, x, r.number(1, 9))
    y = _activated(r, y) if r.chance(0.5) else y
    return r.node("Concat", [x, y] if r.chance(0.5) else [y, x], (channels + r.shapes[y][0], height, width), axis=1)


def _chosen(r: RandomNet, x: str) -> str:
    channels, height, width = r.shapes[x]
    if r.chance(0.4):
        picked = r.draw.permutation(channels)[: r.number(1, channels)]
        return r.node("Gather", [x, r.net.constant(picked)], (len(picked), height, width), axis=1)
    if channels > 1 and r.chance(0.5):
        return _split(r, x)
    bounds = [sorted(r.draw.choice(size + 1, 2, replace=False)) for size in (channels, height, width)]
    shape = (int(bounds[0][1] - bounds[0][0]), int(bounds[1][1] - bounds[1][0]), int(bounds[2][1] - bounds[2][0]))
    starts, ends = (r.integers(*(int(pair[side]) for pair in bounds)) for side in (0, 1))
    return r.node("Slice", [x, starts, ends, r.integers(1, 2, 3)], shape)


def _split(r: RandomNet, x: str) -> str:
    channels, height, width = r.shapes[x]
    first = r.number(1, channels - 1)
    names, sizes = [f"{x}.left", f"{x}.right"], [first, channels - first]
    if r.net.opset >= AXES_AS_INPUT:
        r.net.nodes.append(helper.make_node("Split", [x, r.integers(*sizes)], names, axis=1))
    else:
        r.net.nodes.append(helper.make_node("Split", [x], names, axis=1, split=sizes))
    r.shapes |= {name: (size, height, width) for name, size in zip(names, sizes, strict=True)}
    return r.node("Concat", names[::-1], r.shapes[x], axis=1) if r.chance(0.5) else names[r.number(0, 1)]


def _padded(r: RandomNet, x: str) -> str:
    channels, height, width = r.shapes[x]
    top, left, bottom, right = (r.number(0, 2) for _ in range(4))
    shape = (channels, height + top + bottom, width + left + right)
    return r.node("Pad", [x, r.integers(0, 0, top, left, 0, 0, bottom, right)], shape)


def _scaled(r: RandomNet, x: str) -> str:
    channels = r.shapes[x][0]
    op = ("Mul", "Add", "Sub", "Div")[r.number(0, 3)]
    values = r.draw.uniform(0.5, 1.5, (channels, 1, 1) if r.chance(0.7) else ()) * (-1 if r.chance(0.2) else 1)
    return r.node(op, [x, r.net.constant(values.astype(np.float32))], r.shapes[x])


def _passed(r: RandomNet, x: str) -> str:
    return r.node("Identity" if r.chance(0.5) else "Dropout", [x], r.shapes[x])


_GROWERS: Final = (
    *(_convolution, _convolution, _normalised, _activated, _activated, _pooled, _residual),
    *(_unequal_residual, _concatenated, _chosen, _padded, _scaled, _passed),
)


def _end(r: RandomNet, x: str) -> str:
    """A classifier, or the map itself."""
    channels, height, width = r.shapes[x]
    way = r.number(0, 3)
    if way == 0 or (way == 3 and channels * height * width > 2000):
        return x
    features = channels if way < 3 else channels * height * width
    flat = _flat(r, _mean(r, x) if way < 3 else x, features)
    classes = r.number(1, 12)
    x = _linear(r, flat, features, classes)
    if r.chance(0.3):
        x = _linear(r, r.node("Relu", [x], (classes, 1, 1)), classes, 5)
    if r.chance(0.4):
        return r.node("Softmax" if r.chance(0.7) else "LogSoftmax", [x], r.shapes[x], axis=1)
    return x


def _mean(r: RandomNet, x: str) -> str:
    channels = r.shapes[x][0]
    if r.chance(0.5):
        return r.node("GlobalAveragePool", [x], (channels, 1, 1))
    if r.net.opset >= REDUCE_AXES_AS_INPUT:
        return r.node("ReduceMean", [x, r.integers(2, 3)], (channels, 1, 1), keepdims=1)
    return r.node("ReduceMean", [x], (channels, 1, 1), axes=[2, 3], keepdims=1)


def _flat(r: RandomNet, x: str, features: int) -> str:
    if r.chance(0.5):
        return r.node("Flatten", [x], (features, 1, 1), axis=1)
    return r.node("Reshape", [x, r.integers(1, -1)], (features, 1, 1))


def _linear(r: RandomNet, x: str, features: int, classes: int) -> str:
    if r.chance(0.5):
        inputs = [x, r.floats(classes, features, scale=features**-0.5), r.floats(classes, scale=0.3)]
        return r.node("Gemm", inputs, (classes, 1, 1), transB=1)
    product = r.node("MatMul", [x, r.floats(features, classes, scale=features**-0.5)], (classes, 1, 1))
    return r.node("Add", [product, r.floats(classes, scale=0.3)], (classes, 1, 1)) if r.chance(0.6) else product
