"""What holds for a float network between any two passes."""

from collections.abc import Iterator

import numpy as np

from contracts.errors import ProPruNNError
from hwservice.ir.graph import ZEROS, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Source

Size = tuple[int, int, int]
"""channels, height, width"""


class VerificationError(ProPruNNError):
    """A pass left a broken network behind; the message names the pass and the layer."""


def verify(graph: Graph, after: str) -> None:
    """Check names, order, channel numbers, map sizes and weights of every layer and output.

    Args:
        graph: the network.
        after: what ran before, for the message.

    Raises:
        VerificationError: names what ran before, the layer and the first thing wrong with it.
    """
    known: dict[str, Size] = {graph.input_name: graph.input_map}
    for layer in graph.layers:
        problem = _first(_problems(layer, known))
        if problem:
            raise VerificationError(f"after {after}: layer {layer.name!r} {problem}")
        known[layer.name] = (layer.channels, layer.height, layer.width)
    for output in graph.outputs:
        problem = _first(_unreadable(output.sources, known))
        if problem:
            raise VerificationError(f"after {after}: output {output.name!r} {problem}")


def _first(problems: Iterator[str]) -> str:
    return next(problems, "")


def _problems(layer: FloatLayer, known: dict[str, Size]) -> Iterator[str]:
    if layer.name in known:
        yield "has the name of another"
    if len(layer.sources) == 0 or min(layer.channels, layer.height, layer.width) < 1:
        yield f"makes {layer.channels} maps of {layer.height} x {layer.width} out of {len(layer.sources)} channels"
    yield from _unreadable(layer.sources, known)
    yield from _wrong_skip(layer, known)
    yield from _wrong_size(layer, known)
    yield from _wrong_weights(layer)


def _unreadable(sources: tuple[Source, ...], known: dict[str, Size]) -> Iterator[str]:
    present = [s for s in sources if s != ZEROS]
    for source in present:
        if source.tensor not in known:
            yield f"reads {source.tensor!r}, which is not made before it"
        elif not 0 <= source.channel < known[source.tensor][0]:
            yield f"reads channel {source.channel} of {source.tensor!r}, which has {known[source.tensor][0]}"
    sizes = {known[s.tensor][1:] for s in present}
    if len(sizes) > 1:
        yield f"reads maps of different sizes: {sorted(sizes)}"


def _wrong_skip(layer: FloatLayer, known: dict[str, Size]) -> Iterator[str]:
    if not layer.skip:
        return
    if len(layer.skip) != layer.channels:
        yield f"adds {len(layer.skip)} channels to {layer.channels}"
    _, present = layer.reads
    yield from _unreadable(present, known)
    sizes = {known[s.tensor][1:] for s in present if s != ZEROS}
    if sizes - {(layer.height, layer.width)}:
        yield f"adds maps of {sorted(sizes)} to maps of {layer.height} x {layer.width}"


def _wrong_size(layer: FloatLayer, known: dict[str, Size]) -> Iterator[str]:
    present = [s for s in layer.sources if s != ZEROS]
    if not present:
        return
    size = known[present[0].tensor][1:]
    summed = layer.operator is Operator.SUM
    wanted = (1, 1) if summed else (_extent(layer, 0, size[0]), _extent(layer, 1, size[1]))
    if wanted != (layer.height, layer.width):
        yield f"is {layer.height} x {layer.width}; its window on maps of {size[0]} x {size[1]} makes {wanted[0]} x {wanted[1]}"


def _extent(layer: FloatLayer, axis: int, size: int) -> int:
    w = layer.window
    span = (w.kernel[axis] - 1) * w.dilation[axis] + 1
    return (size + w.pads[axis] + w.pads[axis + 2] - span) // w.stride[axis] + 1


def _wrong_weights(layer: FloatLayer) -> Iterator[str]:
    if layer.weights is None:
        if len(layer.sources) != layer.channels:
            yield f"copies {len(layer.sources)} channels to {layer.channels}"
        return
    kernel = (1, 1) if layer.operator is Operator.SUM else layer.window.kernel
    wanted = (layer.channels, len(layer.sources) // layer.groups, *kernel)
    if layer.weights.shape != wanted or len(layer.sources) % layer.groups or layer.channels % layer.groups:
        yield f"has weights of shape {list(layer.weights.shape)}, not {list(wanted)}, in {layer.groups} groups"
    if layer.bias is None or layer.bias.shape != (layer.channels,):
        yield f"has no bias for each of {layer.channels} filters"
    elif not (np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all()):
        yield "has weights that are NaN or infinite"
