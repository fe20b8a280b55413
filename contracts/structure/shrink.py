"""What is left of a structure when channels are left out: filters of each convolution, and channels that a layer does not read.

Sides of a residual add may keep different channels: a channel of the sum is there as long as one side makes it. Maps keep their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.errors import NetworkError
from contracts.structure.layer import INPUT, Layer, Wire
from contracts.structure.structure import Structure

Channels = tuple[int, ...]
Kept = Mapping[str, Sequence[int]]


def shrink(structure: Structure, filters: Kept, reads: Kept | None = None, name: str = "") -> Structure:
    """Leave out what is not named.

    Args:
        structure: with all channels.
        filters: by convolution (not depthwise) or fully connected layer: the filters that stay; all where it is not named.
        reads: by convolution: the channels that it goes on reading, counted over its wires before; all that are left where absent.
        name: of the result; as before where empty.

    Raises:
        NetworkError: a layer is left without filters or sources, or does not choose its own.

    Example: `shrink(resnet((3, 32, 32)), {"stage1.0.conv1": range(8)})` halves what the first block's inner convolution makes.
    """
    shrinking = _Shrinking(structure, dict(filters), dict(reads or {}))
    layers = tuple(shrinking.take(layer) for layer in structure.layers)
    shrinking.finish()
    return Structure(structure.input, layers, name or structure.name)


class _Shrinking:
    """Takes layers in order; `alive` are the channels that are left of each map, by their numbers before."""

    def __init__(
        self, structure: Structure, filters: dict[str, Sequence[int]], reads: dict[str, Sequence[int]]
    ) -> None:
        self.structure, self.filters, self.reads = structure, filters, reads
        self.alive: dict[str, Channels] = {INPUT: tuple(range(structure.input[0]))}

    def finish(self) -> None:
        """All that was asked for was there."""
        for left in (self.filters, self.reads):
            if left:
                raise NetworkError(
                    f"structure {self.structure.name!r} has no layer {next(iter(left))!r} whose channels can be chosen"
                )

    def take(self, layer: Layer) -> Layer:
        """What is left of one layer."""
        if layer.vectors is not None:
            raise NetworkError(f"layer {layer.name!r} has lost weight vectors already; leave channels out before")
        if layer.operator == "add":
            return self._add(layer)
        parts = [self._read(wire) for wire in layer.wires]
        if layer.has_weights and not layer.depthwise and layer.groups == 1:
            return self._convolution(layer, parts)
        self.alive[layer.name] = tuple(c for _, original in parts for c in original)
        made = len(self.alive[layer.name])
        groups = made if layer.depthwise else layer.groups
        return replace(layer, wires=tuple(wire for wire, _ in parts), filters=made, groups=groups)

    def _convolution(self, layer: Layer, parts: list[tuple[Wire, Channels]]) -> Layer:
        if layer.name in self.reads:
            wanted = set(self.reads.pop(layer.name))
            parts = [self._chosen(wire, original, wanted) for wire, original in self._numbered(layer, parts)]
            parts = [(wire, original) for wire, original in parts if original]
        if not parts:
            raise NetworkError(f"layer {layer.name!r} is left without anything to read")
        kept = tuple(sorted(set(self.filters.pop(layer.name, range(layer.filters)))))
        if not kept or kept[0] < 0 or kept[-1] >= layer.filters:
            raise NetworkError(
                f"layer {layer.name!r} keeps filters {kept[:1]} to {kept[-1:]}; it has {layer.filters}, and one must stay"
            )
        self.alive[layer.name] = kept
        return replace(layer, wires=tuple(wire for wire, _ in parts), filters=len(kept))

    def _read(self, wire: Wire) -> tuple[Wire, Channels]:
        """The wire, and of every channel that it still reads its place among those it read before."""
        alive = self.alive[wire.source]
        before = wire.read if wire.read is not None else tuple(range(self.structure.sizes[wire.source][0]))
        place = {channel: k for k, channel in enumerate(alive)}
        read = tuple(place[channel] for channel in before if channel in place)
        left = tuple(k for k, channel in enumerate(before) if channel in place)
        return Wire(wire.source, _plain(read, len(alive))), left

    def _numbered(self, layer: Layer, parts: list[tuple[Wire, Channels]]) -> list[tuple[Wire, Channels]]:
        """Places counted over all wires of a layer."""
        found, start = [], 0
        for before, (wire, original) in zip(layer.wires, parts, strict=True):
            found.append((wire, tuple(start + k for k in original)))
            start += self.structure.sizes[before.source][0] if before.read is None else len(before.read)
        return found

    def _chosen(self, wire: Wire, original: Channels, wanted: set[int]) -> tuple[Wire, Channels]:
        count = len(self.alive[wire.source])
        read = wire.read if wire.read is not None else tuple(range(count))
        pairs = [(r, o) for r, o in zip(read, original, strict=True) if o in wanted]
        return Wire(wire.source, _plain(tuple(r for r, _ in pairs), count)), tuple(o for _, o in pairs)

    def _add(self, layer: Layer) -> Layer:
        sides = []
        for wire in layer.wires:
            left, original = self._read(wire)
            write = wire.write or tuple(range(layer.filters))
            sides.append((left, tuple(write[k] for k in original)))
        alive = tuple(sorted({place for _, places in sides for place in places}))
        number = {channel: k for k, channel in enumerate(alive)}
        self.alive[layer.name] = alive
        wires = [replace(wire, write=_plain(tuple(number[p] for p in places), len(alive))) for wire, places in sides]
        return replace(layer, wires=tuple(wires), filters=len(alive))


def _plain(numbers: Channels, count: int) -> Channels | None:
    return None if numbers == tuple(range(count)) else numbers


def channel_groups(structure: Structure) -> tuple[tuple[str, ...], ...]:
    """Convolutions whose filters must be chosen alike where all sides of adds are to be equal; in order, the last layer left out.

    Example: in a ResNet stage the convolution before it and the last one of each block are one group, every inner one is its own.
    """
    parent: dict[str, str] = {}
    made: dict[str, tuple[str, ...]] = {INPUT: ()}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for layer in structure.layers:
        sources = tuple(name for wire in layer.wires for name in made[wire.source])
        if layer.has_weights and not layer.depthwise:
            parent[layer.name] = layer.name
            sources = (layer.name,)
        if layer.operator == "add" and sources:
            for other in sources[1:]:
                parent[root(other)] = root(sources[0])
        made[layer.name] = sources
    fixed = {root(name) for name in made[structure.layers[-1].name]}
    found: dict[str, list[str]] = {}
    for name in parent:
        found.setdefault(root(name), []).append(name)
    return tuple(tuple(names) for at, names in found.items() if at not in fixed)
