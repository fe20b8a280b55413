"""Pass: give every tensor one layout. A tensor read with several strides is copied once per further stride."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from hwservice.ir.arithmetic import Rounding
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Region, Source, Tensor

Stride = tuple[int, int]
PLAIN: Stride = (1, 1)


def read_strides(network: QuantisedNetwork) -> dict[str, set[Stride]]:
    """Tensor name -> strides with which it is read (as a skip or an output: unsplit)."""
    found: dict[str, set[Stride]] = defaultdict(set)
    for layer in network.layers:
        for source in layer.sources:
            found[source.tensor].add(layer.window.stride)
        for skip in layer.skip:
            if skip is not None:
                found[skip.tensor].add(PLAIN)
    for output in network.outputs:
        for source in output.sources:
            found[source.tensor].add(PLAIN)
    return found


def unify_strides(network: QuantisedNetwork) -> QuantisedNetwork:
    """Insert copies (depthwise 1x1 identities) so that each tensor is read with one stride only.

    Layers whose sources are several tensors need the same for all of them; they are, since a layer has one stride.
    """
    strides = read_strides(network)
    copies: dict[tuple[str, Stride], str] = {}
    layers: list[Layer] = []
    pending = _copies_of(network.input, strides[network.input.name], copies)
    layers += pending
    for layer in network.layers:
        layers.append(_redirect(layer, copies))
        layers += _copies_of(layer.output, strides[layer.output.name], copies)
    return replace(network, layers=tuple(layers))


def _copies_of(tensor: Tensor, strides: set[Stride], copies: dict[tuple[str, Stride], str]) -> list[Layer]:
    if len(strides) < 2:
        return []
    made = []
    for stride in sorted(strides - {PLAIN}) if PLAIN in strides else sorted(strides)[1:]:
        sources = tuple(Source(tensor.name, c) for c in range(tensor.channels))
        layer = copy_layer(sources, tensor, f"{tensor.name}@{stride[0]}x{stride[1]}")
        copies[tensor.name, stride] = layer.output.name
        made.append(layer)
    return made


def copy_layer(sources: tuple[Source, ...], like: Tensor, name: str) -> Layer:
    """A layer that copies channels of maps, all of the size and scale of `like`, into a map of their own."""
    channels = len(sources)
    region = Region(
        (0, like.height), (0, like.width), np.full(channels, 1 << 15, np.int64), np.full(channels, 15, np.int64)
    )
    return Layer(
        name=name,
        operator=Operator.CONV,
        sources=sources,
        output=replace(like, name=name, channels=channels),
        bias=np.zeros(channels, np.int64),
        regions=(region,),
        rounding=Rounding(),
        weights=np.ones((channels, 1, 1, 1), np.int8),
        groups=channels,
        origin="layout copy",
    )


def _redirect(layer: Layer, copies: dict[tuple[str, Stride], str]) -> Layer:
    stride = layer.window.stride
    sources = tuple(Source(copies.get((s.tensor, stride), s.tensor), s.channel) for s in layer.sources)
    return replace(layer, sources=sources)
