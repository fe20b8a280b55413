"""The fast bit-exact integer model: whole test splits of an integer network, without a program.

Sums are exact float32 convolutions by ONNX Runtime on whole numbers below 2**24; layers whose sums may be larger are cut into exact
parts of their channels. Roundings are those of the accelerator.
"""

from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper

from hwservice.ir.arithmetic import MID_WIDE_BITS, Rounding
from hwservice.ir.axes import to_maps
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Source

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
EXACT_LIMIT = 1 << 24
BATCH_BYTES = 1 << 20
"""Images are taken in batches whose widest map has about so many pixels: they stay in the processor's cache."""


def run(network: QuantisedNetwork, inputs: Bytes, keep_all: bool = False) -> dict[str, Bytes]:
    """Run an integer network.

    Args:
        network: what to run.
        inputs: [N, channels, height, width] bytes.
        keep_all: return every tensor by its name, not only the outputs.

    Returns:
        Outputs by name, [N, channels, height, width] bytes each.
    """
    widest = max(t.channels * t.height * t.width for t in network.tensors.values())
    step = max(1, BATCH_BYTES // widest)
    kernels = [_Sums(layer) for layer in network.layers]
    parts = [_run_batch(network, kernels, inputs[k : k + step], keep_all) for k in range(0, len(inputs), step)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _run_batch(network: QuantisedNetwork, kernels: "list[_Sums]", inputs: Bytes, keep_all: bool) -> dict[str, Bytes]:
    values = {network.input.name: inputs}
    last = {
        s.tensor: k for k, layer in enumerate(network.layers) for s in (*layer.sources, *layer.skip) if s is not None
    }
    kept = {s.tensor for o in network.outputs for s in o.sources}
    for k, (layer, sums) in enumerate(zip(network.layers, kernels, strict=True)):
        values[layer.output.name] = _layer(layer, sums, values)
        if not keep_all:
            for name in [n for n in values if last.get(n, -1) <= k and n not in kept]:
                del values[name]
    return values if keep_all else {o.name: gather(values, o.sources) for o in network.outputs}


def gather(values: dict[str, Bytes], sources: tuple[Source, ...]) -> Bytes:
    """Channels of several tensors as one [N, channels, height, width]."""
    first = sources[0].tensor
    tensor = values[first]
    if all(s == Source(first, k) for k, s in enumerate(sources)) and len(sources) == tensor.shape[1]:
        return tensor
    return np.stack([values[s.tensor][:, s.channel] for s in sources], axis=1)


def _layer(layer: Layer, sums: "_Sums", values: dict[str, Bytes]) -> Bytes:
    source = gather(values, layer.sources)
    total = sums(source)
    total += layer.bias[:, None, None]
    skip = _skip(layer, values, total.shape) if layer.skip else None
    out = np.empty(total.shape, np.uint8)
    for region in layer.regions:
        where = np.s_[:, :, region.rows[0] : region.rows[1], region.columns[0] : region.columns[1]]
        factor, shift = region.multiplier[:, None, None], region.shift[:, None, None]
        part = skip[where] if skip is not None else None
        if sums.may_wrap:
            raw = None if part is None else part.astype(np.int64)
            out[where] = layer.rounding.apply(total[where].astype(np.int64), factor, shift, raw)
        else:
            out[where] = _rounded(layer.rounding, total[where], factor * 2.0**-shift, part)
    return out


def _rounded(rounding: Rounding, total: Doubles, factor: Doubles, skip: Doubles | None) -> Bytes:
    """`Rounding.apply` in double precision, which is exact: no product has more than 48 significant bits. Overwrites `total`."""
    mid = np.multiply(total, factor, out=total)
    if rounding.mid_wide:
        _make_odd(mid)
    else:
        np.clip(np.rint(mid, out=mid), rounding.mid_low, rounding.mid_high, out=mid)
    if rounding.main_multiplier != 1:
        mid *= rounding.main_multiplier
    if skip is not None:
        mid += (skip - rounding.skip_zero) * rounding.skip_multiplier
    if rounding.second_shift:
        mid *= 2.0**-rounding.second_shift
        np.rint(mid, out=mid)
    mid += rounding.out_zero
    return np.clip(mid, rounding.low, rounding.high, out=mid).astype(np.uint8)


def _make_odd(value: Doubles) -> None:
    """`shift_to_odd` and its clamp to 18 bits, in double precision and in place."""
    floor = np.floor(value)
    lost = floor != value
    even = np.floor(floor * 0.5) * 2 == floor
    np.add(floor, lost & even, out=value)
    limit = 1 << (MID_WIDE_BITS - 1)
    np.clip(value, -limit, limit - 1, out=value)


def _skip(layer: Layer, values: dict[str, Bytes], shape: tuple[int, ...]) -> Doubles:
    """Skip values; filters without a skip get its zero point."""
    if None not in layer.skip:
        return gather(values, tuple(s for s in layer.skip if s is not None)).astype(np.float64)
    skip = np.full(shape, layer.rounding.skip_zero, np.float64)
    for filter_, source in enumerate(layer.skip):
        if source is not None:
            skip[:, filter_] = values[source.tensor][:, source.channel]
    return skip


class _Sums:
    """The sums of one layer, [N, filters, height, width], exact."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.parts = self._cut() if layer.operator is Operator.CONV else []
        self.may_wrap = layer.operator is not Operator.MAX and self._bound() >= 1 << 31

    def _bound(self) -> int:
        """No sum with its bias is greater; for sums over maps, maps of up to 2**16 pixels."""
        assert self.layer.weights is not None
        weights = np.abs(self.layer.weights.astype(np.int64)).reshape(self.layer.filters, -1).sum(axis=1)
        pixels = 1 << 16 if self.layer.operator is Operator.SUM else 1
        return int((weights * 255 * pixels + np.abs(self.layer.bias)).max())

    def _cut(self) -> list[tuple[slice, Any]]:
        """Stretches of channels whose sums stay below 2**24."""
        weights = self.layer.weights
        assert weights is not None
        per_channel = np.abs(weights.astype(np.int64)).sum(axis=(2, 3)) * 255
        if self.layer.groups > 1 or per_channel.sum(axis=1).max() < EXACT_LIMIT:
            return [(slice(0, len(self.layer.sources)), _conv_session(self.layer, weights))]
        worst = int(per_channel.sum(axis=1).max())
        step = max(1, weights.shape[1] * EXACT_LIMIT // (2 * worst))
        stretches = [slice(k, min(k + step, weights.shape[1])) for k in range(0, weights.shape[1], step)]
        return [(part, _conv_session(self.layer, weights[:, part])) for part in stretches]

    def __call__(self, source: Bytes) -> Doubles:
        layer = self.layer
        if layer.operator is Operator.SUM:
            return self._pooled(source)
        if layer.operator is Operator.MAX:
            return _run(_pool_session(layer), source.astype(np.float32)).astype(np.float64)
        source = _cropped(source, layer.window.pads)
        shifted = source.astype(np.float32) - np.float32(layer.pad_value)
        assert layer.weights is not None
        total = _run(self.parts[0][1], shifted[:, self.parts[0][0]]).astype(np.float64)
        for part, session in self.parts[1:]:
            total += _run(session, shifted[:, part])
        if layer.pad_value:
            total += layer.pad_value * layer.weights.reshape(layer.filters, -1, 1, 1).sum(axis=1, dtype=np.int64)
        return total

    def _pooled(self, source: Bytes) -> Doubles:
        """Sums over whole maps, [N, filters, 1, 1]."""
        assert self.layer.weights is not None
        sums = source.sum(axis=(2, 3), dtype=np.float64)
        weights = self.layer.weights.astype(np.float64).reshape(self.layer.groups, -1, self.layer.weights.shape[1])
        total = np.einsum("ngc,gfc->ngf", sums.reshape(len(sums), self.layer.groups, -1), weights)
        return np.asarray(total.reshape(len(sums), -1, 1, 1), np.float64)


def _cropped(source: Bytes, pads: tuple[int, int, int, int]) -> Bytes:
    """Without the rows and columns that negative pads cut off."""
    top, left, bottom, right = (max(0, -p) for p in pads)
    return source[:, :, top : source.shape[2] - bottom, left : source.shape[3] - right]


def _run(session: onnxruntime.InferenceSession, x: Floats) -> Floats:
    result: Floats = session.run(None, {"x": np.ascontiguousarray(x)})[0]
    return result


def _conv_session(layer: Layer, weights: NDArray[np.int8]) -> onnxruntime.InferenceSession:
    w = layer.window
    node = helper.make_node(
        "Conv",
        ["x", "w"],
        ["y"],
        strides=w.stride,
        dilations=w.dilation,
        pads=[max(0, p) for p in w.pads],
        group=layer.groups,
    )
    tensor = helper.make_tensor(
        "w", onnx.TensorProto.FLOAT, weights.shape, weights.astype(np.float32).tobytes(), raw=True
    )
    return _session([node], [tensor])


@cache
def _pool_session(layer: Layer) -> onnxruntime.InferenceSession:
    w = layer.window
    pad = helper.make_tensor("pads", onnx.TensorProto.INT64, [8], [0, 0, *w.pads[:2], 0, 0, *w.pads[2:]])
    zero = helper.make_tensor("zero", onnx.TensorProto.FLOAT, [], [0.0])
    nodes = [
        helper.make_node("Pad", ["x", "pads", "zero"], ["p"]),
        helper.make_node("MaxPool", ["p"], ["y"], kernel_shape=w.kernel, strides=w.stride, dilations=w.dilation),
    ]
    return _session(nodes, [pad, zero])


def _session(nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto]) -> onnxruntime.InferenceSession:
    values = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["n", "c", "h", "w"]) for n in ("x", "y")]
    graph = helper.make_graph(nodes, "sums", values[:1], values[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def quantise_input(network: QuantisedNetwork, x: Floats) -> Bytes:
    """Real inputs [N, ...] in the user's shape as bytes [N, channels, height, width]: rounded half to even, saturated."""
    t = network.input
    maps = to_maps(np.asarray(x, np.float64), network.input_axes)
    return np.asarray(np.clip(np.rint(maps / t.scale) + t.zero_point, 0, 255), np.uint8)


def dequantise_output(network: QuantisedNetwork, name: str, values: Bytes) -> Floats:
    """Bytes of one output, [N, channels, height, width], as real numbers in the user's shape; the host's softmax applied."""
    output = next(o for o in network.outputs if o.name == name)
    t = network.tensors[output.sources[0].tensor]
    return output.finish((values.astype(np.float64) - t.zero_point) * t.scale).astype(np.float32)
