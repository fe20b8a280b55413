"""Integer networks as ONNX graphs with QuantizeLinear and DequantizeLinear, for other runtimes.

With power-of-two scales all float32 values in between are exact, so ONNX Runtime gives the accelerator's bytes (averages over a map of
2**n pixels included). Run it without graph optimisations, or with the session option `session.disable_quant_qdq=1`: fused integer kernels may saturate on
processors without VNNI.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from contracts.errors import NetworkError
from hwservice.ir.axes import CANONICAL
from hwservice.ir.quantised import Layer, Operator, Output, QuantisedNetwork, Source, Tensor

OPSET = 17


def to_qdq(network: QuantisedNetwork) -> onnx.ModelProto:
    """The network as a float graph with explicit quantisers, batch size 1.

    Raises:
        NetworkError: an average pool that leaves padding out of its count (its factors differ by region).
    """
    writer = _Writer(network.tensors)
    shape = network.input_shape or (network.input.channels, network.input.height, network.input.width)
    writer.quantised(writer.as_map(network.input.name, network), network.input)
    for layer in network.layers:
        writer.layer(layer)
    for output in network.outputs:
        writer.output(output)
    given = helper.make_tensor_value_info(network.input.name, TensorProto.FLOAT, [1, *shape])
    results = [helper.make_tensor_value_info(o.name, TensorProto.FLOAT, [1, *o.shape]) for o in network.outputs]
    graph = helper.make_graph(writer.nodes, network.name, [given], results, writer.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


@dataclass
class _Writer:
    """Collects nodes; the real values of tensor `t` are ONNX value `real:t`."""

    tensors: dict[str, Tensor]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, array: NDArray[Any]) -> str:
        """A constant under a new name."""
        name = f"constant:{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(
        self,
        op: str,
        inputs: list[str],
        name: str = "",
        **attributes: Any,
    ) -> str:
        """A node and its one output."""
        name = name or f"{op.lower()}:{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def bytes_and_back(self, x: str, scale: float, zero_point: int, name: str = "") -> str:
        """QuantizeLinear and DequantizeLinear."""
        quantiser = [self.constant(np.float32(scale)), self.constant(np.uint8(zero_point))]  # type: ignore[arg-type]  # scalars are arrays here
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [x, *quantiser]), *quantiser], name)

    def as_map(self, x: str, network: QuantisedNetwork) -> str:
        """The network's input as batch, channels, height, width."""
        order, t = network.input_axes, network.input
        if order == CANONICAL:
            return x
        present = [letter for letter in CANONICAL if letter in order]
        x = self.node("Transpose", [x], perm=[0, *(order.index(letter) + 1 for letter in present)])
        return self.node("Reshape", [x, self.constant(np.array([1, t.channels, t.height, t.width], np.int64))])

    def quantised(self, x: str, tensor: Tensor) -> None:
        """The final value of a tensor."""
        self.bytes_and_back(x, tensor.scale, tensor.zero_point, f"real:{tensor.name}")

    def gathered(self, sources: tuple[Source | None, ...]) -> str:
        """Channels as one map; None is a channel of zeros."""
        names = list(dict.fromkeys(s.tensor for s in sources if s is not None))
        first = self.tensors[names[0]]
        if sources == tuple(Source(first.name, c) for c in range(first.channels)):
            return f"real:{first.name}"
        starts = np.cumsum([0, *(self.tensors[n].channels for n in names)])
        start = dict(zip(names, starts[:-1], strict=True))
        zeros = self.constant(np.zeros((1, 1, first.height, first.width), np.float32))
        joined = self.node("Concat", [*(f"real:{n}" for n in names), zeros], axis=1)
        places = [int(starts[-1]) if s is None else int(start[s.tensor]) + s.channel for s in sources]
        return self.node("Gather", [joined, self.constant(np.array(places, np.int64))], axis=1)

    def layer(self, layer: Layer) -> None:
        """One layer: window operator, quantiser, and the add with a quantiser of its own."""
        if len(layer.regions) > 1:
            raise NetworkError(f"layer {layer.name!r} averages without counting padding; this cannot be exported")
        x, out, rounding = self.gathered(layer.sources), layer.output, layer.rounding
        mid = out.scale * rounding.main_multiplier / 2.0**rounding.second_shift
        value = self._windowed(layer, x, mid if layer.skip else out.scale)
        if layer.skip:
            if not rounding.mid_wide:
                low, high = rounding.mid_low, rounding.mid_high
                value = self._clipped(value, low * mid, high * mid)
                value = self.bytes_and_back(value, mid, 128 if low < 0 else 0)
            value = self.node("Add", [value, self.gathered(layer.skip)])
        low, high = rounding.low - out.zero_point, rounding.high - out.zero_point
        self.quantised(self._clipped(value, low * out.scale, high * out.scale), out)

    def _clipped(self, x: str, low: float, high: float) -> str:
        return self.node("Clip", [x, self._number(low), self._number(high)])

    def _number(self, value: float) -> str:
        return self.constant(np.asarray(value, np.float32))

    def _windowed(self, layer: Layer, x: str, scale: float) -> str:
        w = layer.window
        if layer.operator is Operator.MAX:
            return self.node("MaxPool", [x], kernel_shape=w.kernel, strides=w.stride, dilations=w.dilation, pads=w.pads)
        assert layer.weights is not None
        source = self.tensors[layer.sources[0].tensor]
        factor = layer.regions[0].multiplier * 2.0 ** -layer.regions[0].shift * scale / source.scale
        total = layer.weights.reshape(layer.filters, -1).sum(axis=1, dtype=np.int64)
        pixels = source.height * source.width if layer.operator is Operator.SUM else 1
        bias = (layer.bias + source.zero_point * total * pixels) * factor * source.scale
        names = [self._dequantised(layer.weights, factor), self.constant(bias.astype(np.float32))]
        if (
            layer.operator is Operator.SUM
            and (factor * pixels == 1).all()
            and not bias.any()
            and (layer.weights == 1).all()
        ):
            return self.node("GlobalAveragePool", [x])
        if layer.operator is Operator.SUM:
            axes = self.constant(np.array([2, 3], np.int64))
            x = self.node("ReduceSum", [x, axes], keepdims=1)
            return self.node("Conv", [x, *names], group=layer.groups)
        if min(w.pads) < 0:
            pads = self.constant(
                np.array([0, 0, *(min(0, p) for p in w.pads[:2]), 0, 0, *(min(0, p) for p in w.pads[2:])])
            )
            x = self.node("Pad", [x, pads])
        pads_left = [max(0, p) for p in w.pads]
        return self.node(
            "Conv", [x, *names], group=layer.groups, strides=w.stride, dilations=w.dilation, pads=pads_left
        )

    def _dequantised(self, weights: NDArray[np.int8], scales: NDArray[np.float64]) -> str:
        inputs = [self.constant(weights), self.constant(scales.astype(np.float32))]
        return self.node("DequantizeLinear", inputs, axis=0)

    def output(self, output: Output) -> None:
        """One result in the user's shape."""
        x, shape = (
            self.gathered(output.sources),
            self.constant(np.array([0, *output.shape], np.int64)),
        )  # 0: the batch as it is
        letters = output.axes + "".join(letter for letter in CANONICAL if letter not in output.axes)
        if letters != CANONICAL:
            x = self.node("Transpose", [x], perm=[0, *(CANONICAL.index(letter) + 1 for letter in letters)])
        if not output.softmax:
            self.node("Reshape", [x, shape], output.name)
            return
        over = 1 if len(output.shape) == 1 else 1 + output.axes.index("c")
        operator = "LogSoftmax" if output.logarithm else "Softmax"
        self.node(operator, [self.node("Reshape", [x, shape])], output.name, axis=over)
