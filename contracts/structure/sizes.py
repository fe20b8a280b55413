"""What follows from a structure layer by layer: map sizes, and what is wrong with it."""

from collections.abc import Iterator, Mapping

from contracts.errors import NetworkError
from contracts.structure.layer import INPUT, OPERATORS, POOLS, Layer, Size, VectorPruning, Wire

LIMIT: int = 1 << 16
"""Channels, rows and columns of any map stay below it."""


def sizes_of(size: Size, layers: tuple[Layer, ...]) -> dict[str, Size]:
    """The map of the input and of every layer.

    Raises:
        NetworkError: names the first layer that is wrong, and what is.
    """
    if min(size) < 1 or max(size) >= LIMIT:
        raise NetworkError(f"input has size {size}; channels, height and width must be from 1 to {LIMIT - 1}")
    known: dict[str, Size] = {INPUT: size}
    for layer in layers:
        problem = next(_problems(layer, known), "")
        if problem:
            raise NetworkError(f"layer {layer.name!r} {problem}")
        known[layer.name] = _made(layer, known[layer.wires[0].source])
    if not layers:
        raise NetworkError("a structure has no layer; it needs at least one")
    return known


def read_of(wire: Wire, known: Mapping[str, Size]) -> tuple[int, ...]:
    """The channels that a wire reads."""
    return tuple(range(known[wire.source][0])) if wire.read is None else wire.read


def channels_of(layer: Layer, known: Mapping[str, Size]) -> int:
    """How many channels a layer reads, over all wires."""
    return sum(known[w.source][0] if w.read is None else len(w.read) for w in layer.wires)


def _made(layer: Layer, source: Size) -> Size:
    _, height, width = source
    if layer.operator in ("linear", "global"):
        return layer.filters, 1, 1
    if layer.operator == "add":
        return layer.filters, height, width
    return layer.filters, _extent(layer, 0, height), _extent(layer, 1, width)


def _extent(layer: Layer, axis: int, size: int) -> int:
    return (size + layer.padding[axis] + layer.padding[axis + 2] - layer.kernel[axis]) // layer.stride[axis] + 1


def _problems(layer: Layer, known: Mapping[str, Size]) -> Iterator[str]:
    if layer.operator not in OPERATORS:
        yield f"has operator {layer.operator!r}; known are {', '.join(OPERATORS)}"
    if layer.name in known or not layer.name:
        yield "has the name of another layer or of the input"
    if not 1 <= layer.filters < LIMIT:
        yield f"has {layer.filters} filters; it must have 1 to {LIMIT - 1}"
    yield from _wrong_wires(layer, known)
    yield from _wrong_window(layer, known[layer.wires[0].source])
    yield from _wrong_channels(layer, channels_of(layer, known))
    if layer.vectors is not None:
        yield from _wrong_vectors(layer, layer.vectors, channels_of(layer, known), known[layer.wires[0].source])


def _wrong_wires(layer: Layer, known: Mapping[str, Size]) -> Iterator[str]:
    if not layer.wires:
        yield "reads nothing"
    for wire in layer.wires:
        if wire.source not in known:
            yield f"reads {wire.source!r}, which is not made before it"
            continue
        if wire.read is not None and not _distinct(wire.read, known[wire.source][0]):
            yield f"reads channels of {wire.source!r} that are none, twice, or beyond its {known[wire.source][0]}"
        if layer.operator != "add" and wire.write is not None:
            yield "places channels; only an add does"
    if len({known[wire.source][1:] for wire in layer.wires}) > 1:
        yield f"reads maps of different sizes: {sorted({known[w.source][1:] for w in layer.wires})}"
    if layer.operator == "add":
        yield from _wrong_sides(layer, known)


def _distinct(numbers: tuple[int, ...], below: int) -> bool:
    return 0 < len(numbers) == len(set(numbers)) and min(numbers) >= 0 and max(numbers) < below


def _wrong_sides(layer: Layer, known: Mapping[str, Size]) -> Iterator[str]:
    if len(layer.wires) != 2:
        yield f"adds {len(layer.wires)} maps; it must be two"
    placed: set[int] = set()
    for wire in layer.wires:
        read = read_of(wire, known)
        write = tuple(range(len(read))) if wire.write is None else wire.write
        if len(write) != len(read) or not _distinct(write, layer.filters):
            yield f"places {len(read)} channels of {wire.source!r} at {len(set(write))} of {layer.filters}"
        placed.update(write)
    if len(placed) != layer.filters:
        yield f"has {layer.filters} channels of which only {len(placed)} are written; leave the others out"


def _wrong_window(layer: Layer, source: Size) -> Iterator[str]:
    window = (*layer.kernel, *layer.stride)
    if layer.operator in ("linear", "global", "add"):
        if window != (1, 1, 1, 1) or any(layer.padding):
            yield "has a window; only convolutions and pools do"
        return
    if min(window) < 1 or min(layer.padding) < 0 or max(*window, *layer.padding) > 255:
        yield f"has kernel {layer.kernel}, stride {layer.stride}, padding {layer.padding}; they must be 1 (0) to 255"
    if layer.operator == "average" and (layer.kernel != layer.stride or any(layer.padding)):
        yield "averages windows that overlap or are padded; only those side by side are described"
    if min(_extent(layer, 0, source[1]), _extent(layer, 1, source[2])) < 1:
        yield f"has a window {layer.kernel} larger than its map {source[1:]} with padding"


def _wrong_channels(layer: Layer, channels: int) -> Iterator[str]:
    if layer.operator in POOLS and layer.filters != channels:
        yield f"makes {layer.filters} channels of {channels}; a pool keeps them"
    if layer.groups < 1 or (layer.operator != "conv" and layer.groups != 1):
        yield f"has {layer.groups} groups; only a conv has several"
    if channels % layer.groups or layer.filters % layer.groups:
        yield f"has {layer.groups} groups, which do not divide {channels} channels and {layer.filters} filters"


def _wrong_vectors(layer: Layer, vectors: VectorPruning, channels: int, source: Size) -> Iterator[str]:
    if not layer.has_weights or layer.groups != 1:
        yield "leaves out weight vectors; only convolutions in one group do"
        return
    positions = channels * (source[1] * source[2] if layer.operator == "linear" else layer.kernel[0] * layer.kernel[1])
    groups = -(-layer.filters // max(1, vectors.rows))
    if vectors.rows < 1 or len(vectors.kept) != groups:
        yield f"says what is left of {len(vectors.kept)} filter groups; {groups} have {vectors.rows} rows"
    if not all(1 <= kept <= positions for kept in vectors.kept):
        yield f"keeps {min(vectors.kept)} to {max(vectors.kept)} weight vectors; it must be 1 to {positions}"
    if vectors.lists:
        lengths = tuple(len(set(positions)) for positions in vectors.lists)
        inside = all(0 <= p < positions for found in vectors.lists for p in found)
        if lengths != vectors.kept or not inside:
            yield f"lists weight vectors that do not match what it keeps, or lie beyond its {positions}"
