"""Operators that only choose, join or pad channels (no work for the accelerator), and reshapes."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hwservice.onnx_import.values import Call, Constant, View

if TYPE_CHECKING:
    from hwservice.ir.quantised import Source


def concat(call: Call) -> View:
    """Concat on channels."""
    if int(call.attributes.get("axis", 1)) % 4 != 1:
        raise call.fail(f"axis is {call.attributes.get('axis')}; only channels (axis 1) can be joined")
    channels: list[Source | None] = []
    shape: tuple[int, int] | None = None
    for index, value in enumerate(call.inputs):
        if isinstance(value, Constant):
            if np.any(value.array):
                raise call.fail(f"input {index} is a constant that is not zero; only zeros can be joined")
            channels += [None] * value.array.shape[1]
            continue
        view = call.unpadded(call.view(index))
        if shape not in (None, (view.height, view.width)):
            raise call.fail("its inputs differ in height or width")
        shape = (view.height, view.width)
        channels += view.channels
    assert shape is not None
    return View(tuple(channels), *shape, call.node.output[0], flat=call.view(_first_view(call)).flat)


def _first_view(call: Call) -> int:
    return next(k for k, value in enumerate(call.inputs) if isinstance(value, View))


def gather(call: Call) -> View:
    """Gather on channels with constant indices."""
    view, indices = call.view(), call.constant(1)
    axis = int(call.attributes.get("axis", 0))
    if axis % 4 != 1 or indices is None or indices.ndim > 1:
        raise call.fail(f"axis is {axis}; only channels (axis 1) can be gathered, by a constant list of indices")
    count = len(view.channels)
    wrong = [int(i) for i in indices.ravel() if not -count <= i < count]
    if wrong:
        raise call.fail(f"index {wrong[0]} is outside {count} channels")
    return _chosen(call, view, [int(i) % count for i in indices.ravel()])


def slice_(call: Call) -> View:
    """Slice on channels, or a crop of height and width that the next layer takes over."""
    view = call.view()
    starts, ends = call.constant(1, "starts"), call.constant(2, "ends")
    axes, steps = call.constant(3, "axes"), call.constant(4)
    if starts is None or ends is None:
        raise call.fail("starts and ends must be constant")
    axes = np.arange(len(starts)) if axes is None else axes
    steps = np.ones(len(starts), np.int64) if steps is None else steps
    for axis, start, end, stride in zip(axes, starts, ends, steps, strict=True):
        view = _cut(call, view, int(axis) % (2 if view.flat else 4), slice(int(start), int(end), int(stride)))
    return view.renamed(call.node.output[0])


def _cut(call: Call, view: View, axis: int, part: slice) -> View:
    extent = (1, *view.shape)[axis]
    kept = range(extent)[part]
    if len(kept) == 0:
        raise call.fail(f"nothing is left of axis {axis}, which has {extent} entries")
    if axis == 0 or kept == range(extent):
        return view
    if axis == 1:
        return _chosen(call, view, list(kept))
    if kept.step != 1:
        raise call.fail(f"cuts axis {axis} with steps of {kept.step}; use a convolution or pool with a stride")
    top, left, bottom, right = view.pads
    before, after = kept[0], extent - 1 - kept[-1]
    pads = (top - before, left, bottom - after, right) if axis == 2 else (top, left - before, bottom, right - after)
    return replace(view, pads=pads)


def split(call: Call) -> tuple[View, ...]:
    """Split on channels."""
    view = call.view()
    if int(call.attributes.get("axis", 0)) % 4 != 1:
        raise call.fail("only channels (axis 1) can be split")
    sizes = call.constant(1, "split")
    count = len(call.node.output)
    parts = [int(s) for s in sizes] if sizes is not None else [-(-len(view.channels) // count)] * count
    edges = np.cumsum([0, *parts])
    return tuple(
        replace(_chosen(call, view, list(range(a, min(b, len(view.channels))))), value=name)
        for a, b, name in zip(edges[:-1], edges[1:], call.node.output, strict=True)
    )


def _chosen(call: Call, view: View, numbers: list[int]) -> View:
    if view.flat and (view.height, view.width) != (1, 1):
        raise call.fail("chooses features of a flattened map; choose channels before flattening")
    return replace(view, channels=tuple(view.channels[k] for k in numbers), value=call.node.output[0])


def pad(call: Call) -> View:
    """Zero padding of height and width (left to the next layer) and of channels (channels of zeros)."""
    view, pads = call.view(), call.constant(1, "pads")
    if min(view.pads) < 0:
        view = call.unpadded(view)
    mode = call.attributes.get("mode", b"constant")
    if (mode.decode() if isinstance(mode, bytes) else mode) != "constant" or pads is None:
        raise call.fail(f"mode is {mode!r}; only constant padding is supported")
    value = call.constant(2, "value")
    if value is not None and np.any(value):
        raise call.fail(f"pads with {float(np.ravel(value)[0])}; only zeros are supported")
    p = [int(v) for v in pads]
    axes = call.constant(3)
    if axes is not None:
        full = [0] * 8
        for k, axis in enumerate(axes):
            full[int(axis) % 4], full[int(axis) % 4 + 4] = p[k], p[k + len(axes)]
        p = full
    if len(p) != 8 or p[0] or p[4] or min(p[1], p[5]) < 0:
        raise call.fail(f"pads are {p}; the batch cannot be padded and channels cannot be cropped")
    channels = (None,) * p[1] + view.channels + (None,) * p[5]
    top, left, bottom, right = view.pads
    spatial = (top + p[2], left + p[3], bottom + p[6], right + p[7])
    return replace(view, channels=channels, value=call.node.output[0], pads=spatial)


def reshape(call: Call) -> View:
    """Flatten, Reshape, Squeeze and Unsqueeze as long as they only flatten, or undo it."""
    view = call.unpadded(call.view())
    target = _target_shape(call, view)
    size = len(view.channels) * view.height * view.width
    if len(target) == 1 and target[0] in (-1, size):
        return replace(view, flat=True, value=call.node.output[0])
    if len(target) == 3 and target[1:] == [view.height, view.width]:
        return replace(view, flat=False, value=call.node.output[0])
    raise call.fail(f"makes shape {target} out of {list(view.shape)}; only flattening is supported")


def _target_shape(call: Call, view: View) -> list[int]:
    """Without the batch dimension."""
    kind = call.node.op_type
    if kind == "Flatten":
        return [-1] if int(call.attributes.get("axis", 1)) == 1 else [0, 0]
    if kind == "Reshape":
        shape = call.constant(1, "shape")
        assert shape is not None
        full = [int(v) for v in shape]
        known = [1, *view.shape]
        return [known[k] if v == 0 else v for k, v in enumerate(full)][1:]
    if kind == "Squeeze" and (view.height, view.width) == (1, 1):
        return [-1]
    if kind == "Unsqueeze" and (view.height, view.width) == (1, 1):
        return [len(view.channels), 1, 1]
    raise call.fail(f"changes shape {list(view.shape)}; only maps of one pixel can be squeezed")
