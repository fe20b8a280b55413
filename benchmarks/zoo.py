"""Seeded test networks as ONNX models: the shapes that hardware figures are taken on, without training."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
Cuts = dict[str, int] | None


@dataclass
class Builder:
    """Collects nodes; every method returns the name of the value it makes, `shapes` holds [C, H, W] of each."""

    shape: tuple[int, int, int]
    seed: int = 0
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)
    shapes: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.shapes["input"] = self.shape

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """A weight under a name of its own."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(
        self,
        op: str,
        inputs: Sequence[str],
        name: str,
        shape: tuple[int, int, int],
        **attributes: Any,
    ) -> str:
        """A node with one output of its own name."""
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        self.shapes[name] = shape
        return name

    def conv(
        self,
        x: str,
        name: str,
        filters: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> str:
        """A convolution with He-initialised weights and padding that keeps the size at stride 1."""
        channels, height, width = self.shapes[x]
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        fan = channels // groups * size[0] * size[1]
        w = self.random.normal(0, math.sqrt(2 / fan), (filters, channels // groups, *size)).astype(np.float32)
        pads = [(size[0] - 1) // 2, (size[1] - 1) // 2, size[0] // 2, size[1] // 2]
        inputs = [x, self.constant(f"{name}.weight", w)]
        if bias:
            inputs.append(self.constant(f"{name}.bias", self.random.normal(0, 0.1, filters).astype(np.float32)))
        shape = (filters, (height - 1) // stride + 1, (width - 1) // stride + 1)
        return self.node(
            "Conv", inputs, name, shape, group=groups, pads=pads, strides=[stride, stride], kernel_shape=list(size)
        )

    def norm(self, x: str, name: str) -> str:
        """A batch normalisation with statistics as after training: near identity, never degenerate."""
        channels, draw = self.shapes[x][0], self.random
        parts = {
            "scale": draw.uniform(0.7, 1.3, channels),
            "bias": draw.normal(0, 0.2, channels),
            "mean": draw.normal(0, 0.2, channels),
            "var": draw.uniform(0.6, 1.4, channels),
        }
        inputs = [self.constant(f"{name}.{key}", value.astype(np.float32)) for key, value in parts.items()]
        return self.node("BatchNormalization", [x, *inputs], name, self.shapes[x])

    def relu(self, x: str) -> str:
        """A ReLU."""
        return self.node("Relu", [x], f"{x}.relu", self.shapes[x])

    def cbr(
        self,
        x: str,
        name: str,
        filters: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> str:
        """Convolution, batch normalisation, ReLU."""
        return self.relu(self.norm(self.conv(x, name, filters, kernel, stride=stride, groups=groups), f"{name}.bn"))

    def add(self, a: str, b: str, name: str) -> str:
        """A residual add and its ReLU."""
        return self.relu(self.node("Add", [a, b], name, self.shapes[a]))

    def max_pool(self, x: str, name: str, kernel: int, stride: int, pad: int) -> str:
        """A maximum pool."""
        channels, height, width = self.shapes[x]
        out = [(s + 2 * pad - kernel) // stride + 1 for s in (height, width)]
        shape = (channels, out[0], out[1])
        return self.node("MaxPool", [x], name, shape, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def average_pool(self, x: str, name: str, kernel: int) -> str:
        """An average pool without overlap."""
        channels, height, width = self.shapes[x]
        shape = (channels, height // kernel, width // kernel)
        return self.node("AveragePool", [x], name, shape, kernel_shape=[kernel] * 2, strides=[kernel] * 2)

    def classify(self, x: str, classes: int) -> str:
        """Global average pool, flatten, fully connected."""
        channels = self.shapes[x][0]
        pooled = self.node("GlobalAveragePool", [x], "pool", (channels, 1, 1))
        flat = self.node("Flatten", [pooled], "flat", (channels, 1, 1), axis=1)
        return self.linear(flat, "output", classes, "fc")

    def linear(self, x: str, name: str, filters: int, weights: str = "") -> str:
        """A fully connected layer; its constants are called after `weights` (`name` where empty)."""
        channels = self.shapes[x][0]
        w = self.random.normal(0, math.sqrt(1 / channels), (filters, channels)).astype(np.float32)
        bias = self.random.normal(0, 0.1, filters).astype(np.float32)
        inputs = [x, self.constant(f"{weights or name}.weight", w), self.constant(f"{weights or name}.bias", bias)]
        return self.node("Gemm", inputs, name, (filters, 1, 1), transB=1)

    def model(self, name: str, classes: int) -> onnx.ModelProto:
        """The finished, checked model."""
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, *self.shape])
        result = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, classes])
        graph = helper.make_graph(self.nodes, name, [given], [result], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def _basic(b: Builder, x: str, name: str, filters: int, *, stride: int, inner: int) -> str:
    y = b.cbr(x, f"{name}.conv1", inner, 3, stride=stride)
    y = b.norm(b.conv(y, f"{name}.conv2", filters), f"{name}.bn2")
    if stride != 1 or b.shapes[x][0] != filters:
        x = b.norm(b.conv(x, f"{name}.project", filters, 1, stride=stride), f"{name}.project.bn")
    return b.add(y, x, f"{name}.add")


def resnet8(
    widths: tuple[int, ...] = (16, 32, 64),
    input: tuple[int, int, int] = (3, 32, 32),  # noqa: A002 - named as the ONNX input is
    classes: int = 10,
    seed: int = 0,
    cuts: Cuts = None,
) -> onnx.ModelProto:
    """MLPerf Tiny ResNet-8. `cuts` gives inner convolutions (`stage1.0.conv1`, ...) fewer filters."""
    return _cifar(input, widths, 1, classes=classes, seed=seed, cuts=cuts or {}, name="resnet8")


def resnet20(
    widths: tuple[int, ...] = (16, 32, 64), classes: int = 10, seed: int = 0, cuts: Cuts = None
) -> onnx.ModelProto:
    """CIFAR ResNet-20 with 1x1 projections; `cuts` as for `resnet8`, names up to `stage3.2.conv1`."""
    return _cifar((3, 32, 32), widths, 3, classes=classes, seed=seed, cuts=cuts or {}, name="resnet20")


def _cifar(
    shape: tuple[int, int, int],
    widths: tuple[int, ...],
    blocks: int,
    *,
    classes: int,
    seed: int,
    cuts: dict[str, int],
    name: str,
) -> onnx.ModelProto:
    b = Builder(shape, seed)
    x = b.cbr("input", "stem", widths[0])
    for stage, width in enumerate(widths, 1):
        for block in range(blocks):
            at = f"stage{stage}.{block}"
            x = _basic(
                b, x, at, width, stride=2 if stage > 1 and block == 0 else 1, inner=cuts.get(f"{at}.conv1", width)
            )
    b.classify(x, classes)
    return b.model(name, classes)


def resnet18(size: int = 224, classes: int = 1000, seed: int = 0) -> onnx.ModelProto:
    """ImageNet ResNet-18."""
    b = Builder((3, size, size), seed)
    x = b.max_pool(b.cbr("input", "stem", 64, 7, stride=2), "stem.pool", 3, 2, 1)
    for stage in range(4):
        for block in range(2):
            x = _basic(
                b,
                x,
                f"stage{stage + 1}.{block}",
                64 << stage,
                stride=2 if stage and not block else 1,
                inner=64 << stage,
            )
    b.classify(x, classes)
    return b.model("resnet18", classes)


def resnet50(size: int = 224, classes: int = 1000, seed: int = 0) -> onnx.ModelProto:
    """ImageNet ResNet-50 (stride in the 3x3 convolution)."""
    b = Builder((3, size, size), seed)
    x = b.max_pool(b.cbr("input", "stem", 64, 7, stride=2), "stem.pool", 3, 2, 1)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            x = _bottleneck(b, x, f"stage{stage + 1}.{block}", 64 << stage, 2 if stage and not block else 1)
    b.classify(x, classes)
    return b.model("resnet50", classes)


def vgg16(size: int = 224, classes: int = 1000, seed: int = 0) -> onnx.ModelProto:
    """ImageNet VGG-16, with its fully connected layers of 4,096."""
    b = Builder((3, size, size), seed)
    x = "input"
    for stage, (filters, layers) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for layer in range(layers):
            x = b.relu(b.conv(x, f"conv{stage + 1}_{layer + 1}", filters, bias=True))
        x = b.max_pool(x, f"pool{stage + 1}", 2, 2, 0)
    channels, height, width = b.shapes[x]
    x = b.node("Flatten", [x], "flat", (channels * height * width, 1, 1), axis=1)
    x = b.relu(b.linear(b.relu(b.linear(x, "fc6", 4096)), "fc7", 4096))
    b.linear(x, "output", classes)
    return b.model("vgg16", classes)


def _bottleneck(b: Builder, x: str, name: str, inner: int, stride: int) -> str:
    y = b.cbr(x, f"{name}.conv1", inner, 1)
    y = b.cbr(y, f"{name}.conv2", inner, 3, stride=stride)
    y = b.norm(b.conv(y, f"{name}.conv3", 4 * inner, 1), f"{name}.bn3")
    if b.shapes[x][0] != 4 * inner:
        x = b.norm(b.conv(x, f"{name}.project", 4 * inner, 1, stride=stride), f"{name}.project.bn")
    return b.add(y, x, f"{name}.add")


def _separable(b: Builder, x: str, name: str, filters: int, stride: int = 1) -> str:
    y = b.cbr(x, f"{name}.depthwise", b.shapes[x][0], 3, stride=stride, groups=b.shapes[x][0])
    return b.cbr(y, f"{name}.pointwise", filters, 1)


def mobilenet_v1(alpha: float = 0.25, size: int = 96, classes: int = 2, seed: int = 0) -> onnx.ModelProto:
    """MLPerf Tiny visual wake words: MobileNet v1 with a width factor."""
    b = Builder((3, size, size), seed)
    x = b.cbr("input", "stem", int(32 * alpha), 3, stride=2)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for k, (filters, stride) in enumerate(plan):
        x = _separable(b, x, f"block{k}", int(filters * alpha), stride)
    b.classify(x, classes)
    return b.model("mobilenet_v1", classes)


def ds_cnn(classes: int = 12, seed: int = 0) -> onnx.ModelProto:
    """MLPerf Tiny keyword spotting: 49x10 spectrogram, four separable blocks."""
    b = Builder((1, 49, 10), seed)
    x = b.cbr("input", "stem", 64, (10, 4), stride=2)
    for k in range(4):
        x = _separable(b, x, f"block{k}", 64)
    b.classify(x, classes)
    return b.model("ds_cnn", classes)


def densenet_small(growth: int = 8, layers: int = 3, classes: int = 10, seed: int = 0) -> onnx.ModelProto:
    """Two dense blocks: concatenations read through batch normalisations that no convolution can swallow."""
    b = Builder((3, 32, 32), seed)
    x = b.conv("input", "stem", 2 * growth)
    for block in range(2):
        for layer in range(layers):
            name = f"block{block}.{layer}"
            y = b.conv(b.relu(b.norm(x, f"{name}.bn")), f"{name}.conv", growth)
            channels, height, width = b.shapes[x]
            x = b.node("Concat", [x, y], f"{name}.concat", (channels + growth, height, width), axis=1)
        if block == 0:
            y = b.relu(b.norm(x, "transition.bn"))
            x = b.average_pool(b.conv(y, "transition.conv", b.shapes[x][0] // 2, 1), "transition.pool", 2)
    b.classify(b.relu(b.norm(x, "final.bn")), classes)
    return b.model("densenet_small", classes)


def unequal_resnet8(seed: int = 0) -> onnx.ModelProto:
    """ResNet-8 whose residual sides kept other channels: through Gather, ScatterElements and Pad."""
    b = Builder((3, 32, 32), seed)
    x = b.cbr("input", "stem", 16)
    y = b.conv(b.cbr(x, "stage1.conv1", 12), "stage1.conv2", 11)
    x = b.add(x, _scatter(b, b.norm(y, "stage1.bn2"), "stage1.scatter", 16), "stage1.add")
    y = b.cbr(_gather(b, x, "stage2.gather", 13), "stage2.conv1", 32, 3, stride=2)
    y = b.norm(b.conv(y, "stage2.conv2", 32), "stage2.bn2")
    side = b.norm(b.conv(x, "stage2.project", 24, 1, stride=2), "stage2.project.bn")
    x = b.add(y, _pad_channels(b, side, "stage2.pad", 32), "stage2.add")
    y = b.cbr(x, "stage3.conv1", 40, 3, stride=2)
    y = b.norm(b.conv(y, "stage3.conv2", 48), "stage3.bn2")
    side = b.norm(b.conv(x, "stage3.project", 64, 1, stride=2), "stage3.project.bn")
    x = b.add(_gather(b, side, "stage3.gather", 48), y, "stage3.add")
    b.classify(x, 10)
    return b.model("unequal_resnet8", 10)


def _gather(b: Builder, x: str, name: str, count: int) -> str:
    channels, height, width = b.shapes[x]
    kept = np.sort(b.random.permutation(channels)[:count])
    return b.node("Gather", [x, b.constant(f"{name}.kept", kept)], name, (count, height, width), axis=1)


def _scatter(b: Builder, x: str, name: str, channels: int) -> str:
    count, height, width = b.shapes[x]
    kept = np.sort(b.random.permutation(channels)[:count]).reshape(1, -1, 1, 1)
    zeros = b.constant(f"{name}.zeros", np.zeros((1, channels, height, width), np.float32))
    where = b.constant(f"{name}.kept", np.broadcast_to(kept, (1, count, height, width)).astype(np.int64))
    return b.node("ScatterElements", [zeros, where, x], name, (channels, height, width), axis=1)


def _pad_channels(b: Builder, x: str, name: str, channels: int) -> str:
    count, height, width = b.shapes[x]
    pads = b.constant(f"{name}.pads", np.array([0, 3, 0, 0, 0, channels - count - 3, 0, 0], np.int64))
    return b.node("Pad", [x, pads], name, (channels, height, width))


NETWORKS: dict[str, Callable[[], onnx.ModelProto]] = {
    "resnet8": resnet8,
    "resnet20": resnet20,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "vgg16": vgg16,
    "mobilenet_v1": mobilenet_v1,
    "ds_cnn": ds_cnn,
    "densenet_small": densenet_small,
    "unequal_resnet8": unequal_resnet8,
}
"""By name, as they are made by default."""


def write(name: str, folder: Path) -> Path:
    """Save one network as `folder/name.onnx`; the path."""
    path = folder / f"{name}.onnx"
    path.write_bytes(NETWORKS[name]().SerializeToString())
    return path
