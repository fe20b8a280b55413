"""Integer weights, biases and roundings for every layer."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from contracts.quantisation import QuantiseOptions
from hwservice.ir.arithmetic import Rounding
from hwservice.ir.graph import FloatLayer, Graph, Scale
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Region, Tensor
from hwservice.quantise.adds import WideMid, wide_mid
from hwservice.quantise.calibrate import check_images, made_up_images, ranges
from hwservice.quantise.scales import Range, activation_scales, choose_scale

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MULTIPLIER_BITS = 16
SHIFT_LIMIT = 63
BIAS_LIMIT = 1 << 30


@dataclass(frozen=True)
class Grids:
    """Scales of all tensors, the ranges they come from, whether scales are powers of two; height and width of all tensors."""

    scales: dict[str, Scale]
    bounds: dict[str, Range]
    power_of_two: bool
    extents: dict[str, tuple[int, int]]


def quantise(
    graph: Graph, calibration: NDArray[np.float32] | None, options: QuantiseOptions | None = None
) -> QuantisedNetwork:
    """The integer network.

    Args:
        graph: the float network.
        calibration: [N, channels, height, width] typical inputs; None takes seeded noise, and says so in the notes.
        options: how.

    Raises:
        CalibrationError: data that do not fit the network.
    """
    options = options or QuantiseOptions()
    notes = (
        () if calibration is not None else ("no calibration data: ranges come from normal noise, accuracy will suffer",)
    )
    images = made_up_images(graph) if calibration is None else check_images(graph, calibration, "calibration data")
    network = quantise_within(graph, ranges(graph, images, options), power_of_two=options.power_of_two, notes=notes)
    return replace(network, quantisation=_described(graph, options, 0 if calibration is None else len(images)))


def quantise_within(
    graph: Graph, bounds: dict[str, Range], *, power_of_two: bool = False, notes: tuple[str, ...] = ()
) -> QuantisedNetwork:
    """The integer network for ranges that are known: by value, of the input, of every layer, and of sums before an add."""
    extents = {graph.input_name: graph.input_map[1:]} | {
        layer.name: (layer.height, layer.width) for layer in graph.layers
    }
    grids = Grids(activation_scales(graph, bounds, power_of_two), bounds, power_of_two, extents)
    first = grids.scales[graph.input_name]
    return QuantisedNetwork(
        name=graph.name,
        input=Tensor(graph.input_name, *graph.input_map, first.scale, first.zero_point),
        layers=tuple(_layer(layer, grids) for layer in graph.layers),
        outputs=tuple(graph.outputs),
        input_shape=graph.input_shape,
        notes=notes,
        input_axes=graph.input_axes,
    )


def _described(graph: Graph, options: QuantiseOptions, images: int) -> dict[str, str | int]:
    """How scales came about, for the report."""
    method, maps = options.chosen_method, 1 + len(graph.layers)
    kept = (graph.input_quantiser is not None) + sum(layer.quantiser is not None for layer in graph.layers)
    method = f"percentile {options.percentile:g}" if method == "percentile" else method
    return {"scales": options.scales, "method": method, "images": images, "maps": maps, "kept": kept}


def _layer(layer: FloatLayer, grids: Grids) -> Layer:
    scales = grids.scales
    source, out = scales[layer.sources[0].tensor], scales[layer.name]
    weights, weight_scales = _weights(layer, source, grids.power_of_two)
    mid = _mid(layer, grids, source.scale * weight_scales) if layer.skip else out
    factors = source.scale * weight_scales / mid.scale
    regions = _regions(layer, factors, grids.extents[layer.sources[0].tensor])
    maximum = layer.operator is Operator.MAX
    return Layer(
        name=layer.name,
        operator=layer.operator,
        sources=layer.sources,
        output=Tensor(layer.name, layer.channels, layer.height, layer.width, out.scale, out.zero_point),
        bias=_bias(layer, source, weights, weight_scales),
        regions=regions,
        rounding=_rounding(layer, mid, out, scales),
        window=layer.window if layer.operator is not Operator.SUM else type(layer.window)(),
        weights=weights,
        groups=layer.groups,
        pad_value=0 if maximum or layer.operator is Operator.SUM else source.zero_point,
        skip=layer.skip,
        origin=", ".join(layer.origin),
    )


def _weights(layer: FloatLayer, source: Scale, power_of_two: bool) -> tuple[NDArray[np.int8] | None, Floats]:
    """int8 weights and their scale per filter; scales grow where the bias would not fit 30 bits."""
    if layer.weights is None or layer.average is not None:
        ones = None if layer.weights is None else np.ones(layer.weights.shape, np.int8)
        return ones, np.ones(layer.channels)
    greatest = np.abs(layer.weights).reshape(layer.channels, -1).max(axis=1)
    bias = np.zeros(layer.channels) if layer.bias is None else np.abs(layer.bias)
    scales = np.maximum(greatest / 127, bias / source.scale / BIAS_LIMIT)
    scales = np.where(scales > 0, scales, 1.0)
    if power_of_two:
        scales = 2.0 ** np.ceil(np.log2(scales))
    if layer.weight_scales is not None:
        scales = layer.weight_scales
    integers = np.clip(np.rint(layer.weights / scales[:, None, None, None]), -128, 127)
    return integers.astype(np.int8), scales


def _mid(layer: FloatLayer, grids: Grids, steps: Floats) -> Scale | WideMid:
    """Grid of the convolution's own result, before the skip is added: eight bits only where the graph rounds there."""
    if layer.mid_quantiser is not None:
        return layer.mid_quantiser
    wide = wide_mid(layer, float(steps.max()), _side(layer, grids.scales), grids.scales[layer.name])
    if wide is not None:
        return wide
    low, high = grids.bounds[layer.mid_value]
    clamped = (max(low, layer.mid_clamp[0]), min(high, layer.mid_clamp[1]))
    return choose_scale(clamped, grids.power_of_two)


