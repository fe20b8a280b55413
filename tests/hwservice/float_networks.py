"""Small ONNX networks node by node, and a straightforward evaluation of the float network that was read from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.shape_inference
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hwservice.ir.axes import to_maps
from hwservice.ir.graph import ZEROS, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Source

Floats = NDArray[Any]


@dataclass
class Net:
    """`net = Net((3, 8, 8)); x = net.conv("input", 4); net.node("Relu", [x], "output"); net.save(path)`."""

    shape: tuple[int | str, ...]
    seed: int = 0
    opset: int = 17
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)
    batch: int | str = 1

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def constant(self, array: Any, name: str = "") -> str:
        """A weight."""
        name = name or f"constant{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op: str, inputs: list[str], name: str = "", **attributes: Any) -> str:
        """A node and its one output."""
        name = name or f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x: str, filters: int, channels: int, kernel: int = 3, name: str = "", **attributes: Any) -> str:
        """A convolution with random weights and bias, padded to keep the size."""
        groups = attributes.get("group", 1)
        w = self.random.normal(0, 0.4, (filters, channels // groups, kernel, kernel)).astype(np.float32)
        b = self.random.normal(0, 0.2, filters).astype(np.float32)
        if "pads" not in attributes and "auto_pad" not in attributes:
            attributes["pads"] = [kernel // 2] * 4
        return self.node("Conv", [x, self.constant(w), self.constant(b)], name, **attributes)

    def norm(self, x: str, channels: int, name: str = "") -> str:
        """A batch normalisation with random statistics."""
        draws = [self.random.uniform(0.5, 1.5, channels) for _ in range(4)]
        draws[1] -= 1
        draws[2] -= 1
        return self.node("BatchNormalization", [x, *(self.constant(d.astype(np.float32)) for d in draws)], name)

    def save(self, path: Path, outputs: tuple[str, ...] = ("output",)) -> Path:
        """Write the file; the path."""
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [self.batch, *self.shape])
        results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "small", [given], results, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        path.write_bytes(onnx.shape_inference.infer_shapes(model).SerializeToString())
        return path


def onnxruntime_results(path: Path, image: Floats) -> dict[str, Floats]:
    """What ONNX Runtime makes of one image [C, H, W]; the batch taken off."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return {n: v[0] for n, v in zip(names, session.run(names, {"input": image[None].astype(np.float32)}), strict=True)}


def float_results(graph: Graph, image: Floats) -> dict[str, Floats]:
    """The float network's outputs for one image [C, H, W], each in its shape, softmax applied."""
    values = {graph.input_name: to_maps(image[None].astype(np.float64), graph.input_axes)[0]}
    for layer in graph.layers:
        values[layer.name] = _layer(layer, values)
        assert values[layer.name].shape == (layer.channels, layer.height, layer.width)
    results = {}
    for output in graph.outputs:
        results[output.name] = output.finish(_gather(values, output.sources)[None])[0]
    return results


def _gather(values: dict[str, Floats], sources: tuple[Source, ...]) -> Floats:
    zeros = np.zeros_like(next(values[s.tensor][0] for s in sources if s != ZEROS))
    return np.stack([zeros if s == ZEROS else values[s.tensor][s.channel] for s in sources])


def _layer(layer: FloatLayer, values: dict[str, Floats]) -> Floats:
    x = _gather(values, layer.sources)
    if layer.operator is Operator.SUM:
        total = x.mean(axis=(1, 2), keepdims=True)
    elif layer.operator is Operator.MAX:
        total = _windows(layer, x, -np.inf).max(axis=(3, 4))
    elif layer.is_copy:
        total = _windows(layer, x, 0.0)[..., 0, 0]
    else:
        total = _convolution(layer, x)
    if layer.skip:
        total = np.clip(total, *layer.mid_clamp)
        for k, source in enumerate(layer.skip):
            if source is not None and source != ZEROS:
                total[k] += values[source.tensor][source.channel]
    return np.asarray(np.clip(total, *layer.clamp))


def _convolution(layer: FloatLayer, x: Floats) -> Floats:
    assert layer.weights is not None
    assert layer.bias is not None
    filters, depth = layer.weights.shape[:2]
    windows = _windows(layer, x, 0.0)
    parts = [
        np.einsum("chwyx,cyx->hw", windows[(f * layer.groups // filters) * depth :][:depth], layer.weights[f])
        for f in range(filters)
    ]
    total = np.stack(parts)
    if layer.average is not None:
        top, left, bottom, right = layer.average
        counted = np.pad(np.ones_like(x), ((0, 0), (top, bottom), (left, right)), constant_values=1)
        total = total / _windows(layer, counted, 0.0, (top, left)).sum(axis=(3, 4))
    return total + layer.bias[:, None, None]


def _windows(layer: FloatLayer, x: Floats, fill: float, origin: tuple[int, int] = (0, 0)) -> Floats:
    """[channels, height, width, *kernel]; pixel (0, 0) of the map is at `origin` of `x`."""
    w, margin = layer.window, 32
    padded = np.pad(x, ((0, 0), (margin, margin), (margin, margin)), constant_values=fill)
    result = np.zeros((x.shape[0], layer.height, layer.width, *w.kernel))
    for ky in range(w.kernel[0]):
        for kx in range(w.kernel[1]):
            y0, x0 = (
                margin + origin[0] - w.pads[0] + ky * w.dilation[0],
                margin + origin[1] - w.pads[1] + kx * w.dilation[1],
            )
            result[..., ky, kx] = padded[:, y0 :: w.stride[0], x0 :: w.stride[1]][:, : layer.height, : layer.width]
    return result
