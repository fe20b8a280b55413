"""A structure as an ONNX model with the same seeded weights, batch normalisations and all, that any runtime executes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from contracts.structure import Layer, Size, Structure, Wire
from hwservice.structures.weights import Drawn, draw

OPSET = 17
EPSILON = 1e-5


def onnx_model(structure: Structure, seed: int = 0) -> onnx.ModelProto:
    """The network in ONNX: the same structure and seed give the same bytes.

    Gather selects channels, a Pad or ScatterElements places them in a sum, Concat joins maps.
    """
    writer = _Writer(structure, draw(structure, seed))
    for layer in structure.layers:
        writer.take(layer)
    return writer.model()


class _Writer:
    """Collects nodes; `values` holds the name of the value that is each layer's result."""

    def __init__(self, structure: Structure, drawn: dict[str, Drawn]) -> None:
        self.structure, self.drawn = structure, drawn
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.values = {"input": "input"}

    def take(self, layer: Layer) -> None:
        """The nodes of one layer."""
        size = self.structure.sizes[layer.wires[0].source]
        if layer.operator == "add":
            sides = [self._placed(layer, k, wire) for k, wire in enumerate(layer.wires)]
            value = self._node("Add", sides, layer.name)
        else:
            read = [self._read(layer, k, wire) for k, wire in enumerate(layer.wires)]
            source = read[0] if len(read) == 1 else self._node("Concat", read, f"{layer.name}.joined", axis=1)
            value = self._operator(layer, source, size)
        self.values[layer.name] = self._node("Relu", [value], f"{layer.name}.relu") if layer.relu else value

    def _operator(self, layer: Layer, source: str, size: Size) -> str:
        window = {"kernel_shape": list(layer.kernel), "strides": list(layer.stride), "pads": list(layer.padding)}
        match layer.operator:
            case "conv":
                return self._convolution(layer, source, {**window, "group": layer.groups})
            case "linear":
                return self._linear(layer, source, size)
            case "max":
                return self._node("MaxPool", [source], layer.name, **window)
            case "average":
                return self._node("AveragePool", [source], layer.name, **window)
            case _:
                return self._node("GlobalAveragePool", [source], layer.name)

    def _convolution(self, layer: Layer, source: str, attributes: dict[str, Any]) -> str:
        drawn, name = self.drawn[layer.name], layer.name
        weights = drawn.integers * drawn.steps[:, None, None, None]
        if not layer.norm:
            inputs = [source, *self._reals(name, weight=weights, bias=drawn.bias)]
            return self._node("Conv", inputs, name, **attributes)
        random = np.random.default_rng(len(drawn.bias))
        scale, variance, mean = (random.uniform(0.7, 1.4, layer.filters) for _ in range(3))
        folded = scale / np.sqrt(variance + EPSILON)
        inputs = [source, *self._reals(name, weight=weights / folded[:, None, None, None])]
        convolved = self._node("Conv", inputs, name, **attributes)
        parts = {"scale": scale, "bias": drawn.bias + mean * folded, "mean": mean, "var": variance}
        norm = f"{name}.norm"
        return self._node("BatchNormalization", [convolved, *self._reals(norm, **parts)], norm, epsilon=EPSILON)

    def _linear(self, layer: Layer, source: str, size: Size) -> str:
        drawn = self.drawn[layer.name]
        weights = (drawn.integers * drawn.steps[:, None, None, None]).reshape(layer.filters, -1)
        flat = source
        if size[1:] != (1, 1) or self._is_map(layer):
            flat = self._node("Flatten", [source], f"{layer.name}.flat", axis=1)
        return self._node(
            "Gemm", [flat, *self._reals(layer.name, weight=weights, bias=drawn.bias)], layer.name, transB=1
        )

    def _is_map(self, layer: Layer) -> bool:
        """Whether what it reads still has height and width in ONNX."""
        by_name = {x.name: x for x in self.structure.layers}
        return any(wire.source not in by_name or by_name[wire.source].operator != "linear" for wire in layer.wires)

    def _read(self, layer: Layer, number: int, wire: Wire) -> str:
        value = self.values[wire.source]
        if wire.read is None:
            return value
        name = f"{layer.name}.gather{number}"
        return self._node("Gather", [value, self._integers(f"{name}.read", wire.read)], name, axis=1)

    def _placed(self, layer: Layer, number: int, wire: Wire) -> str:
        value = self._read(layer, number, wire)
        _, height, width = self.structure.sizes[wire.source]
        count = len(wire.read) if wire.read is not None else self.structure.sizes[wire.source][0]
        write = wire.write if wire.write is not None else tuple(range(count))
        if write == tuple(range(layer.filters)):
            return value
        name = f"{layer.name}.place{number}"
        first, last = write[0], layer.filters - write[-1] - 1
        if write == tuple(range(first, first + count)):
            pads = self._integers(f"{name}.pads", (0, first, 0, 0, 0, last, 0, 0))
            return self._node("Pad", [value, pads], name)
        where = np.broadcast_to(np.reshape(write, (1, -1, 1, 1)), (1, count, height, width)).astype(np.int64)
        zeros = self._constant(f"{name}.zeros", np.zeros((1, layer.filters, height, width), np.float32))
        return self._node("ScatterElements", [zeros, self._constant(f"{name}.write", where), value], name, axis=1)

    def _node(self, operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _integers(self, name: str, numbers: Sequence[int]) -> str:
        return self._constant(name, np.asarray(numbers, np.int64))

    def _reals(self, name: str, **arrays: NDArray[np.float64]) -> list[str]:
        return [self._constant(f"{name}.{key}", array.astype(np.float32)) for key, array in arrays.items()]

    def model(self) -> onnx.ModelProto:
        """All of it, checked."""
        last = self.structure.layers[-1]
        size = self.structure.sizes[last.name]
        shape = [1, size[0]] if last.operator == "linear" else [1, *size]
        self.nodes[-1].output[0] = "output"
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, *self.structure.input])
        result = helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, self.structure.name, [given], [result], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model
