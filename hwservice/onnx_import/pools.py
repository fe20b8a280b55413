"""Pools: maxima and averages of windows, and averages of whole maps."""

from dataclasses import replace

import numpy as np

from hwservice.ir.graph import FloatLayer
from hwservice.ir.quantised import Operator, Window
from hwservice.onnx_import.values import Call, View
from hwservice.onnx_import.windows import slide, spatial_axes


def pool(call: Call) -> View:
    """MaxPool and AveragePool. What the ceiling mode adds at the end never counts in an average."""
    view = call.view()
    sliding = slide(call, view, tuple(call.attributes.get("kernel_shape", ())))
    maximum = call.node.op_type == "MaxPool"
    if maximum and len(call.node.output) > 1 and call.node.output[1]:
        raise call.fail("its second output (indices) is not supported; leave it out")
    counts = bool(call.attributes.get("count_include_pad", 0))
    layer = FloatLayer(
        name=call.node.output[0],
        operator=Operator.MAX if maximum else Operator.CONV,
        sources=view.sources,
        channels=view.channels,
        height=sliding.height,
        width=sliding.width,
        value=call.node.output[0],
        source_value=view.value,
        window=sliding.window,
        weights=None if maximum else np.ones((view.channels, 1, *sliding.window.kernel)),
        bias=np.zeros(view.channels),
        groups=view.channels,
        average=None if maximum else sliding.given if counts else (0, 0, 0, 0),
    )
    return call.add_layer(layer, view)


def global_average(call: Call) -> View:
    """GlobalAveragePool, and ReduceMean over all axes but batch and channels."""
    view = call.view()
    averaged = _averaged(call, view)
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
        average=(0, 0, 0, 0),
    )
    out = call.add_layer(layer, view)
    if call.node.op_type != "ReduceMean" or call.attributes.get("keepdims", 1):
        return out
    left = "".join(letter for letter in view.axes if letter not in averaged)
    return replace(out, axes="chw", flat=True) if left == "c" else replace(out, axes=left)


def _averaged(call: Call, view: View) -> set[str]:
    """Letters of the axes that are averaged."""
    if call.node.op_type != "ReduceMean":
        spatial_axes(call, view)
        return {"h", "w"}
    axes = call.constant(1, "axes")
    wanted = sorted(int(a) % len(view.letters()) for a in axes) if axes is not None else []
    averaged = {call.letter(view, axis) for axis in wanted}
    if view.flat or not averaged or averaged & {"n", "c"} or set(view.long_axes) - {"c"} - averaged:
        raise call.fail(f"axes are {wanted}; only the mean over height and width (2, 3) is supported")
    return averaged
