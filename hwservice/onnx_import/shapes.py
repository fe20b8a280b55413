"""Operators that show a map in another shape: they make no layer, but another view."""

from dataclasses import replace

import numpy as np

from hwservice.onnx_import.values import Call, View


def transpose(call: Call) -> View:
    """Transpose: another order of the axes. Channels must come first again before a window slides over the map."""
    view, letters = call.view(), call.view().letters()
    order = [int(k) for k in call.attributes.get("perm", range(len(letters))[::-1])]
    if sorted(order) != list(range(len(letters))) or order[0] != 0:
        raise call.fail(f"perm is {order}; the batch must stay the first of {len(letters)} axes")
    if view.flat:
        return view.renamed(call.node.output[0])
    return replace(view, axes="".join(letters[k] for k in order[1:]), value=call.node.output[0])


def reshape(call: Call) -> View:
    """Flatten, Reshape, Squeeze and Unsqueeze as long as they flatten, undo it, or add or drop axes of extent 1."""
    view = call.view()
    target = _target_shape(call, view)
    found = _shown(view, target)
    if found is None:
        raise call.fail(f"makes shape {target} out of {list(view.shape)}; only flattening is supported")
    if view.softmax and found.flat and not view.flat and view.height * view.width > 1:
        raise call.fail("flattens a Softmax over channels; leave it as it is")
    return found.renamed(call.node.output[0])


def _shown(view: View, target: list[int]) -> View | None:
    """The same elements in the target's shape (without the batch); None where that is no shape of a map."""
    if int(np.prod(target)) != int(np.prod(view.shape)) or not 1 <= len(target) <= 3:
        return None
    if len(target) == 1:
        return replace(view, flat=True)
    long = view.long_axes
    if [extent for extent in target if extent > 1] != [view.extents[letter] for letter in long]:
        return None
    short = iter(letter for letter in ("chw" if len(target) == 3 else "cwh") if letter not in long)
    kept = iter(long)
    return replace(view, flat=False, axes="".join(next(kept if extent > 1 else short) for extent in target))


def _target_shape(call: Call, view: View) -> list[int]:
    """Without the batch dimension."""
    kind, shape = call.node.op_type, list(view.shape)
    if kind == "Flatten":
        return [int(np.prod(shape))] if int(call.attributes.get("axis", 1)) in (1, -len(shape)) else [0, 0]
    if kind == "Reshape":
        return _reshaped(call, [1, *shape])
    axes = call.constant(1, "axes")
    if axes is None and kind == "Squeeze" and (view.height, view.width) == (1, 1):
        return [view.channels]
    given = [] if axes is None else [int(axis) for axis in axes]
    return _squeezed(call, shape, given) if kind == "Squeeze" else _unsqueezed(call, shape, given)


def _reshaped(call: Call, known: list[int]) -> list[int]:
    """Zeros copied from the known shape, and -1 computed."""
    shape = call.constant(1, "shape")
    assert shape is not None
    given = [int(v) for v in shape]
    copied = [known[k] if v == 0 and k < len(known) else v for k, v in enumerate(given)]
    rest = int(np.prod([v for v in copied if v != -1]))
    full = [int(np.prod(known)) // rest if v == -1 and rest > 0 else v for v in copied]
    if len(full) < 2 or full[0] != 1:
        raise call.fail(
            f"makes shape {given} out of {known[1:]}; only flattening is supported, and the batch must stay 1"
        )
    return full[1:]


def _squeezed(call: Call, shape: list[int], axes: list[int]) -> list[int]:
    dropped = {axis % (len(shape) + 1) for axis in axes}
    if 0 in dropped or not dropped or any(shape[axis - 1] != 1 for axis in dropped):
        raise call.fail(
            f"squeezes axes {axes} of shape {[1, *shape]}; only axes of extent 1 after the batch can be dropped"
        )
    return [extent for k, extent in enumerate(shape, 1) if k not in dropped]


def _unsqueezed(call: Call, shape: list[int], axes: list[int]) -> list[int]:
    rank = len(shape) + 1 + len(axes)
    new, old = {axis % rank for axis in axes}, iter(shape)
    if 0 in new or rank > 4:
        raise call.fail(
            f"adds axes {axes} to shape {[1, *shape]}; only maps of up to three axes after the batch are supported"
        )
    return [1 if k in new else next(old) for k in range(1, rank)]
