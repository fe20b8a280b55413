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
    with np.errstate(all="ignore"):  # refused below
        factor = scale / np.sqrt(variance + float(call.attributes.get("epsilon", 1e-5)))
    if len(factor) != view.channels or view.letters()[1] != "c":
        raise call.fail(f"has {len(factor)} channels, its input has shape {list(view.shape)}")
    return _scaled(call, view, factor, shift - mean * factor)


def _scaled(call: Call, view: View, factor: Floats, offset: Floats) -> View:
    """Each channel times its factor plus its offset."""
    if not (np.isfinite(factor).all() and np.isfinite(offset).all()):
        raise call.fail("its factors or offsets are NaN or infinite; repair the checkpoint and export again")
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
    return call.add_layer(layer, view)


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
        view, values, _ = _with_constant(call)
        return _scaled(call, view, np.ones(view.channels), values)
    a, b = call.view(0), call.view(1)
    if a.shape != b.shape:
        raise call.fail(f"adds maps of shapes {list(a.shape)} and {list(b.shape)}; they must be equal")
    if a.long_axes != b.long_axes:
        raise call.fail(f"adds maps with axes {', '.join(a.axes)} and {', '.join(b.axes)}; transpose one of them")
    return call.copy(a, a.sources, skip=b.sources, skip_value=b.value)


def subtract(call: Call) -> View:
    """Sub of an offset per channel, or from one."""
    view, values, first = _with_constant(call)
    sign = -1.0 if first else 1.0
    return _scaled(call, view, np.full(view.channels, sign), -sign * values)


def multiply(call: Call) -> View:
    """Mul with a factor per channel."""
    view, values, _ = _with_constant(call)
    return _scaled(call, view, values, np.zeros(view.channels))


def divide(call: Call) -> View:
    """Div by a divisor per channel."""
    view, values, first = _with_constant(call)
    if first:
        raise call.fail("divides by a map; the nearest supported form is a division by constants")
    if not values.all():
        raise call.fail("divides by zero")
    return _scaled(call, view, 1 / values, np.zeros(view.channels))


def _with_constant(call: Call) -> tuple[View, Floats, bool]:
    """The map, one number for each of its channels, and whether these come first."""
    first = isinstance(call.inputs[0], Constant)
    view, constant = call.view(1 if first else 0), call.inputs[0 if first else 1]
    if not isinstance(constant, Constant):
        advice = "the nearest supported form is BatchNormalization with constant scales"
        raise call.fail(f"reads two maps; {advice} (a gate or an attention has no form here)")
    values = _per_channel(view, np.asarray(constant.array, np.float64))
    if values is None:
        shape = list(np.shape(constant.array))
        raise call.fail(f"takes a constant of shape {shape}, which is not one number per channel of {list(view.shape)}")
    return view, values, first


def _per_channel(view: View, array: Floats) -> Floats | None:
    """One number per channel, where an array that is broadcast to the map differs between channels only."""
    letters = view.letters()
    if array.size == 1:
        return np.full(view.channels, float(array.reshape(-1)[0]))
    if array.ndim > len(letters) or "c" not in letters:
        return None
    full = array.reshape((1,) * (len(letters) - array.ndim) + array.shape)
    extents = {"n": 1} | view.extents
    if any(size not in (1, extents[letter]) for letter, size in zip(letters, full.shape, strict=True)):
        return None
    rows = np.moveaxis(full, letters.index("c"), 0).reshape(full.shape[letters.index("c")], -1)
    if (rows != rows[:, :1]).any():
        return None
    return np.broadcast_to(rows[:, 0], (view.channels,)).copy()


def softmax(call: Call) -> View:
    """Softmax and LogSoftmax at the end: left to the host."""
    view, old = call.view(), call.state.opset < 13
    axis = int(call.attributes.get("axis", 1 if old else -1))
    over = call.letter(view, axis)
    after = view.letters()[axis % len(view.letters()) :] if old else over
    if over not in "cf" or (old and any(view.extents.get(letter, 1) > 1 for letter in after if letter != over)):
        raise call.fail(f"axis is {axis}; only a softmax over channels or features (axis 1) is supported")
    logarithm = call.node.op_type == "LogSoftmax"
    return replace(view, value=call.node.output[0], softmax=True, logarithm=logarithm)


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
