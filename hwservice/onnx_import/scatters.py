"""ScatterND and ScatterElements as far as they only place whole channels."""

import numpy as np

from hwservice.ir.graph import ZEROS
from hwservice.ir.quantised import Source
from hwservice.onnx_import.values import Array, Call, Constant, View


def scatter(call: Call) -> View:
    """A map's channels placed among channels of zeros, or of another map."""
    base, indices, updates = call.inputs[0], call.constant(1), call.view(2)
    assert indices is not None
    reduction = call.attributes.get("reduction", b"none")
    if reduction not in (b"none", "none"):
        raise call.fail(f"reduction is {reduction!r}; only none is supported, add the maps instead")
    channels = _base_channels(call, base, updates)
    targets = _checked(call, _targets(call, indices, updates), len(channels))
    for target, source in zip(targets, updates.sources, strict=True):
        channels[target] = source
    return call.copy(updates, tuple(channels))


def _base_channels(call: Call, base: View | Constant | None, updates: View) -> list[Source]:
    if isinstance(base, View):
        channels, size = list(base.sources), (base.height, base.width)
    else:
        if base is None or base.array.ndim != 4 or np.any(base.array):
            raise call.fail("scatters into a constant that is no map of zeros")
        channels, size = [ZEROS] * base.array.shape[1], base.array.shape[2:]
    if size != (updates.height, updates.width):
        raise call.fail(f"places maps of {updates.height} x {updates.width} among maps of {size[0]} x {size[1]}")
    return channels


def _targets(call: Call, indices: Array, updates: View) -> list[int]:
    """The channel that each updated channel goes to."""
    if call.node.op_type == "ScatterElements":
        return _of_elements(call, indices, updates)
    return _of_nd(call, indices, updates)


def _of_elements(call: Call, indices: Array, updates: View) -> list[int]:
    if int(call.attributes.get("axis", 0)) % 4 != 1:
        raise call.fail("only channels (axis 1) can be scattered")
    if indices.shape != (1, *updates.shape):
        raise call.fail(f"has indices of shape {list(indices.shape)} for updates of shape {[1, *updates.shape]}")
    first = indices[0, :, 0, 0]
    if (indices != first.reshape(1, -1, 1, 1)).any():
        raise call.fail("its indices differ from pixel to pixel; only whole channels can be placed")
    return [int(v) for v in first]


def _of_nd(call: Call, indices: Array, updates: View) -> list[int]:
    """Indices (batch, channel), (batch, channel, row) or (batch, channel, row, column) that name every pixel in order."""
    depth = indices.shape[-1] if indices.ndim else 0
    rest = (updates.height, updates.width)[: max(0, depth - 2)]
    count = updates.channels
    if not 2 <= depth <= 4 or indices.size != count * int(np.prod(rest)) * depth:
        raise call.fail(f"has indices of shape {list(indices.shape)}; they must name {count} whole channels of batch 0")
    given = indices.reshape(count, *rest, depth)
    channels = given[..., 1].reshape(count, -1)[:, 0]
    wanted = np.meshgrid(channels, *(np.arange(extent) for extent in rest), indexing="ij")
    ordered = all((given[..., k + 1] == axis).all() for k, axis in enumerate(wanted))
    if given[..., 0].any() or not ordered:
        raise call.fail("its indices do not name whole channels row by row; only whole channels can be placed")
    return [int(v) for v in channels]


def _checked(call: Call, targets: list[int], count: int) -> list[int]:
    for target in targets:
        if not -count <= target < count:
            raise call.fail(f"index {target} is outside {count} channels")
    positive = [target % count for target in targets]
    if len(set(positive)) != len(positive):
        raise call.fail("places a channel more than once")
    return positive
