"""Operators that only choose, join or pad channels (copies, which a pass turns into lists of sources), and reshapes."""

from dataclasses import replace

import numpy as np

from hwservice.ir.graph import ZEROS, Channels
from hwservice.ir.quantised import Source, Window
from hwservice.onnx_import.values import Call, Constant, View


def concat(call: Call) -> View:
    """Concat on channels."""
    if int(call.attributes.get("axis", 1)) % 4 != 1:
        raise call.fail(f"axis is {call.attributes.get('axis')}; only channels (axis 1) can be joined")
    views = [value for value in call.inputs if isinstance(value, View)]
    if len({(view.height, view.width) for view in views}) > 1:
        raise call.fail("its inputs differ in height or width")
    sources: list[Source] = []
    for index, value in enumerate(call.inputs):
        if not isinstance(value, Constant):
            sources += call.view(index).sources
            continue
        if np.any(value.array):
            raise call.fail(f"input {index} is a constant that is not zero; only zeros can be joined")
        sources += [ZEROS] * value.array.shape[1]
    return call.copy(views[0], tuple(sources))


def gather(call: Call) -> View:
    """Gather on channels with constant indices."""
    view, indices = call.view(), call.constant(1)
    axis = int(call.attributes.get("axis", 0))
    if axis % 4 != 1 or indices is None or indices.ndim > 1:
        raise call.fail(f"axis is {axis}; only channels (axis 1) can be gathered, by a constant list of indices")
    count = view.channels
    wrong = [int(i) for i in indices.ravel() if not -count <= i < count]
    if wrong:
        raise call.fail(f"index {wrong[0]} is outside {count} channels")
    _refuse_features(call, view)
    return call.copy(view, tuple(view.sources[int(i) % count] for i in indices.ravel()))


def slice_(call: Call) -> View:
    """Slice on channels, or a crop of height and width."""
    view = call.view()
    starts, ends = call.constant(1, "starts"), call.constant(2, "ends")
    axes, steps = call.constant(3, "axes"), call.constant(4)
    if starts is None or ends is None:
        raise call.fail("starts and ends must be constant")
    axes = np.arange(len(starts)) if axes is None else axes
    steps = np.ones(len(starts), np.int64) if steps is None else steps
    extents = (1, *view.shape)
    kept = [range(extent) for extent in extents]
    for axis, start, end, stride in zip(axes, starts, ends, steps, strict=True):
        at = int(axis) % len(extents)
        kept[at] = kept[at][int(start) : int(end) : int(stride)]
        if len(kept[at]) == 0:
            raise call.fail(f"nothing is left of axis {at}, which has {extents[at]} entries")
    return _cut(call, view, kept[1:])


def _cut(call: Call, view: View, kept: list[range]) -> View:
    """What is left of every axis but the batch: chosen channels, cropped by negative padding."""
    if kept[0] != range(view.shape[0]):
        _refuse_features(call, view)
    sources = view.sources if view.flat and view.shape[0] == len(kept[0]) else tuple(view.sources[k] for k in kept[0])
    if view.flat:
        return call.copy(view, sources)
    for axis, part in enumerate(kept[1:], 2):
        if part.step != 1 and len(part) > 1:
            raise call.fail(f"cuts axis {axis} with steps of {part.step}; use a convolution or pool with a stride")
    rows, columns = kept[1:]
    pads = (-rows[0], -columns[0], rows[-1] + 1 - view.height, columns[-1] + 1 - view.width)
    return _padded(call, view, sources, pads)


def split(call: Call) -> tuple[View, ...]:
    """Split on channels."""
    view = call.view()
    if int(call.attributes.get("axis", 0)) % 4 != 1:
        raise call.fail("only channels (axis 1) can be split")
    sizes = call.constant(1, "split")
    count = len(call.node.output)
    parts = [int(s) for s in sizes] if sizes is not None else [-(-view.channels // count)] * count
    _refuse_features(call, view)
    edges = np.cumsum([0, *parts])
    return tuple(
        call.copy(view, view.sources[a:b], name)
        for a, b, name in zip(edges[:-1], edges[1:], call.node.output, strict=True)
    )


def _refuse_features(call: Call, view: View) -> None:
    if view.flat and (view.height, view.width) != (1, 1):
        raise call.fail("chooses features of a flattened map; choose channels before flattening")


def _padded(call: Call, view: View, sources: Channels, pads: tuple[int, int, int, int]) -> View:
    """Copied channels with padding of height and width: top, left, bottom, right; cropped where negative."""
    height, width = view.height + pads[0] + pads[2], view.width + pads[1] + pads[3]
    if min(height, width) < 1:
        raise call.fail(f"pads {list(pads)} leave nothing of maps of {view.height} x {view.width}")
    return call.copy(view, sources, window=Window(pads=pads), height=height, width=width)


def pad(call: Call) -> View:
    """Zero padding of height and width, and of channels (channels of zeros)."""
    view, pads = call.view(), call.constant(1, "pads")
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
    sources = (ZEROS,) * p[1] + view.sources + (ZEROS,) * p[5]
    return _padded(call, view, sources, (p[2], p[3], p[6], p[7]))


def reshape(call: Call) -> View:
    """Flatten, Reshape, Squeeze and Unsqueeze as long as they only flatten, or undo it."""
    view = call.view()
    target = _target_shape(call, view)
    size = view.channels * view.height * view.width
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
        return [view.channels, 1, 1]
    raise call.fail(f"changes shape {list(view.shape)}; only maps of one pixel can be squeezed")
