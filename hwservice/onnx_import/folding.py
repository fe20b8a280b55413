"""Nodes whose inputs are all constant: computed while reading, within limits."""

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from contracts.errors import NetworkError
from hwservice.onnx_import.values import Array

ELEMENT_LIMIT = 1 << 28
"""Elements of one constant."""
SHAPE_INPUT_ELEMENTS = 1024
"""Longer integer inputs are no shapes: only their own extent is looked at."""

FOLDABLE = frozenset(
    {
        "Abs", "Add", "And", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape",
        "DequantizeLinear", "Div", "Dropout", "Equal", "Exp", "Expand", "Flatten", "Floor", "Gather", "Gemm",
        "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Min", "Mod", "Mul",
        "Neg", "Not", "Or", "Pad", "Pow", "QuantizeLinear", "Range", "Reciprocal", "ReduceMax", "ReduceMean",
        "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape", "Round", "ScatterElements", "ScatterND", "Shape",
        "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Unsqueeze", "Where",
    }
)  # fmt: skip
"""Operators that are computed on constants. None of them runs a graph of its own."""


def refuse_control_flow(graph: onnx.GraphProto) -> None:
    """No node may hold a graph of its own: its cost cannot be told before it runs.

    Raises:
        NetworkError: names the first such node.
    """
    for node in graph.node:
        if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
            raise NetworkError(
                f"{_title(node)}: control flow is not supported; export the network with fixed shapes, so that it is unrolled"
            )


def fold(node: onnx.NodeProto, inputs: dict[str, Array], opset: int) -> list[Array]:
    """The node's outputs.

    Args:
        node: of an operator in `FOLDABLE`.
        inputs: arrays by name.
        opset: of the model.

    Raises:
        NetworkError: the result would be too large, or is not finite.
    """
    if node.op_type not in FOLDABLE:
        raise NetworkError(
            f"{_title(node)}: operator {node.op_type} cannot be computed from constants; fold it before exporting"
        )
    _check_extent(node, inputs, opset)
    graph = helper.make_graph([node], "constant", [_info(n, a) for n, a in inputs.items()], _unknown(node))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    with np.errstate(all="ignore"):
        results = [np.asarray(value) for value in ReferenceEvaluator(model).run(None, inputs)]
    for value in results:
        _check_finite(node, value)
    return results


def _title(node: onnx.NodeProto) -> str:
    return (
        f"node {node.name or node.output[0]!r} ({node.op_type})"
        if node.output
        else f"node {node.name!r} ({node.op_type})"
    )


def _info(name: str, array: Array) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def _unknown(node: onnx.NodeProto) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None) for name in node.output if name]


def _check_extent(node: onnx.NodeProto, inputs: dict[str, Array], opset: int) -> None:
    """Extents are inferred, not computed: shapes, repeats and bounds are short inputs whose values are known."""
    if node.op_type in ("Constant", "Shape", "Size"):
        return
    if node.op_type == "Range":
        start, limit, step = (float(np.ravel(inputs[name])[0]) for name in node.input)
        _refuse_large(node, max(0, (limit - start) / step) if step else np.inf)
        return
    short = {n: a for n, a in inputs.items() if a.size <= SHAPE_INPUT_ELEMENTS}
    graph = helper.make_graph(
        [node],
        "extent",
        [_info(n, a) for n, a in inputs.items() if n not in short],
        _unknown(node),
        [numpy_helper.from_array(np.ascontiguousarray(a), n) for n, a in short.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    for value in shape_inference.infer_shapes(model, data_prop=True).graph.output:
        dims = value.type.tensor_type.shape.dim
        if not value.type.tensor_type.HasField("shape") or not all(d.HasField("dim_value") for d in dims):
            raise NetworkError(
                f"{_title(node)}: the extent of its constant result is not known; fold it before exporting"
            )
        _refuse_large(node, int(np.prod([d.dim_value for d in dims], dtype=object)))


def _refuse_large(node: onnx.NodeProto, elements: float) -> None:
    if elements > ELEMENT_LIMIT:
        raise NetworkError(
            f"{_title(node)}: would make a constant of {elements} elements; at most {ELEMENT_LIMIT} are allowed"
        )


def _check_finite(node: onnx.NodeProto, value: Array) -> None:
    """Single infinite numbers are bounds; NaN and infinite weights are a broken checkpoint."""
    if not np.issubdtype(value.dtype, np.floating):
        return
    if np.isnan(value).any() or (value.size > 1 and np.isinf(value).any()):
        raise NetworkError(
            f"{_title(node)}: makes a constant with NaN or infinite values; repair the checkpoint and export again"
        )
