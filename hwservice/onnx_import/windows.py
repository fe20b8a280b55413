"""Layers that slide a window: convolutions, pools, fully connected."""

import math
from dataclasses import replace

import numpy as np

from hwservice.ir.graph import FloatLayer
from hwservice.ir.quantised import Operator, Window
from hwservice.onnx_import.values import Array, Call, View

MAX_EXTENT = 1 << 14


def conv(call: Call) -> View:
    """Conv."""
    view, weights = call.view(), call.constant(1)
    if weights is None or weights.ndim != 4:
        raise call.fail("only two-dimensional convolutions are supported; reshape a 1-D one to height 1")
    groups = int(call.attributes.get("group", 1))
    if groups < 1 or view.channels % groups or weights.shape[0] % groups:
        raise call.fail(f"group is {groups}; it must divide {view.channels} channels and {weights.shape[0]} filters")
    if weights.shape[1] * groups != view.channels:
        raise call.fail(
            f"weights of shape {list(weights.shape)} do not fit {view.channels} channels in {groups} groups"
        )
    window = _window(call, view, (weights.shape[2], weights.shape[3]))
    bias = call.constant(2)
    return _dense(call, view, weights, bias, window, groups)


def _dense(call: Call, view: View, weights: Array, bias: Array | None, window: Window, groups: int) -> View:
    """A convolution layer."""
    weights = np.asarray(weights, np.float64)
    height, width = _out_size(call, window, view)
    scales = getattr(call.inputs[1], "scales", None) if len(call.inputs) > 1 else None
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.CONV,
        sources=view.sources,
        channels=weights.shape[0],
        height=height,
        width=width,
        value=call.node.output[0],
        source_value=view.value,
        window=window,
        weights=weights,
        bias=np.zeros(weights.shape[0]) if bias is None else np.asarray(bias, np.float64).reshape(-1),
        groups=groups,
        weight_scales=None if scales is None else np.broadcast_to(np.asarray(scales, np.float64), (weights.shape[0],)),
    )
    return call.add_layer(layer)


def gemm(call: Call) -> View:
    """Gemm and MatMul on flattened maps: a convolution whose kernel is the whole map."""
    view, weights = call.view(), call.constant(1)
    if weights is None or weights.ndim != 2:
        raise call.fail("the second operand must be a constant matrix")
    if call.attributes.get("transA"):
        raise call.fail("transA is not supported; transpose before exporting")
    matrix = np.asarray(weights, np.float64) * float(call.attributes.get("alpha", 1.0))
    matrix = matrix if call.node.op_type == "Gemm" and call.attributes.get("transB") else matrix.T
    if not view.flat and (view.height, view.width) != (1, 1):
        raise call.fail(f"reads a map of shape {list(view.shape)}; flatten it first")
    size = (view.height, view.width)
    if matrix.shape[1] != view.channels * size[0] * size[1]:
        raise call.fail(f"weights for {matrix.shape[1]} features meet {view.shape[0]} features")
    bias = call.constant(2) if call.node.op_type == "Gemm" else None
    bias = None if bias is None else np.broadcast_to(bias * float(call.attributes.get("beta", 1.0)), (matrix.shape[0],))
    kernel = matrix.reshape(matrix.shape[0], view.channels, *size)
    out = _dense(call, view, kernel, bias, Window(size), 1)
    return replace(out, flat=True)


def pool(call: Call) -> View:
    """MaxPool and AveragePool."""
    view, kernel = call.view(), call.attributes.get("kernel_shape", [])
    if len(kernel) != 2:
        raise call.fail(f"kernel_shape is {list(kernel)}; only two-dimensional pools are supported")
    window = _window(call, view, (int(kernel[0]), int(kernel[1])))
    maximum = call.node.op_type == "MaxPool"
    counts = bool(call.attributes.get("count_include_pad", 0)) or not any(window.pads)
    return _channelwise(call, view, window, "" if maximum else "count" if counts else "valid", maximum)


