"""A structure as an integer network, without ONNX: the float graph as the front passes would leave it, quantised with foretold ranges."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from contracts.structure import INPUT, Structure, Wire
from contracts.structure.passes import Pass, Passes, passes_of
from hwservice.ir.graph import NO_CLAMP, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Output, QuantisedNetwork, Source, Window
from hwservice.quantise.network import quantise_within
from hwservice.quantise.scales import Range
from hwservice.structures.weights import Drawn, draw

SPREAD = 4.0
"""Values are taken to lie within so many standard deviations."""
RELU = (0.0, math.inf)


def integer_network(structure: Structure, seed: int = 0) -> QuantisedNetwork:
    """The integer network of a structure with seeded weights.

    Its layers, lists and integer weights are those that reader, passes and quantiser make of `onnx_model`; scales are foretold instead of
    calibrated, so activations differ, and with them nothing that takes time.
    """
    graph, bounds = graph_of(structure, seed)
    return quantise_within(graph, bounds, notes=("ranges are foretold from the structure, not calibrated",))


def graph_of(structure: Structure, seed: int) -> tuple[Graph, dict[str, Range]]:
    """The float graph, and the range of every value."""
    passes, drawn = passes_of(structure, copies=False), draw(structure, seed)
    layers = [_layer(p, passes, drawn) for p in passes.passes]
    last = layers[-1]
    graph = Graph(
        name=structure.name,
        input_name=INPUT,
        input_shape=structure.input,
        layers=layers,
        outputs=[Output("output", last.whole, (last.channels,))],
        model=b"",
    )
    return graph, dict(_bounds(structure, passes.passes))


def _layer(p: Pass, passes: Passes, drawn: Mapping[str, Drawn]) -> FloatLayer:
    source = passes.sizes[p.wires[0].source]
    sources = tuple(s for wire in p.wires for s in _sources(wire, passes))
    layer = FloatLayer(
        name=p.name,
        operator=Operator(p.operator),
        sources=sources,
        channels=p.filters,
        height=passes.sizes[p.name][1],
        width=passes.sizes[p.name][2],
        value=p.name,
        window=_window(p, source[1:]),
        clamp=RELU if p.relu else NO_CLAMP,
        origin=[p.name],
    )
    _weigh(layer, p, drawn)
    if p.skip is not None:
        _add_skip(layer, p, passes)
    return layer


def _sources(wire: Wire, passes: Passes) -> Iterator[Source]:
    for channel in wire.read if wire.read is not None else range(passes.sizes[wire.source][0]):
        yield Source(wire.source, channel)


def _window(p: Pass, size: tuple[int, int]) -> Window:
    if p.layer is None:
        return Window()
    if p.layer.operator in ("linear", "global"):
        return Window(size)
    return Window(p.layer.kernel, p.layer.stride, (1, 1), p.layer.padding)


def _weigh(layer: FloatLayer, p: Pass, drawn: Mapping[str, Drawn]) -> None:
    """Weights of a convolution at the places of its filters; ones for averages and copies."""
    if p.operator == "max":
        layer.groups, layer.bias = p.filters, np.zeros(p.filters)
        return
    if p.layer is not None and p.layer.has_weights:
        weights = drawn[p.layer.name]
        shape = weights.integers.shape[1:]
        places = list(p.places) if p.places is not None else slice(None)
        layer.weights, layer.bias = np.zeros((p.filters, *shape)), np.zeros(p.filters)
        layer.weights[places] = weights.integers * weights.steps[:, None, None, None]
        layer.bias[places] = weights.bias
        layer.groups = p.layer.groups
        return
    summed = p.operator == "sum"
    kernel = (1, 1) if summed else layer.window.kernel
    layer.weights, layer.bias, layer.groups = np.ones((p.filters, 1, *kernel)), np.zeros(p.filters), p.filters
    if p.layer is None:
        _copy(layer, p)
    else:
        layer.average = (0, 0, 0, 0)


def _copy(layer: FloatLayer, p: Pass) -> None:
    """Channels that only the skip has are copied from anywhere, times 0."""
    if p.places is None:
        return
    assert layer.weights is not None
    sources, kept = [layer.sources[0]] * p.filters, np.zeros(p.filters)
    for source, place in zip(layer.sources, p.places, strict=True):
        sources[place], kept[place] = source, 1
    layer.sources, layer.weights = tuple(sources), layer.weights * kept[:, None, None, None]


def _add_skip(layer: FloatLayer, p: Pass, passes: Passes) -> None:
    assert p.skip is not None
    skip: list[Source | None] = [None] * p.filters
    found = list(_sources(p.skip, passes))
    for source, place in zip(found, p.skip.write or range(len(found)), strict=True):
        skip[place] = source
    layer.skip, layer.mid_value = tuple(skip), f"{p.name}:sum"
    if p.layer is not None and p.layer.relu:
        layer.mid_clamp = RELU


def _bounds(structure: Structure, made: tuple[Pass, ...]) -> Iterator[tuple[str, Range]]:
    """Ranges: `SPREAD` deviations of values whose mean square grows with every add."""
    square = {INPUT: 1.0}
    yield INPUT, (-SPREAD, SPREAD)
    for p in made:
        before = max(square[wire.source] for wire in p.wires)
        own = 1.0 if p.layer is not None and p.layer.has_weights else before
        square[p.name] = own + (square[p.skip.source] if p.skip else 0.0)
        reach = SPREAD * math.sqrt(square[p.name])
        unsigned = p.relu or (p.alone and _unsigned(structure, p))
        yield p.name, (0.0 if unsigned else -reach, reach)
        if p.skip is not None:
            yield f"{p.name}:sum", (-SPREAD, SPREAD)


def _unsigned(structure: Structure, p: Pass) -> bool:
    """Pools of what a ReLU made have no sign."""
    by_name = {layer.name: layer for layer in structure.layers}
    if p.layer is None or p.layer.has_weights:
        return False
    layers = [by_name[wire.source] for wire in p.layer.wires if wire.source != INPUT]
    return bool(layers) and all(layer.relu for layer in layers)
