"""What passes share: a walk that drops layers and redirects their readers, and who makes and reads what."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hwservice.ir.graph import NO_CLAMP, ZEROS, Channels, FloatLayer, Graph
from hwservice.ir.quantised import Source, Window


def tensors_of(sources: tuple[Source | None, ...]) -> list[str]:
    """Names of the tensors among the sources, without repeats, in order."""
    return list(dict.fromkeys(s.tensor for s in sources if s is not None and s != ZEROS))


def copies_only(layer: FloatLayer, *functions: str) -> bool:
    """Whether it is a copy with no other function than those named: `pads`, `skip`, `clamp`, `quantiser`."""
    if not layer.is_copy:
        return False
    present = {
        "pads": layer.window != Window(),
        "skip": bool(layer.skip),
        "clamp": layer.clamp != NO_CLAMP,
        "quantiser": layer.quantiser is not None,
    }
    return all(name in functions for name, found in present.items() if found)


def rewrite(
    graph: Graph, visit: Callable[[FloatLayer], Channels | None], made: "list[FloatLayer] | None" = None
) -> None:
    """Visit the layers in order; where `visit` returns channels, the layer goes and its readers read those.

    Args:
        graph: changed in place.
        visit: sees a layer that already reads what stands for the layers before it.
        made: a list into which `visit` puts new layers; they are placed just before the visited one.
    """
    instead: dict[str, Channels] = {}
    kept: list[FloatLayer] = []
    for layer in graph.layers:
        layer.sources = _redirected(layer.sources, instead)
        if layer.skip:
            layer.skip = _redirected_skip(layer.skip, instead)
        channels = visit(layer)
        kept += made or []
        if made:
            made.clear()
        if channels is None:
            kept.append(layer)
        else:
            instead[layer.name] = channels
    graph.layers = kept
    graph.outputs = [replace(output, sources=_redirected(output.sources, instead)) for output in graph.outputs]


def _redirected(sources: Channels, instead: dict[str, Channels]) -> Channels:
    if not any(s.tensor in instead for s in sources):
        return sources
    return tuple(instead[s.tensor][s.channel] if s.tensor in instead else s for s in sources)


def _redirected_skip(skip: tuple[Source | None, ...], instead: dict[str, Channels]) -> tuple[Source | None, ...]:
    found = _redirected(tuple(ZEROS if s is None else s for s in skip), instead)
    return tuple(None if s == ZEROS else s for s in found)


class Index:
    """Who makes and who reads which tensor, at the beginning of a pass; `merge` keeps it true."""

    def __init__(self, graph: Graph) -> None:
        self.layers = {layer.name: layer for layer in graph.layers}
        self.place = {layer.name: k for k, layer in enumerate(graph.layers)}
        self.readers: Counter[str] = Counter()
        for layer in graph.layers:
            for sources in layer.reads:
                self.readers.update(tensors_of(sources))
        for output in graph.outputs:
            self.readers.update(tensors_of(output.sources))

    def producer(self, sources: tuple[Source | None, ...]) -> FloatLayer | None:
        """The layer whose whole result, in order, the sources are, where nobody else reads it; None otherwise."""
        first = sources[0]
        layer = self.layers.get(first.tensor) if first is not None else None
        if layer is None or self.readers[layer.name] != 1 or len(sources) != layer.channels:
            return None
        return layer if sources == layer.whole else None

    def latest(self, sources: tuple[Source | None, ...]) -> int:
        """Place of the last layer among the sources; -1 where there is only the network's input."""
        return max((self.place.get(name, -1) for name in tensors_of(sources)), default=-1)

    def merge(self, layer: FloatLayer, into: FloatLayer) -> Channels:
        """Let `into` stand for `layer`, which alone read it; the channels to read instead of `layer`."""
        into.value = layer.value
        into.origin += layer.origin
        self.readers[into.name] = self.readers[layer.name]
        return into.whole
