"""Geometry of windows: one- and two-dimensional, automatic and ceiling-mode padding made explicit."""

import math
from dataclasses import dataclass

from hwservice.ir.quantised import Window
from hwservice.onnx_import.values import Call, View

MAX_EXTENT = 1 << 14
Pair = tuple[int, int]


@dataclass(frozen=True)
class Sliding:
    """A window and the size of what it makes.

    Attributes:
        window: its padding includes what the ceiling mode adds.
        given: padding without that: top, left, bottom, right.
        height: of the result.
        width: of the result.
    """

    window: Window
    given: tuple[int, int, int, int]
    height: int
    width: int


def spatial_axes(call: Call, view: View) -> tuple[int, ...]:
    """Which of height (0) and width (1) the node's attributes name, in order."""
    if view.flat or view.axes[0] != "c":
        order = "features" if view.flat else ", ".join(view.axes)
        raise call.fail(f"reads a map with axes batch, {order}; transpose it to batch, c, h, w (or batch, c, w) first")
    return tuple("hw".index(letter) for letter in view.axes[1:])


def slide(call: Call, view: View, kernel: tuple[int, ...]) -> Sliding:
    """The window of a convolution or pool on a map.

    Args:
        call: the node.
        view: what it reads.
        kernel: as many numbers as the map has axes besides batch and channels.
    """
    axes = spatial_axes(call, view)
    size = _pair(call, axes, "kernel_shape", kernel)
    strides = _pair(call, axes, "strides", call.attributes.get("strides"))
    dilations = _pair(call, axes, "dilations", call.attributes.get("dilations"))
    pads = _pads(call, axes)
    if min(strides) < 1 or min(dilations) < 1 or min(size) < 1:
        raise call.fail(f"kernel {size}, strides {strides} and dilations {dilations} must all be at least 1")
    if max(map(abs, pads)) > MAX_EXTENT or max(size) > MAX_EXTENT:
        raise call.fail(f"pads {pads} or kernel {size} exceed {MAX_EXTENT}")
    spans = ((size[0] - 1) * dilations[0] + 1, (size[1] - 1) * dilations[1] + 1)
    along = [
        _Axis(extent, span, stride)
        for extent, span, stride in zip((view.height, view.width), spans, strides, strict=True)
    ]
    given = _automatic(call, along, pads)
    last = [
        axis.ceiled(given[k], given[k + 2]) if call.attributes.get("ceil_mode") else given[k + 2]
        for k, axis in enumerate(along)
    ]
    height, width = (_steps(call, axis, given[k] + last[k]) for k, axis in enumerate(along))
    window = Window(size, strides, dilations, (given[0], given[1], last[0], last[1]))
    return Sliding(window, given, height, width)


@dataclass(frozen=True)
class _Axis:
    """One axis: extent of the map, what the kernel spans, and how far it moves."""

    extent: int
    span: int
    stride: int

    def ceiled(self, before: int, behind: int) -> int:
        """Padding behind, so that the last window is not cut off; it must begin inside the map or the padding before."""
        room = self.extent + before + behind - self.span
        steps = math.ceil(room / self.stride)
        if steps * self.stride >= self.extent + before:
            steps -= 1
        return behind + max(0, steps * self.stride - room)


def _pair(call: Call, axes: tuple[int, ...], name: str, values: "tuple[int, ...] | list[int] | None") -> Pair:
    """Numbers for height and width; 1 where the node has none."""
    given = [1] * len(axes) if values is None else [int(v) for v in values]
    if len(given) != len(axes):
        raise call.fail(f"{name} is {given}; a window on this map has {len(axes)} dimensions")
    found = dict(zip(axes, given, strict=True))
    return found.get(0, 1), found.get(1, 1)


def _pads(call: Call, axes: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Top, left, bottom, right as the node gives them."""
    count = len(axes)
    given = [int(p) for p in call.attributes.get("pads", [0] * 2 * count)]
    if len(given) != 2 * count:
        raise call.fail(f"pads are {given}; a window on this map has {count} dimensions")
    found = [0, 0, 0, 0]
    for k, axis in enumerate(axes):
        found[axis], found[axis + 2] = given[k], given[k + count]
    return found[0], found[1], found[2], found[3]


def _automatic(call: Call, along: list[_Axis], pads: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Padding as `auto_pad` wants it."""
    mode = call.attributes.get("auto_pad", b"NOTSET")
    mode = mode.decode() if isinstance(mode, bytes) else mode
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        return pads
    found = [0, 0, 0, 0]
    for k, axis in enumerate(along):
        total = max(0, (math.ceil(axis.extent / axis.stride) - 1) * axis.stride + axis.span - axis.extent)
        small, large = total // 2, total - total // 2
        found[k], found[k + 2] = (small, large) if mode == "SAME_UPPER" else (large, small)
    return found[0], found[1], found[2], found[3]


def _steps(call: Call, axis: _Axis, padding: int) -> int:
    room = axis.extent + padding - axis.span
    if room < 0:
        raise call.fail(
            f"its kernel spans {axis.span} pixels, the padded input has {room + axis.span}; pad more or use a smaller kernel"
        )
    return room // axis.stride + 1
