"""Operators on single pixels, fused into the layer before where it has no other reader."""

from typing import Any

import numpy as np

from hwservice.ir.graph import NO_CLAMP, FloatLayer, Scale
from hwservice.ir.quantised import Operator, Source
from hwservice.onnx_import.values import Call, Constant, View


def batch_norm(call: Call) -> View:
    """BatchNormalization: folded into the convolution before, or a depthwise 1x1 layer of its own."""
    view = call.view()
    if call.attributes.get("training_mode"):
        raise call.fail("training_mode is 1; export the network in evaluation mode")
    scale, shift, mean, variance = (np.asarray(call.constant(k), np.float64) for k in (1, 2, 3, 4))
    factor = scale / np.sqrt(variance + float(call.attributes.get("epsilon", 1e-5)))
    offset = shift - mean * factor
    if len(factor) != len(view.channels):
        raise call.fail(f"has {len(factor)} channels, its input {len(view.channels)}")
    layer = call.producer(view)
    if layer is None or not _plain(layer) or layer.weight_scales is not None:
        return _depthwise(call, view, factor, offset)
    assert layer.weights is not None
    assert layer.bias is not None
    layer.weights = layer.weights * factor[:, None, None, None]
    layer.bias = layer.bias * factor + offset
    return _fused(call, layer, view)


def _plain(layer: FloatLayer) -> bool:
    """A convolution that nothing has been fused into yet."""
    fused = layer.clamp != NO_CLAMP or layer.skip or layer.quantiser or layer.average
    return layer.operator is Operator.CONV and not fused


def _depthwise(call: Call, view: View, factor: Any, offset: Any, name: str = "") -> View:
    view = call.settled(view)
    channels = len(view.channels)
    layer = FloatLayer(
        name=name or call.node.output[0],
        operator=Operator.CONV,
        sources=tuple(s for s in view.channels if s is not None),
        channels=channels,
        height=view.height,
        width=view.width,
        value=call.node.output[0],
        weights=np.asarray(factor, np.float64).reshape(channels, 1, 1, 1),
        bias=np.asarray(offset, np.float64),
        groups=channels,
    )
    return call.add_layer(layer)


def copy(call: Call, view: View) -> View:
    """An identity layer, for what cannot be fused."""
    ones = np.ones(len(view.channels))
    return _depthwise(call, view, ones, 0 * ones)


def _fused(call: Call, layer: FloatLayer, view: View) -> View:
    layer.value = call.node.output[0]
    layer.origin.append(call.node.name or call.node.output[0])
    return view.renamed(call.node.output[0])


def clip(call: Call) -> View:
    """Relu and Clip."""
    view = call.settled(call.view())
    low, high = 0.0, np.inf
    if call.node.op_type == "Clip":
        bounds = [call.constant(k, name) for k, name in ((1, "min"), (2, "max"))]
        low = -np.inf if bounds[0] is None else float(np.ravel(bounds[0])[0])
        high = np.inf if bounds[1] is None else float(np.ravel(bounds[1])[0])
    layer = call.producer(view)
    if layer is None or layer.quantiser is not None:
        view = copy(call, view)
        layer = call.state.layers[-1]
    layer.clamp = (max(layer.clamp[0], low), min(layer.clamp[1], high))
    return _fused(call, layer, view)


def add(call: Call) -> View:
    """Add of two maps (fused into the later convolution), or of a bias."""
    if any(isinstance(value, Constant) for value in call.inputs):
        return _add_bias(call)
    a, b = call.unpadded(call.view(0)), call.unpadded(call.view(1))
    if (len(a.channels), a.height, a.width) != (len(b.channels), b.height, b.width):
        raise call.fail(f"adds maps of shapes {list(a.shape)} and {list(b.shape)}; they must be equal")
    _longest_last(call, a, b)
    order = {layer.name: k for k, layer in enumerate(call.state.layers)}
    candidates = [
        (order[x.name], x, v, o) for v, o in ((a, b), (b, a)) if (x := _addable(call, v, o, order)) is not None
    ]
    if not candidates:
        main, other = (a, b) if _latest(a, order) >= _latest(b, order) else (b, a)
        return _add_copy(call, main, other)
    _, layer, view, other = max(candidates, key=lambda c: c[0])
    channels = {s.channel: k for k, s in enumerate(view.channels) if s is not None}
    skip = [other.channels[channels[f]] if f in channels else None for f in range(layer.channels)]
    extra = [other.channels[k] for k, s in enumerate(view.channels) if s is None]
    return _fuse_add(call, layer, view, skip, extra)


