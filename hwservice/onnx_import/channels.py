"""Operators that only choose, join or pad channels (copies, which a pass turns into lists of sources)."""

import numpy as np

from hwservice.ir.graph import ZEROS, Channels
from hwservice.ir.quantised import Source, Window
from hwservice.onnx_import.values import Call, Constant, View


def concat(call: Call) -> View:
    """Concat on channels."""
    views = [value for value in call.inputs if isinstance(value, View)]
    axis = int(call.attributes.get("axis", 1))
    if any(call.letter(view, axis) != "c" for view in views):
        raise call.fail(f"axis is {axis}; only channels (axis 1) can be joined")
    if len({(view.height, view.width) for view in views}) > 1:
        raise call.fail("its inputs differ in height or width")
    if len({view.axes for view in views if view.height * view.width > 1}) > 1:
        raise call.fail("its inputs differ in the order of their axes; transpose one of them")
    sources: list[Source] = []
    for index, value in enumerate(call.inputs):
        if not isinstance(value, Constant):
            sources += call.view(index).sources
            continue
        if np.any(value.array):
            raise call.fail(f"input {index} is a constant that is not zero; only zeros can be joined")
        sources += [ZEROS] * value.array.shape[axis]
    return call.copy(views[0], tuple(sources))


def gather(call: Call) -> View:
    """Gather on channels with constant indices."""
    view, indices = call.view(), call.constant(1)
    axis = int(call.attributes.get("axis", 0))
    if call.letter(view, axis) not in "cf" or indices is None or indices.ndim != 1:
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
    kept = {letter: range(extent) for letter, extent in zip(view.letters(), (1, *view.shape), strict=True)}
    for axis, start, end, stride in zip(axes, starts, ends, steps, strict=True):
        letter = call.letter(view, int(axis))
        extent = len(kept[letter])
        kept[letter] = kept[letter][int(start) : int(end) : int(stride)]
        if len(kept[letter]) == 0:
            raise call.fail(f"nothing is left of axis {int(axis)}, which has {extent} entries")
    return _cut(call, view, kept)


def _cut(call: Call, view: View, kept: dict[str, range]) -> View:
    """What is left of every axis: chosen channels, cropped by negative padding."""
    if len(kept.get("f", ())) not in (0, view.shape[0]):
        _refuse_features(call, view)
    channels = kept.get("c", range(view.channels))
    rows, columns = kept.get("h", range(view.height)), kept.get("w", range(view.width))
    for part in (rows, columns):
        if part.step != 1 and len(part) > 1:
            raise call.fail(f"cuts height or width with steps of {part.step}; use a convolution or pool with a stride")
    pads = (-rows[0], -columns[0], rows[-1] + 1 - view.height, columns[-1] + 1 - view.width)
    return _padded(call, view, tuple(view.sources[k] for k in channels), pads)


def split(call: Call) -> tuple[View, ...]:
    """Split on channels."""
    view = call.view()
    if call.letter(view, int(call.attributes.get("axis", 0))) not in "cf":
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
    found = _pads_by_letter(call, view, [int(v) for v in pads])
    if found["n"] != (0, 0) or min(found["c"]) < 0:
        raise call.fail(f"pads are {[int(v) for v in pads]}; the batch cannot be padded and channels cannot be cropped")
    sources = (ZEROS,) * found["c"][0] + view.sources + (ZEROS,) * found["c"][1]
    return _padded(call, view, sources, (found["h"][0], found["w"][0], found["h"][1], found["w"][1]))


def _pads_by_letter(call: Call, view: View, pads: list[int]) -> dict[str, tuple[int, int]]:
    """Padding before and behind of every axis."""
    given = call.constant(3)
    axes = list(range(len(view.letters()))) if given is None else [int(axis) for axis in given]
    if len(pads) != 2 * len(axes) or "f" in view.letters():
        raise call.fail(f"pads are {pads}; they must be two numbers for each of {len(axes)} axes of a map")
    found = dict.fromkeys("nchw", (0, 0))
    for k, axis in enumerate(axes):
        found[call.letter(view, axis)] = pads[k], pads[k + len(axes)]
    return found