def _bias(layer: FloatLayer, source: Scale, weights: NDArray[np.int8] | None, weight_scales: Floats) -> Ints:
    """32-bit biases that also take out the source's zero point."""
    if layer.operator is Operator.MAX or weights is None or layer.bias is None:
        return np.zeros(layer.channels, np.int64)
    total = weights.reshape(layer.channels, -1).sum(axis=1, dtype=np.int64)
    if layer.operator is Operator.SUM:
        total = total * layer.window.kernel[0] * layer.window.kernel[1]
    bias = np.rint(layer.bias / (source.scale * weight_scales)).astype(np.int64)
    return np.asarray(np.clip(bias - source.zero_point * total, -(2**31), 2**31 - 1), np.int64)


def _regions(layer: FloatLayer, real: Floats, extents: tuple[int, int]) -> tuple[Region, ...]:
    """First roundings: one region, or several where an average pool does not count all padding.

    Args:
        layer: the layer.
        real: a sum's step in steps of the result, per filter.
        extents: height and width of the source.
    """
    if layer.operator is Operator.MAX:
        return (_region((0, layer.height), (0, layer.width), np.ones(layer.channels)),)
    if layer.average is None or layer.operator is Operator.SUM:
        kernel = layer.window.kernel
        divisor = kernel[0] * kernel[1] if layer.average is not None else 1
        return (_region((0, layer.height), (0, layer.width), real / divisor),)
    rows, columns = (_counts(layer, layer.average, axis, extents[axis]) for axis in (0, 1))
    return tuple(
        _region((r0, r1), (c0, c1), real / max(1, r_count * c_count))
        for r0, r1, r_count in rows
        for c0, c1, c_count in columns
    )


def _counts(
    layer: FloatLayer, counted: tuple[int, int, int, int], axis: int, extent: int
) -> list[tuple[int, int, int]]:
    """Stretches (first, past last, taps inside the map and its padding that counts) along one axis of the output."""
    w, size = layer.window, (layer.height, layer.width)[axis]
    stretches: list[tuple[int, int, int]] = []
    for position in range(size):
        taps = np.arange(w.kernel[axis]) * w.dilation[axis] + position * w.stride[axis] - w.pads[axis]
        count = int(((taps >= -counted[axis]) & (taps < extent + counted[axis + 2])).sum())
        if stretches and stretches[-1][2] == count:
            stretches[-1] = (stretches[-1][0], position + 1, count)
        else:
            stretches.append((position, position + 1, count))
    return stretches


def _region(rows: tuple[int, int], columns: tuple[int, int], real: Floats) -> Region:
    """Real factors as 16-bit multipliers and shifts."""
    real = np.asarray(real, np.float64)
    mantissa, exponent = np.frexp(np.maximum(real, 2.0**-60))
    multiplier = np.rint(mantissa * (1 << MULTIPLIER_BITS)).astype(np.int64)
    shift = MULTIPLIER_BITS - exponent.astype(np.int64)
    over = multiplier == 1 << MULTIPLIER_BITS
    multiplier, shift = np.where(over, multiplier >> 1, multiplier), np.where(over, shift - 1, shift)
    if (shift < 0).any():
        raise InputError(
            f"a scale ratio of {float(real.max()):g} is too large for the accelerator; check the network's ranges"
        )
    small = np.maximum(0, shift - SHIFT_LIMIT)
    return Region(rows, columns, multiplier >> small, shift - small)


def _side(layer: FloatLayer, scales: dict[str, Scale]) -> Scale:
    return scales[next(s.tensor for s in layer.skip if s is not None)]


def _rounding(layer: FloatLayer, mid: Scale | WideMid, out: Scale, scales: dict[str, Scale]) -> Rounding:
    if layer.operator is Operator.MAX:
        low, high = _byte_clamp(layer.clamp, out)
        return Rounding(0, low, high, mid_low=0, mid_high=255)
    if not layer.skip:
        low, high = _byte_clamp(layer.clamp, out)
        return Rounding(out.zero_point, low, high, mid_low=-out.zero_point, mid_high=255 - out.zero_point)
    low, high = _byte_clamp(layer.clamp, out)
    side = _side(layer, scales)
    factors = (mid.scale / out.scale, side.scale / out.scale)
    shift = min(30, 14 - math.ceil(math.log2(max(factors))))
    wide = isinstance(mid, WideMid)
    shift = max(shift, mid.bits) if isinstance(mid, WideMid) else shift
    between = (-256, 255) if isinstance(mid, WideMid) else _signed_clamp(layer.mid_clamp, mid)
    return Rounding(
        out_zero=out.zero_point,
        low=low,
        high=high,
        mid_wide=wide,
        mid_low=between[0],
        mid_high=between[1],
        main_multiplier=round(factors[0] * 2.0**shift),
        skip_multiplier=round(factors[1] * 2.0**shift),
        second_shift=shift,
        skip_zero=side.zero_point,
    )


def _signed_clamp(clamp: tuple[float, float], scale: Scale) -> tuple[int, int]:
    """A real clamp as bytes less the zero point."""
    low, high = _byte_clamp(clamp, scale)
    return low - scale.zero_point, high - scale.zero_point


def _byte_clamp(clamp: tuple[float, float], scale: Scale) -> tuple[int, int]:
    """A real clamp as bytes."""
    low = 0 if np.isinf(clamp[0]) else round(clamp[0] / scale.scale) + scale.zero_point
    high = 255 if np.isinf(clamp[1]) else round(clamp[1] / scale.scale) + scale.zero_point
    return max(0, min(255, low)), max(0, min(255, high))
