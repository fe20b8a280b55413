"""A straightforward evaluation of integer networks, independent of programs and of the fast integer model; and random networks."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hwservice.ir.arithmetic import Rounding
from hwservice.ir.quantised import Layer, Operator, Output, QuantisedNetwork, Region, Source, Tensor, Window

Bytes = NDArray[np.uint8]


def evaluate(network: QuantisedNetwork, image: Bytes) -> dict[str, Bytes]:
    """All tensors of the network for one input, [channels, height, width] each."""
    values = {network.input.name: image}
    for layer in network.layers:
        values[layer.output.name] = _layer(layer, values)
    return values


def outputs(network: QuantisedNetwork, image: Bytes) -> dict[str, Bytes]:
    """The network's outputs for one input."""
    values = evaluate(network, image)
    return {o.name: np.stack([values[s.tensor][s.channel] for s in o.sources]) for o in network.outputs}


def _layer(layer: Layer, values: dict[str, Bytes]) -> Bytes:
    x = np.stack([values[s.tensor][s.channel] for s in layer.sources]).astype(np.int64)
    total = _sums(layer, x) + layer.bias[:, None, None]
    skip = np.zeros_like(total)
    for filter_, source in enumerate(layer.skip):
        if source is not None:
            skip[filter_] = values[source.tensor][source.channel]
    result = np.zeros(total.shape, np.uint8)
    for region in layer.regions:
        where = np.s_[:, region.rows[0] : region.rows[1], region.columns[0] : region.columns[1]]
        factor, shift = region.multiplier[:, None, None], region.shift[:, None, None]
        plain = layer.rounding.apply(total[where], factor, shift)
        added = layer.rounding.apply(total[where], factor, shift, skip[where]) if layer.skip else plain
        has_skip = np.asarray([s is not None for s in layer.skip] or [False] * layer.filters)
        result[where] = np.where(has_skip[:, None, None], added, plain)
    return result


def _sums(layer: Layer, x: NDArray[np.int64]) -> NDArray[np.int64]:
    if layer.operator is Operator.SUM:
        assert layer.weights is not None
        return _convolve(layer, x.sum(axis=(1, 2), keepdims=True), 0)
    if layer.operator is Operator.MAX:
        greatest: NDArray[np.int64] = _windows(layer, x, 0).max(axis=(3, 4))
        return greatest
    return _convolve(layer, x, layer.pad_value)


def _windows(layer: Layer, x: NDArray[np.int64], pad: int) -> NDArray[np.int64]:
    """[channels, out height, out width, kernel height, kernel width]."""
    w, out = layer.window, layer.output
    top, left, _, _ = w.pads
    margin = 64
    padded = np.pad(x, ((0, 0), (margin, margin), (margin, margin)), constant_values=pad)
    result = np.zeros((x.shape[0], out.height, out.width, *w.kernel), np.int64)
    for ky in range(w.kernel[0]):
        for kx in range(w.kernel[1]):
            y0, x0 = margin - top + ky * w.dilation[0], margin - left + kx * w.dilation[1]
            part = padded[:, y0 :: w.stride[0], x0 :: w.stride[1]]
            result[:, :, :, ky, kx] = part[:, : out.height, : out.width]
    return result


def _convolve(layer: Layer, x: NDArray[np.int64], pad: int) -> NDArray[np.int64]:
    assert layer.weights is not None
    weights = layer.weights.astype(np.int64)
    windows = x[:, :, :, None, None] if layer.operator is Operator.SUM else _windows(layer, x, pad)
    per_filter, per_group = layer.filters // layer.groups, weights.shape[1]
    parts = []
    for group in range(layer.groups):
        source = windows[group * per_group : (group + 1) * per_group]
        kernel = weights[group * per_filter : (group + 1) * per_filter]
        parts.append(np.einsum("chwyx,fcyx->fhw", source, kernel))
    return np.concatenate(parts)


