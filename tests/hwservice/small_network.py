"""A network so small that everything about it is quick."""

import io

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = (3, 8, 8)
CLASSES = 4


def small_network(seed: int = 0, batch: int | str = 1, height: int | str = 8) -> onnx.ModelProto:
    """Two convolutions, a global average pool and a classifier: 3 x 8 x 8 to 4 classes."""
    random = np.random.default_rng(seed)

    def weight(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(random.normal(0, 0.3, shape).astype(np.float32), name)

    weights = [weight("w1", 8, 3, 3, 3), weight("w2", 8, 8, 3, 3), weight("w3", CLASSES, 8), weight("b3", CLASSES)]
    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], "conv2", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("GlobalAveragePool", ["r2"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["output"], "classifier", transB=1),
    ]
    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, height, 8])]
    made = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, CLASSES])]
    graph = helper.make_graph(nodes, "small", given, made, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def small_network_bytes(seed: int = 0) -> bytes:
    """As a file."""
    return bytes(small_network(seed).SerializeToString())


def pointwise_network(channels: int, filters: int, size: int = 4) -> onnx.ModelProto:
    """One 1 x 1 convolution and a ReLU."""
    random = np.random.default_rng(0)
    weights = random.normal(0, 1 / channels**0.5, (filters, channels, 1, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["input", "w"], ["c"], "conv"),
        helper.make_node("Relu", ["c"], ["output"], "relu"),
    ]
    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, channels, size, size])]
    made = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, filters, size, size])]
    graph = helper.make_graph(nodes, "pointwise", given, made, [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def images_bytes(count: int = 4, shape: tuple[int, ...] = SHAPE, **more: np.ndarray) -> bytes:
    """Seeded images as an npz file."""
    file = io.BytesIO()
    images = np.random.default_rng(1).normal(0, 1, (count, *shape)).astype(np.float32)
    np.savez(file, input=images, **more)  # type: ignore[arg-type]  # numpy's stub takes the names for its own option
    return file.getvalue()
