"""Layers with weights: convolutions and fully connected layers."""

import numpy as np

from hwservice.ir.graph import FloatLayer
from hwservice.ir.quantised import Operator, Window
from hwservice.onnx_import.values import Array, Call, View
from hwservice.onnx_import.windows import Sliding, slide, spatial_axes


def conv(call: Call) -> View:
    """Conv on maps, or on lines (as maps of height 1)."""
    view, weights = call.view(), call.constant(1)
    axes = spatial_axes(call, view)
    if weights is None or weights.ndim != len(axes) + 2:
        dims = "no constant" if weights is None else f"{weights.ndim - 2}-dimensional"
        raise call.fail(
            f"has {dims} weights; only one- and two-dimensional convolutions with constant weights are supported"
        )
    groups = int(call.attributes.get("group", 1))
    if groups < 1 or view.channels % groups or weights.shape[0] % groups:
        raise call.fail(f"group is {groups}; it must divide {view.channels} channels and {weights.shape[0]} filters")
    if weights.shape[1] * groups != view.channels:
        raise call.fail(
            f"weights of shape {list(weights.shape)} do not fit {view.channels} channels in {groups} groups"
        )
    sliding = slide(call, view, weights.shape[2:])
    upright = np.swapaxes(weights, 2, 3) if axes == (1, 0) else weights
    kernel = upright.reshape(*weights.shape[:2], *sliding.window.kernel)
    return _dense(call, view, kernel, call.constant(2), sliding, groups)


def _dense(call: Call, view: View, weights: Array, bias: Array | None, sliding: Sliding, groups: int = 1) -> View:
    """A convolution layer."""
    filters = weights.shape[0]
    scales = getattr(call.inputs[1], "scales", None)
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.CONV,
        sources=view.sources,
        channels=filters,
        height=sliding.height,
        width=sliding.width,
        value=call.node.output[0],
        source_value=view.value,
        window=sliding.window,
        weights=np.asarray(weights, np.float64),
        bias=np.zeros(filters) if bias is None else np.asarray(bias, np.float64).reshape(-1),
        groups=groups,
        weight_scales=None if scales is None else np.broadcast_to(np.asarray(scales, np.float64), (filters,)),
    )
    return call.add_layer(layer, view)


def gemm(call: Call) -> View:
    """Gemm and MatMul: a convolution whose kernel is the whole flattened map, or a 1x1 one where channels come last."""
    view, weights = call.view(), call.constant(1)
    if weights is None or weights.ndim != 2:
        raise call.fail("the second operand must be a constant matrix")
    if call.attributes.get("transA"):
        raise call.fail("transA is not supported; transpose before exporting")
    matrix = np.asarray(weights, np.float64) * float(call.attributes.get("alpha", 1.0))
    matrix = matrix if call.node.op_type == "Gemm" and call.attributes.get("transB") else matrix.T
    bias = call.constant(2) if call.node.op_type == "Gemm" else None
    bias = None if bias is None else np.broadcast_to(bias * float(call.attributes.get("beta", 1.0)), (matrix.shape[0],))
    if not view.flat and view.axes[-1] == "c" and call.node.op_type == "MatMul":
        return _pointwise(call, view, matrix)
    if not view.flat and (view.height, view.width) != (1, 1):
        raise call.fail(f"reads a map of shape {list(view.shape)}; flatten it first")
    size = (view.height, view.width)
    if matrix.shape[1] != view.channels * size[0] * size[1]:
        raise call.fail(f"weights for {matrix.shape[1]} features meet {view.shape[0]} features")
    out = _dense(call, view, _unflattened(matrix, view), bias, Sliding(Window(size), (0, 0, 0, 0), 1, 1))
    return View(out.tensor, out.channels, 1, 1, out.value, flat=True)


def _pointwise(call: Call, view: View, matrix: Array) -> View:
    if matrix.shape[1] != view.channels:
        raise call.fail(f"weights for {matrix.shape[1]} channels meet {view.channels} channels")
    sliding = Sliding(Window(), (0, 0, 0, 0), view.height, view.width)
    return _dense(call, view, matrix.reshape(*matrix.shape, 1, 1), None, sliding)


def _unflattened(matrix: Array, view: View) -> Array:
    """[filters, features] in the map's order of axes to [filters, channels, height, width]."""
    letters = view.axes + "".join(letter for letter in "chw" if letter not in view.axes)
    kernel = matrix.reshape(matrix.shape[0], *(view.extents[letter] for letter in letters))
    return np.transpose(kernel, [0, *(1 + letters.index(letter) for letter in "chw")])
