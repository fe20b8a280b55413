"""Operators on single pixels: each becomes a layer of its own, which passes fuse into others."""

from dataclasses import replace

import numpy as np

from hwservice.ir.graph import FloatLayer, Floats, Scale
from hwservice.ir.quantised import Operator
from hwservice.onnx_import.values import Call, Constant, View


def batch_norm(call: Call) -> View:
    """BatchNormalization: a depthwise 1x1 layer."""
    view = call.view()
    if call.attributes.get("training_mode"):
        raise call.fail("training_mode is 1; export the network in evaluation mode")
    scale, shift, mean, variance = (np.asarray(call.constant(k), np.float64) for k in (1, 2, 3, 4))
    factor = scale / np.sqrt(variance + float(call.attributes.get("epsilon", 1e-5)))
    if len(factor) != view.channels:
        raise call.fail(f"has {len(factor)} channels, its input {view.channels}")
    return _scaled(call, view, factor, shift - mean * factor)


def _scaled(call: Call, view: View, factor: Floats, offset: Floats) -> View:
    """Each channel times its factor plus its offset."""
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.CONV,
        sources=view.sources,
        channels=view.channels,
        height=view.height,
        width=view.width,
        value=call.node.output[0],
        source_value=view.value,
        weights=np.asarray(factor, np.float64).reshape(-1, 1, 1, 1),
        bias=np.asarray(offset, np.float64),
        groups=view.channels,
    )
    return replace(call.add_layer(layer), flat=view.flat)


def clip(call: Call) -> View:
    """Relu and Clip: a copy that clamps."""
    view = call.view()
    low, high = 0.0, np.inf
    if call.node.op_type == "Clip":
        bounds = [call.constant(k, name) for k, name in ((1, "min"), (2, "max"))]
        low = -np.inf if bounds[0] is None else float(np.ravel(bounds[0])[0])
        high = np.inf if bounds[1] is None else float(np.ravel(bounds[1])[0])
    return call.copy(view, view.sources, clamp=(low, high))


def add(call: Call) -> View:
    """Add of two maps (a copy with a skip), or of an offset per channel."""
    if any(isinstance(value, Constant) for value in call.inputs):
        return _add_bias(call)
    a, b = call.view(0), call.view(1)
    if (a.channels, a.height, a.width) != (b.channels, b.height, b.width):
        raise call.fail(f"adds maps of shapes {list(a.shape)} and {list(b.shape)}; they must be equal")
    return call.copy(a, a.sources, skip=b.sources, skip_value=b.value)


def _add_bias(call: Call) -> View:
    index = 0 if isinstance(call.inputs[0], View) else 1
    view, constant = call.view(index), call.constant(1 - index)
    assert constant is not None
    values = np.asarray(constant, np.float64)
    if values.size not in (1, view.channels):
        raise call.fail("adds a constant that is no bias of the convolution before it")
    return _scaled(call, view, np.ones(view.channels), np.broadcast_to(values.reshape(-1), (view.channels,)))


def softmax(call: Call) -> View:
    """Softmax at the end: left to the host."""
    view = call.view()
    axis = int(call.attributes.get("axis", -1 if call.state.opset >= 13 else 1))
    if axis % (2 if view.flat else 4) != 1 or (call.state.opset < 13 and (view.height, view.width) != (1, 1)):
        raise call.fail(f"axis is {axis}; only a softmax over channels or features (axis 1) is supported")
    return replace(view, value=call.node.output[0], softmax=True)


def quantise(call: Call) -> View:
    """QuantizeLinear of a map: a copy with a quantiser."""
    view, scale, zero = call.view(), call.constant(1), call.constant(2)
    assert scale is not None
    if np.size(scale) != 1:
        raise call.fail("quantises a map per channel; only one scale per map is supported")
    signed = zero is not None and np.asarray(zero).dtype == np.int8
    point = (int(np.ravel(zero)[0]) if zero is not None else 0) + (128 if signed else 0)
    return call.copy(view, view.sources, quantiser=Scale(float(np.ravel(scale)[0]), point))


def dequantise(call: Call) -> View | Constant:
    """DequantizeLinear: nothing for maps, the real weights (with their scales) for constants."""
    value = call.inputs[0]
    if isinstance(value, View):
        return value.renamed(call.node.output[0])
    scale, zero = call.constant(1), call.constant(2)
    assert isinstance(value, Constant)
    assert scale is not None
    axis = int(call.attributes.get("axis", 1))
    shape = [1] * value.array.ndim
    if np.size(scale) > 1:
        shape[axis] = -1
    scales = np.asarray(scale, np.float64).reshape(shape if value.array.ndim else ())
    zeros = 0 if zero is None else np.asarray(zero, np.float64).reshape(shape if value.array.ndim else ())
    real = (value.array.astype(np.float64) - zeros) * scales
    symmetric = value.array.dtype == np.int8 and not np.any(zeros)
    return Constant(real, np.asarray(scale, np.float64).reshape(-1) if symmetric else None)
