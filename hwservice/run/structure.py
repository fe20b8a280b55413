"""A network's layers as a graph to look at: what each reads, what it makes, what it costs in arithmetic."""

from typing import Any, Final

from hwservice.ir.graph import ZEROS, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Source

MOST_LAYERS: Final = 2000


def structure(graph: Graph) -> list[dict[str, Any]]:
    """One entry per layer that the accelerator will run, in order; at most `MOST_LAYERS`.

    `inputs` name layers, or the network's input; `channels_in` counts the channels that are read, wherever they come from.
    """
    return [_entry(layer) for layer in graph.layers[:MOST_LAYERS]]


def _entry(layer: FloatLayer) -> dict[str, Any]:
    window = layer.window
    return {
        "name": layer.name,
        "operator": _operator(layer),
        "inputs": _names(layer.sources),
        "adds": _names(tuple(source for source in layer.skip if source is not None)),
        "channels_in": len(layer.sources),
        "channels": layer.channels,
        "height": layer.height,
        "width": layer.width,
        "kernel": list(window.kernel),
        "stride": list(window.stride),
        "dilation": list(window.dilation),
        "pads": list(window.pads),
        "groups": layer.groups,
        "macs": _macs(layer),
        "parameters": _parameters(layer),
        "nodes": ", ".join(layer.origin),
    }


def _names(sources: tuple[Source, ...]) -> list[str]:
    return list(dict.fromkeys(source.tensor for source in sources if source != ZEROS))


def _operator(layer: FloatLayer) -> str:
    """In the field's words: `conv`, `depthwise`, `dense`, `average pool`, `max pool`, `global average pool`, `copy`."""
    if layer.operator is Operator.MAX:
        return "max pool"
    if layer.average is not None:
        return "global average pool" if layer.operator is Operator.SUM else "average pool"
    if layer.weights is None:
        return "copy"
    if layer.groups > 1 and layer.groups == len(layer.sources):
        return "depthwise"
    whole = layer.height == layer.width == 1 and layer.window.kernel == (1, 1)
    return "dense" if whole else "grouped conv" if layer.groups > 1 else "conv"


def _macs(layer: FloatLayer) -> int:
    """Multiply-accumulates of one inference, pruned weights included; 0 for pools and copies."""
    if layer.weights is None or layer.average is not None:
        return 0
    return layer.weights.size * layer.height * layer.width


def _parameters(layer: FloatLayer) -> int:
    if layer.weights is None or layer.average is not None:
        return 0
    return layer.weights.size + (layer.bias.size if layer.bias is not None else 0)