def _longest_last(call: Call, a: View, b: View) -> None:
    """Where both sides are convolutions, compute the shorter one first: the longer one's drains hide the add."""
    sides = [call.producer(view) for view in (a, b)]
    if any(x is None or x.weights is None for x in sides):
        return
    shorter, longer = sorted((x for x in sides if x is not None), key=_list_length)
    layers = call.state.layers
    place = {layer.name: k for k, layer in enumerate(layers)}
    if place[shorter.name] < place[longer.name]:
        return
    needs = max((place.get(s.tensor, -1) for s in shorter.sources), default=-1)
    if needs < place[longer.name] and not shorter.skip:
        layers.remove(shorter)
        layers.insert(place[longer.name], shorter)


def _list_length(layer: FloatLayer) -> int:
    assert layer.weights is not None
    return int(np.prod(layer.weights.shape[1:]))


def _latest(view: View, order: dict[str, int]) -> int:
    return max((order.get(s.tensor, -1) for s in view.channels if s is not None), default=-1)


def _addable(call: Call, view: View, other: View, order: dict[str, int]) -> FloatLayer | None:
    """The convolution that makes one side, where the other side is there before it and nobody else reads it.

    The side may miss channels (channels of zeros) or have them in another order.
    """
    tensors = {s.tensor for s in view.channels if s is not None}
    if len(tensors) != 1:
        return None
    layer = next((x for x in call.state.layers if x.name in tensors), None)
    if layer is None or layer.operator is not Operator.CONV or layer.skip or layer.average:
        return None
    named = sorted(s.channel for s in view.channels if s is not None)
    if named != list(range(layer.channels)) or _latest(other, order) >= order[layer.name]:
        return None
    return layer if call.state.uses.get(layer.value, 0) == 1 and call.state.uses.get(view.value, 0) == 1 else None


def _fuse_add(call: Call, layer: FloatLayer, view: View, skip: list[Source | None], extra: list[Source | None]) -> View:
    """Channels that only the other side has become filters without weights."""
    assert layer.weights is not None
    assert layer.bias is not None
    layer.mid_value, layer.mid_clamp, layer.clamp = layer.value, layer.clamp, NO_CLAMP
    layer.mid_quantiser, layer.quantiser = layer.quantiser, None
    if extra and layer.groups == 1:
        layer.weights = np.concatenate([layer.weights, np.zeros((len(extra), *layer.weights.shape[1:]))])
        layer.bias = np.concatenate([layer.bias, np.zeros(len(extra))])
        if layer.weight_scales is not None:
            layer.weight_scales = np.concatenate([layer.weight_scales, np.ones(len(extra))])
    elif extra:
        raise call.fail("a grouped convolution and its skip keep different channels; ungroup it")
    first_new = layer.channels
    layer.channels += len(extra)
    layer.skip = (*skip, *extra)
    news = iter(range(first_new, layer.channels))
    channels = tuple(s if s is not None else Source(layer.name, next(news)) for s in view.channels)
    layer.value = call.node.output[0]
    layer.origin.append(call.node.name or call.node.output[0])
    order = [s.channel for s in channels]
    if order != list(range(layer.channels)):
        _reorder(layer, order)
    whole = tuple(Source(layer.name, c) for c in range(layer.channels))
    return View(whole, view.height, view.width, call.node.output[0], view.flat)


def _reorder(layer: FloatLayer, order: list[int]) -> None:
    """Bring the filters into the order in which the sum's channels name them."""
    assert layer.weights is not None
    assert layer.bias is not None
    layer.weights, layer.bias = layer.weights[order], layer.bias[order]
    layer.skip = tuple(layer.skip[f] for f in order)
    if layer.weight_scales is not None:
        layer.weight_scales = layer.weight_scales[order]


