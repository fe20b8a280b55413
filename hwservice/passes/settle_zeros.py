"""Pass: channels of zeros that are still read become weights of zero, or are left out."""

from dataclasses import replace

import numpy as np

from contracts.errors import NetworkError
from hwservice.ir.graph import ZEROS, Channels, FloatLayer, Graph
from hwservice.ir.quantised import Operator
from hwservice.passes.rewrite import rewrite


def settle_zeros(graph: Graph) -> None:
    """Afterwards no layer and no output reads `ZEROS`.

    Raises:
        NetworkError: a grouped convolution reads some, or a layer reads nothing else.
    """
    sizes = {layer.name: (layer.height, layer.width) for layer in graph.layers}
    sizes[graph.input_name] = graph.input_map[1:]
    made: list[FloatLayer] = []
    rewrite(graph, lambda layer: _settle(layer, sizes, made), made)
    for k, output in enumerate(graph.outputs):
        if ZEROS in output.sources:
            copy = _copied(output.name, output.name, output.sources, sizes)
            graph.layers.append(copy)
            graph.outputs[k] = replace(output, sources=copy.whole)


def _settle(layer: FloatLayer, sizes: dict[str, tuple[int, int]], made: list[FloatLayer]) -> None:
    if ZEROS not in layer.sources:
        return
    if layer.is_copy:
        _weigh(layer)
    elif layer.operator is not Operator.CONV or layer.average is not None:
        made.append(_copied(layer.name, layer.source_value, layer.sources, sizes))
        layer.sources = made[-1].whole
    elif layer.groups == 1:
        _leave_out(layer)
    elif layer.groups == layer.channels == len(layer.sources):
        _silence(layer)
    else:
        raise _error(layer, "a grouped convolution reads channels of zeros; remove them before exporting")


def _error(layer: FloatLayer, problem: str) -> NetworkError:
    return NetworkError(f"node {layer.origin[0] if layer.origin else layer.name!r}: {problem}")


def _present(layer: FloatLayer) -> Channels:
    """The sources, with any other one in place of channels of zeros."""
    some = next((s for s in layer.sources if s != ZEROS), None)
    if some is None:
        raise _error(layer, "reads channels of zeros only")
    return tuple(some if s == ZEROS else s for s in layer.sources)


def _weigh(layer: FloatLayer) -> None:
    """A copy as a depthwise convolution with a weight of zero where a channel of zeros is read."""
    layer.weights = np.array([s != ZEROS for s in layer.sources], np.float64).reshape(-1, 1, 1, 1)
    layer.bias, layer.groups, layer.sources = np.zeros(layer.channels), layer.channels, _present(layer)


def _leave_out(layer: FloatLayer) -> None:
    assert layer.weights is not None
    _present(layer)
    kept = [k for k, s in enumerate(layer.sources) if s != ZEROS]
    layer.weights, layer.sources = layer.weights[:, kept], tuple(layer.sources[k] for k in kept)


def _silence(layer: FloatLayer) -> None:
    assert layer.weights is not None
    dead = [s == ZEROS for s in layer.sources]
    layer.weights = np.where(np.reshape(dead, (-1, 1, 1, 1)), 0.0, layer.weights)
    layer.sources = _present(layer)


def _copied(reader: str, value: str, sources: Channels, sizes: dict[str, tuple[int, int]]) -> FloatLayer:
    """A settled copy for a pool or an output."""
    size = next((sizes[s.tensor] for s in sources if s != ZEROS), (1, 1))
    name = f"{reader}.settled"
    layer = FloatLayer(name, Operator.CONV, sources, len(sources), *size, value, origin=[reader])
    _weigh(layer)
    return layer
