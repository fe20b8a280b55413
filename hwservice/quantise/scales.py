"""One scale and zero point per activation map; maps that are read together share theirs."""

import math

from contracts.errors import NetworkError
from hwservice.ir.graph import Graph, Scale
from hwservice.ir.quantised import Operator

Range = tuple[float, float]
"""Least and greatest value."""
LEAST_SCALE = 2.0**-40
"""Maps of a smaller range count as all zero; any scale serves them."""


def choose_scale(bounds: Range, power_of_two: bool) -> Scale:
    """Scale and zero point for a range: zero point 0 where nothing is negative, otherwise 128.

    Powers of two are rounded up, so that nothing saturates.
    """
    low, high = bounds
    if low >= 0:
        scale, zero = high / 255, 0
    else:
        scale, zero = max(high / 127, -low / 128), 128
    if scale < LEAST_SCALE:
        return Scale(1.0, zero)
    return Scale(2.0 ** math.ceil(math.log2(scale)) if power_of_two else scale, zero)


def activation_scales(graph: Graph, bounds: dict[str, Range], power_of_two: bool) -> dict[str, Scale]:
    """Scale of every tensor by name.

    Raises:
        NetworkError: maps that are joined bring different quantisers along.
    """
    values = {graph.input_name: graph.input_name} | {layer.name: layer.value for layer in graph.layers}
    given = {graph.input_name: graph.input_quantiser} | {layer.name: layer.quantiser for layer in graph.layers}
    classes = _joined(graph)
    found: dict[str, Scale] = {}
    for members in classes:
        brought = {given[name] for name in members} - {None}
        if len(brought) > 1:
            raise NetworkError(
                f"maps {sorted(members)} are joined but have different quantisers; requantise them before"
            )
        if brought:
            scale = brought.pop()
            assert scale is not None
        else:
            low = min(bounds[values[name]][0] for name in members)
            high = max(bounds[values[name]][1] for name in members)
            scale = choose_scale((low, high), power_of_two)
        found |= dict.fromkeys(members, scale)
    return found


def _joined(graph: Graph) -> list[set[str]]:
    """Classes of tensors that share a scale: read by one layer or output, added as one skip, or on both sides of a maximum."""
    groups = [{s.tensor for s in output.sources} for output in graph.outputs]
    for layer in graph.layers:
        sources = {s.tensor for s in layer.sources}
        groups.append(sources | {layer.name} if layer.operator is Operator.MAX else sources)
        groups.append({s.tensor for s in layer.skip if s is not None})
    classes: list[set[str]] = [{name} for name in [graph.input_name, *(layer.name for layer in graph.layers)]]
    for group in groups:
        touching = [c for c in classes if c & group]
        if len(touching) > 1:
            classes = [c for c in classes if not c & group] + [set().union(*touching)]
    return classes