def _add_copy(call: Call, main: View, other: View) -> View:
    if None in main.channels:
        main, other = other, main
    view = copy(call, main)
    layer = call.state.layers[-1]
    layer.skip, layer.mid_value = other.channels, main.value
    return view


def _add_bias(call: Call) -> View:
    index = 0 if isinstance(call.inputs[0], View) else 1
    view, constant = call.view(index), call.constant(1 - index)
    assert constant is not None
    layer = call.producer(view)
    values = np.asarray(constant, np.float64)
    values = values.reshape(-1) if values.size in (1, len(view.channels)) else values
    if layer is None or not _plain(layer) or values.ndim != 1:
        raise call.fail("adds a constant that is no bias of the convolution before it")
    assert layer.bias is not None
    layer.bias = layer.bias + np.broadcast_to(values, layer.bias.shape)
    return _fused(call, layer, view)


def softmax(call: Call) -> View:
    """Softmax at the end: left to the host."""
    view = call.settled(call.view())
    axis = int(call.attributes.get("axis", -1 if call.state.opset >= 13 else 1))
    if axis % (2 if view.flat else 4) != 1 or (call.state.opset < 13 and (view.height, view.width) != (1, 1)):
        raise call.fail(f"axis is {axis}; only a softmax over channels or features (axis 1) is supported")
    return View(view.channels, view.height, view.width, call.node.output[0], view.flat, softmax=True)


def quantise(call: Call) -> View:
    """QuantizeLinear of a map: its layer takes over scale and zero point."""
    view, scale, zero = call.view(), call.constant(1), call.constant(2)
    assert scale is not None
    if np.size(scale) != 1:
        raise call.fail("quantises a map per channel; only one scale per map is supported")
    signed = zero is not None and np.asarray(zero).dtype == np.int8
    point = (int(np.ravel(zero)[0]) if zero is not None else 0) + (128 if signed else 0)
    quantiser = Scale(float(np.ravel(scale)[0]), point)
    layer = call.producer(view)
    if layer is not None and layer.quantiser is None:
        layer.quantiser = quantiser
        return _fused(call, layer, view)
    tensors = {s.tensor for s in view.channels if s is not None}
    if tensors == {call.state.input_name}:
        call.state.input_quantiser = call.state.input_quantiser or quantiser
        return view.renamed(call.node.output[0])
    layers = [x for x in call.state.layers if x.name in tensors]
    if all(x.quantiser == quantiser for x in layers):
        return view.renamed(call.node.output[0])
    return _requantised(call, call.unpadded(view), quantiser)


def _requantised(call: Call, view: View, quantiser: Scale) -> View:
    """A copy of every map among the channels that has another quantiser."""
    name = call.node.output[0]
    known = {layer.name: layer.quantiser for layer in call.state.layers}
    known[call.state.input_name] = call.state.input_quantiser
    channels = list(view.channels)
    for tensor in dict.fromkeys(s.tensor for s in view.channels if s is not None):
        if known[tensor] == quantiser:
            continue
        places = [k for k, s in enumerate(view.channels) if s is not None and s.tensor == tensor]
        part = View(tuple(view.channels[k] for k in places), view.height, view.width, name)
        ones = np.ones(len(places))
        made = _depthwise(call, part, ones, 0 * ones, name if len(places) == len(channels) else f"{name}.{tensor}")
        call.state.layers[-1].quantiser = quantiser
        for place, channel in zip(places, made.channels, strict=True):
            channels[place] = channel
    return View(tuple(channels), view.height, view.width, name, view.flat)


def dequantise(call: Call) -> View | Constant:
    """DequantizeLinear: nothing for maps, the real weights (with their scales) for constants."""
    value = call.inputs[0]
    if isinstance(value, View):
        layer = call.producer(value)
        return _fused(call, layer, value) if layer is not None else value.renamed(call.node.output[0])
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
