"""Walk an ONNX graph in order and hand each node to its handler."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from contracts.errors import NetworkError
from hwservice.ir.axes import map_size
from hwservice.ir.graph import Graph
from hwservice.ir.quantised import Output
from hwservice.onnx_import import channels, convolutions, pointwise, pools, scatters, shapes
from hwservice.onnx_import.folding import FOLDABLE, fold, refuse_control_flow
from hwservice.onnx_import.gate import check_work, input_shape, open_model
from hwservice.onnx_import.layout import input_axes
from hwservice.onnx_import.nearest import nearest_form
from hwservice.onnx_import.values import Call, Constant, State, View

OPSETS = range(11, 22)

Handler = Callable[[Call], Any]


def _pass_on(call: Call) -> View:
    return call.view().renamed(call.node.output[0])


def _cast(call: Call) -> View:
    if call.attributes.get("to") != onnx.TensorProto.FLOAT:
        raise call.fail("only a Cast to float32 is supported; export the network in float32")
    return _pass_on(call)


HANDLERS: dict[str, Handler] = {
    "Conv": convolutions.conv,
    "Gemm": convolutions.gemm,
    "MatMul": convolutions.gemm,
    "MaxPool": pools.pool,
    "AveragePool": pools.pool,
    "GlobalAveragePool": pools.global_average,
    "ReduceMean": pools.global_average,
    "BatchNormalization": pointwise.batch_norm,
    "Relu": pointwise.clip,
    "Clip": pointwise.clip,
    "Add": pointwise.add,
    "Sub": pointwise.subtract,
    "Mul": pointwise.multiply,
    "Div": pointwise.divide,
    "Softmax": pointwise.softmax,
    "LogSoftmax": pointwise.softmax,
    "QuantizeLinear": pointwise.quantise,
    "DequantizeLinear": pointwise.dequantise,
    "Concat": channels.concat,
    "Gather": channels.gather,
    "Slice": channels.slice_,
    "Split": channels.split,
    "ScatterND": scatters.scatter,
    "ScatterElements": scatters.scatter,
    "Pad": channels.pad,
    "Flatten": shapes.reshape,
    "Reshape": shapes.reshape,
    "Squeeze": shapes.reshape,
    "Unsqueeze": shapes.reshape,
    "Transpose": shapes.transpose,
    "Identity": _pass_on,
    "Cast": _cast,
    "Dropout": _pass_on,
}


def read_network(path: Path, dims: dict[str, int] | None = None) -> Graph:
    """Read an ONNX file of opset 11 to 21: a layer for every node that is not constant and does something.

    Args:
        path: the file; external data must lie in its folder.
        dims: values for dynamic dimensions by name; a dynamic batch needs none.

    Raises:
        NetworkError: what `hwservice.onnx_import.gate` refuses, or an operator or shape that is not supported, named with its node.
    """
    model = open_model(path)
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
    if opset not in OPSETS:
        raise NetworkError(f"network {path.name!r} has opset {opset}; supported are {OPSETS[0]} to {OPSETS[-1]}")
    if not model.graph.output:
        raise NetworkError(f"network {path.name!r} has no output; name at least one when exporting")
    name, shape = input_shape(model, dims)
    constants = _constants(model.graph)
    refuse_control_flow(model.graph)
    _refuse_unknown(model.graph, set(constants))
    if len(shape) not in (3, 4) or shape[0] != 1:
        raise NetworkError(
            f"input {name!r} has shape {list(shape)}; it must be 1 x channels x height x width, or 1 x channels x length"
        )
    axes = input_axes(model.graph, name, len(shape))
    state = State(model.graph, {**constants}, opset=opset)
    state.env[name] = View(name, *map_size(shape[1:], axes), name, axes)
    for node in model.graph.node:
        _read_node(state, node)
    outputs = [_output(state, value.name) for value in model.graph.output]
    check_work(state.layers)
    return Graph(path.stem, name, shape[1:], state.layers, outputs, model.SerializeToString(), input_axes=axes)


def _constants(graph: onnx.GraphProto) -> dict[str, View | Constant]:
    found: dict[str, View | Constant] = {t.name: Constant(numpy_helper.to_array(t)) for t in graph.initializer}
    return found


def _refuse_unknown(graph: onnx.GraphProto, constants: set[str]) -> None:
    """Name the first operator that is neither supported nor constant, before any work."""
    known = set(constants) | {""}
    for node in graph.node:
        if (all(name in known for name in node.input) and node.op_type in FOLDABLE) or node.op_type == "Shape":
            known |= set(node.output)
        elif node.op_type not in HANDLERS or node.domain not in ("", "ai.onnx"):
            nearest = nearest_form(node.op_type)
            advice = (
                f"; the nearest supported form is {nearest}"
                if nearest
                else f"; supported are {', '.join(sorted(HANDLERS))}"
            )
            raise NetworkError(
                f"node {node.name or node.output[0]!r}: operator {_operator(node)} is not supported{advice}"
            )


def _operator(node: onnx.NodeProto) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else str(node.op_type)


def _read_node(state: State, node: onnx.NodeProto) -> None:
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    inputs = tuple(state.env.get(name) if name else None for name in node.input)
    if node.op_type == "Shape":
        value = inputs[0]
        shape = (1, *value.shape) if isinstance(value, View) else np.shape(value.array) if value else ()
        part = slice(attributes.get("start", 0), attributes.get("end"))
        state.env[node.output[0]] = Constant(np.asarray(shape[part], np.int64))
        return
    constant = all(isinstance(value, Constant) for value, name in zip(inputs, node.input, strict=True) if name)
    if constant and node.op_type != "DequantizeLinear":
        _fold(state, node, inputs)
        return
    call = Call(state, node, attributes, inputs)
    result = HANDLERS[node.op_type](call)
    results = result if isinstance(result, tuple) else (result,)
    for name, value in zip(node.output, results, strict=False):
        state.env[name] = value


def _fold(state: State, node: onnx.NodeProto, inputs: tuple[View | Constant | None, ...]) -> None:
    """Compute a node whose inputs are all constant."""
    arrays = {n: v.array for n, v in zip(node.input, inputs, strict=True) if isinstance(v, Constant)}
    names = [name for name in node.output if name]
    for name, value in zip(names, fold(node, arrays, state.opset), strict=True):
        state.env[name] = Constant(value)


def _output(state: State, name: str) -> Output:
    value = state.env.get(name)
    if not isinstance(value, View):
        raise NetworkError(f"output {name!r} does not depend on the input")
    return Output(name, value.sources, value.shape, value.softmax, value.axes, value.logarithm)