def global_average(call: Call) -> View:
    """GlobalAveragePool, and ReduceMean over height and width."""
    view = call.view()
    if call.node.op_type == "ReduceMean":
        axes = call.constant(1, "axes")
        wanted = sorted(int(a) % 4 for a in axes) if axes is not None else []
        if wanted != [2, 3]:
            raise call.fail(f"axes are {wanted}; only the mean over height and width (2, 3) is supported")
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.SUM,
        sources=view.sources,
        channels=view.channels,
        height=1,
        width=1,
        value=call.node.output[0],
        source_value=view.value,
        window=Window((view.height, view.width)),
        weights=np.ones((view.channels, 1, 1, 1)),
        bias=np.zeros(view.channels),
        groups=view.channels,
        average="count",
    )
    out = call.add_layer(layer)
    flat = call.node.op_type == "ReduceMean" and not call.attributes.get("keepdims", 1)
    return replace(out, flat=flat)


def _channelwise(call: Call, view: View, window: Window, average: str, maximum: bool) -> View:
    height, width = _out_size(call, window, view)
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.MAX if maximum else Operator.CONV,
        sources=view.sources,
        channels=view.channels,
        height=height,
        width=width,
        value=call.node.output[0],
        source_value=view.value,
        window=window,
        weights=None if maximum else np.ones((view.channels, 1, *window.kernel)),
        bias=np.zeros(view.channels),
        groups=view.channels,
        average=average,
    )
    return call.add_layer(layer)


def _window(call: Call, view: View, kernel: tuple[int, int]) -> Window:
    """Window geometry with automatic and ceiling-mode padding made explicit."""
    strides = _pair(call, "strides", 1)
    dilations = _pair(call, "dilations", 1)
    pads = [int(p) for p in call.attributes.get("pads", [0, 0, 0, 0])]
    if min(strides) < 1 or min(dilations) < 1 or min(kernel) < 1:
        raise call.fail(f"kernel {kernel}, strides {strides} and dilations {dilations} must all be at least 1")
    if max(map(abs, pads)) > MAX_EXTENT or max(kernel) > MAX_EXTENT:
        raise call.fail(f"pads {pads} or kernel {kernel} exceed {MAX_EXTENT}")
    mode = call.attributes.get("auto_pad", b"NOTSET")
    mode = mode.decode() if isinstance(mode, bytes) else mode
    sizes = (view.height, view.width)
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        for axis in (0, 1):
            span = (kernel[axis] - 1) * dilations[axis] + 1
            total = max(0, (math.ceil(sizes[axis] / strides[axis]) - 1) * strides[axis] + span - sizes[axis])
            small, large = total // 2, total - total // 2
            pads[axis], pads[axis + 2] = (small, large) if mode == "SAME_UPPER" else (large, small)
    if call.attributes.get("ceil_mode"):
        for axis in (0, 1):
            span = (kernel[axis] - 1) * dilations[axis] + 1
            room = sizes[axis] + pads[axis] + pads[axis + 2] - span
            steps = math.ceil(room / strides[axis])
            if steps * strides[axis] >= sizes[axis] + pads[axis]:
                steps -= 1
            pads[axis + 2] += max(0, steps * strides[axis] - room)
    return Window(kernel, strides, dilations, (pads[0], pads[1], pads[2], pads[3]))


def _pair(call: Call, name: str, default: int) -> tuple[int, int]:
    values = [int(v) for v in call.attributes.get(name, [default, default])]
    if len(values) != 2:
        raise call.fail(f"{name} is {values}; only two-dimensional windows are supported")
    return values[0], values[1]


def _out_size(call: Call, window: Window, view: View) -> tuple[int, int]:
    sizes = []
    for axis, extent in enumerate((view.height, view.width)):
        span = (window.kernel[axis] - 1) * window.dilation[axis] + 1
        room = extent + window.pads[axis] + window.pads[axis + 2] - span
        if room < 0:
            raise call.fail(
                f"its kernel spans {span} pixels, the padded input has {room + span}; pad more or use a smaller kernel"
            )
        sizes.append(room // window.stride[axis] + 1)
    return sizes[0], sizes[1]