@dataclass
class Builder:
    """Random integer networks, layer by layer: `b = Builder((3, 8, 8)); x = b.conv(b.input, 16); b.network(x)`."""

    shape: tuple[int, int, int]
    seed: int = 0
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.input = Tensor("input", *self.shape, 1.0, 3)

    def image(self) -> Bytes:
        """A random input."""
        return self.random.integers(0, 256, self.shape).astype(np.uint8)

    def conv(
        self,
        x: Tensor | tuple[Source, ...],
        filters: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] | None = None,
        dilation: tuple[int, int] = (1, 1),
        groups: int = 1,
        skip: tuple[Source | None, ...] = (),
        keep: float = 1.0,
        regions: bool = False,
    ) -> Tensor:
        """A convolution with random weights; `keep`: share of weights per (row group, channel, position) left."""
        sources = self.sources(x)
        pads = pads if pads is not None else (kernel[0] // 2, kernel[1] // 2, kernel[0] // 2, kernel[1] // 2)
        weights = self.random.integers(-127, 128, (filters, len(sources) // groups, *kernel)).astype(np.int8)
        if keep < 1:
            mask = self.random.random((-(-filters // 8), *weights.shape[1:])) < keep
            weights = weights * np.repeat(mask, 8, axis=0)[:filters]
        return self._add(
            Operator.CONV, sources, filters, Window(kernel, stride, dilation, pads), weights, groups, skip, regions
        )

    def maximum(self, x: Tensor, kernel: int = 2, stride: int = 2, pad: int = 0) -> Tensor:
        """A max pool."""
        sources = self.sources(x)
        window = Window((kernel, kernel), (stride, stride), (1, 1), (pad,) * 4)
        return self._add(Operator.MAX, sources, len(sources), window, None, 1, (), False)

    def total(self, x: Tensor) -> Tensor:
        """A global sum."""
        sources = self.sources(x)
        weights = np.ones((len(sources), 1, 1, 1), np.int8)
        return self._add(Operator.SUM, sources, len(sources), Window(), weights, len(sources), (), False)

    def sources(self, x: Tensor | tuple[Source, ...]) -> tuple[Source, ...]:
        """All channels of a tensor."""
        return tuple(Source(x.name, c) for c in range(x.channels)) if isinstance(x, Tensor) else x

    def network(self, *results: Tensor) -> QuantisedNetwork:
        """The finished network."""
        outs = tuple(Output(f"out{k}", self.sources(t), (t.channels, t.height, t.width)) for k, t in enumerate(results))
        return QuantisedNetwork("random", self.input, tuple(self.layers), outs)

    def _add(
        self,
        operator: Operator,
        sources: tuple[Source, ...],
        filters: int,
        window: Window,
        weights: NDArray[np.int8] | None,
        groups: int,
        skip: tuple[Source | None, ...],
        regions: bool,
    ) -> Tensor:
        tensors = {self.input.name: self.input} | {layer.output.name: layer.output for layer in self.layers}
        source = tensors[sources[0].tensor]
        height, width = (1, 1) if operator is Operator.SUM else _out_size(window, source)
        out = Tensor(f"t{len(self.layers)}", filters, height, width, 1.0, 3)
        layer = Layer(
            name=f"layer{len(self.layers)}",
            operator=operator,
            sources=sources,
            output=out,
            bias=self._bias(weights, filters),
            regions=self._regions(out, weights, regions, operator),
            rounding=self._rounding(bool(skip), operator),
            window=window,
            weights=weights,
            groups=groups,
            pad_value=3 if operator is Operator.CONV else 0,
            skip=skip,
        )
        self.layers.append(layer)
        return out

    def _bias(self, weights: NDArray[np.int8] | None, filters: int) -> NDArray[np.int64]:
        if weights is None:
            return np.zeros(filters, np.int64)
        total: NDArray[np.int64] = weights.reshape(filters, -1).sum(axis=1, dtype=np.int64)
        return np.asarray(self.random.integers(-2000, 2000, filters) - 128 * total, np.int64)

    def _rounding(self, skip: bool, operator: Operator) -> Rounding:
        if operator is Operator.MAX:
            return Rounding()
        if skip:
            return Rounding(3, 3, 255, True, 0, 0, 20000, -3000, 17, 3)
        return Rounding(3, 3, 250, False, -128, 127)

    def _regions(
        self, out: Tensor, weights: NDArray[np.int8] | None, several: bool, operator: Operator
    ) -> tuple[Region, ...]:
        cuts = [0, out.height // 2, out.height] if several and out.height > 1 else [0, out.height]
        return tuple(
            Region((low, high), (0, out.width), *self._scale(out.channels, weights, operator))
            for low, high in zip(cuts[:-1], cuts[1:], strict=True)
        )

    def _scale(
        self, filters: int, weights: NDArray[np.int8] | None, operator: Operator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if operator is Operator.MAX:
            return np.full(filters, 1 << 15, np.int64), np.full(filters, 15, np.int64)
        assert weights is not None
        count = 64 if operator is Operator.SUM else max(1, int(np.count_nonzero(weights)) // filters)
        spread = 8 if operator is Operator.SUM else 6 + int(np.log2(count) / 2) + 1
        return self.random.integers(1 << 15, 1 << 16, filters), np.full(filters, 15 + spread, np.int64)


def _out_size(w: Window, source: Tensor) -> tuple[int, int]:
    sizes = []
    for axis, extent in ((0, source.height), (1, source.width)):
        span = (w.kernel[axis] - 1) * w.dilation[axis] + 1
        sizes.append((extent + w.pads[axis] + w.pads[axis + 2] - span) // w.stride[axis] + 1)
    return sizes[0], sizes[1]


def resnet8(
    size: int = 32, channels: int = 3, widths: tuple[int, int, int] = (16, 32, 64), keep: float = 1.0
) -> Builder:
    """The layers of the MLPerf Tiny ResNet-8 with random weights; `layers[-1]` is the classifier."""
    b = Builder((channels, size, size))
    x = b.conv(b.input, widths[0])
    for stage, width in enumerate(widths):
        stride = (1, 1) if stage == 0 else (2, 2)
        y = b.conv(x, width, stride=stride, keep=keep)
        side = x if stage == 0 else b.conv(x, width, (1, 1), stride)
        x = b.conv(y, width, skip=b.sources(side), keep=keep)
    b.conv(b.total(x), 10, (1, 1))
    return b


def resnet50(size: int = 224, width: int = 64) -> Builder:
    """The layers of ResNet-50 (stride in the 3x3 convolutions) with random weights; `layers[-1]` is the classifier."""
    b = Builder((3, size, size))
    x = b.maximum(b.conv(b.input, width, (7, 7), (2, 2)), 3, 2, 1)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        inner = width << stage
        for block in range(blocks):
            stride = (2, 2) if stage and not block else (1, 1)
            y = b.conv(b.conv(x, inner, (1, 1)), inner, stride=stride)
            side = x if block else b.conv(x, 4 * inner, (1, 1), stride)
            x = b.conv(y, 4 * inner, (1, 1), skip=b.sources(side))
    b.conv(b.total(x), 1000, (1, 1))
    return b
