"""A structure as the accelerator runs it: one pass of the array per operator, residual adds fused into the drains of a convolution.

The rules are those of the compiler's own passes (`order_branches`, `fuse_adds`, `unify_strides` in hwservice), on structures instead of
weights. Concatenation, gather and scatter have no pass: they are wires.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from contracts.structure.layer import INPUT, Layer, Size, Wire
from contracts.structure.structure import Structure

Stride = tuple[int, int]
PLAIN: Stride = (1, 1)


@dataclass(frozen=True)
class Pass:
    """One pass of the array.

    Attributes:
        name: of the map it makes.
        operator: `conv`, `max` or `sum`.
        layer: the structure's layer whose window it has, and whose weights, where it has any; None: a copy.
        wires: what it reads, of maps made by earlier passes.
        filters: channels of the map it makes.
        places: channels of that map that the layer's filters make, in their order; None: all.
        skip: what is added while it drains, and where.
        relu: whether a ReLU ends it.
        add: the structure's add that is fused into it; empty: none.
    """

    name: str
    operator: str
    layer: Layer | None
    wires: tuple[Wire, ...]
    filters: int
    places: tuple[int, ...] | None = None
    skip: Wire | None = None
    relu: bool = False
    add: str = ""

    @property
    def stride(self) -> Stride:
        """Of its window."""
        return self.layer.stride if self.layer is not None else PLAIN

    @property
    def reads(self) -> tuple[str, ...]:
        """Maps that it reads, without repeats: sources, then the skip."""
        names = [wire.source for wire in self.wires] + ([self.skip.source] if self.skip else [])
        return tuple(dict.fromkeys(names))

    @property
    def alone(self) -> bool:
        """Each filter reads channels of its own."""
        return (
            self.operator != "conv" or self.layer is None or self.layer.operator == "average" or self.layer.groups > 1
        )


@dataclass(frozen=True)
class Passes:
    """All passes in order, and the size of every map."""

    passes: tuple[Pass, ...]
    sizes: dict[str, Size]

    @property
    def output(self) -> str:
        """The map that is the network's result."""
        return self.passes[-1].name


def passes_of(structure: Structure, *, copies: bool = True) -> Passes:
    """The passes of a structure, in the order in which the accelerator runs them.

    Args:
        structure: any.
        copies: with the copies of maps that are read with several strides.
    """
    fusing = _Fusing(structure)
    for layer in fusing.order:
        fusing.take(layer)
    passes = tuple(sorted(fusing.made.values(), key=lambda found: fusing.place[found.name]))
    output = fusing.instead.get(structure.layers[-1].name, structure.layers[-1].name)
    sizes = {INPUT: structure.input}
    sizes |= {p.name: (p.filters, *structure.sizes[p.add or p.name][1:]) for p in passes}
    return _unify_strides(passes, sizes, output) if copies else Passes(passes, sizes)


def _whole(wire: Wire, channels: int) -> bool:
    full = tuple(range(channels))
    return wire.read in (None, full) and wire.write in (None, full)


class _Fusing:
    """Takes layers in order; what `instead` names stands for a fused add."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.channels = {name: size[0] for name, size in structure.sizes.items()}
        self.readers = Counter(name for x in structure.layers for name in _reads(x))
        self.readers[structure.layers[-1].name] += 1
        self.order = _branches_ordered(structure, self.readers)
        self.place = {INPUT: -1} | {layer.name: k for k, layer in enumerate(self.order)}
        self.made: dict[str, Pass] = {}
        self.instead: dict[str, str] = {}

    def take(self, layer: Layer) -> None:
        """One more layer."""
        wires = tuple(replace(wire, source=self.instead.get(wire.source, wire.source)) for wire in layer.wires)
        if layer.operator == "add":
            self._add(layer, wires)
            return
        operator = {"max": "max", "global": "sum"}.get(layer.operator, "conv")
        self.made[layer.name] = Pass(layer.name, operator, layer, wires, layer.filters, relu=layer.relu)

    def _add(self, layer: Layer, wires: tuple[Wire, ...]) -> None:
        sides = [(main, other) for main, other in (wires, wires[::-1]) if self._takes(main, other, layer.filters)]
        if not sides:
            main, other = self._copied_side(layer, wires)
            copied = (Wire(main.source, main.read),)
            self.made[layer.name] = Pass(
                layer.name, "conv", None, copied, layer.filters, main.write, other, layer.relu, layer.name
            )
            return
        main, other = max(sides, key=lambda side: self.place[side[0].source])
        into = self.made[main.source]
        places = _places(main, into.filters)
        self.made[main.source] = replace(
            into,
            filters=layer.filters,
            places=None if places == tuple(range(layer.filters)) else places,
            skip=other,
            relu=layer.relu,
            add=layer.name,
        )
        self.instead[layer.name] = main.source
        self.channels[main.source] = layer.filters
        self.readers[main.source] = self.readers[layer.name]

    def _takes(self, main: Wire, other: Wire, filters: int) -> bool:
        """Whether the pass that makes one side can add the other while it drains."""
        into = self.made.get(main.source)
        if into is None or into.skip is not None or into.layer is None or not into.layer.has_weights:
            return False
        read = main.read or tuple(range(into.filters))
        if sorted(read) != list(range(into.filters)) or self.place[other.source] >= self.place[main.source]:
            return False
        return self.readers[main.source] == 1 and (len(read) == filters or into.layer.groups == 1)

    def _copied_side(self, layer: Layer, wires: tuple[Wire, ...]) -> tuple[Wire, Wire]:
        main, other = wires
        swap = self.place[main.source] < self.place[other.source]
        partial = len((other if swap else main).read or range(self.channels[(other if swap else main).source]))
        if partial < layer.filters:
            swap = not swap
        return (other, main) if swap else (main, other)


def _places(main: Wire, filters: int) -> tuple[int, ...]:
    """Where each filter of the convolution goes: the wire reads them in some order and writes them somewhere."""
    read = main.read or tuple(range(filters))
    write = main.write or tuple(range(len(read)))
    places = [0] * filters
    for channel, place in zip(read, write, strict=True):
        places[channel] = place
    return tuple(places)


def _reads(layer: Layer) -> tuple[str, ...]:
    """Names that a layer reads; both sides of an add count."""
    names = [wire.source for wire in layer.wires]
    return tuple(names) if layer.operator == "add" else tuple(dict.fromkeys(names))


def _branches_ordered(structure: Structure, readers: Counter[str]) -> list[Layer]:
    """Of two convolutions that are added, the shorter one first."""
    order, by_name = list(structure.layers), {layer.name: layer for layer in structure.layers}
    place = {INPUT: -1} | {layer.name: k for k, layer in enumerate(order)}
    for layer in structure.layers:
        if layer.operator != "add":
            continue
        sides = [by_name.get(wire.source) for wire in layer.wires if _whole(wire, structure.sizes[wire.source][0])]
        found = [side for side in sides if side is not None and _is_branch(side, readers, layer.filters)]
        if len(found) != 2:
            continue
        shorter, longer = sorted(found, key=structure.positions)
        needs = max(place[wire.source] for wire in shorter.wires)
        if place[shorter.name] > place[longer.name] > needs:
            order.remove(shorter)
            order.insert(order.index(longer), shorter)
    return order


def _is_branch(side: Layer, readers: Counter[str], filters: int) -> bool:
    return (side.has_weights or side.operator == "average") and readers[side.name] == 1 and side.filters == filters


def _unify_strides(passes: tuple[Pass, ...], sizes: dict[str, Size], output: str) -> Passes:
    """Maps that are read with several strides are copied once for each further one; none is read with two then."""
    strides: dict[str, set[Stride]] = defaultdict(set)
    for found in passes:
        for wire in found.wires:
            strides[wire.source].add(found.stride)
        if found.skip is not None:
            strides[found.skip.source].add(PLAIN)
    strides[output].add(PLAIN)
    copies: dict[tuple[str, Stride], str] = {}
    ordered = _copies(INPUT, strides, sizes, copies)
    for found in passes:
        wires = tuple(replace(w, source=copies.get((w.source, found.stride), w.source)) for w in found.wires)
        ordered += [replace(found, wires=wires), *_copies(found.name, strides, sizes, copies)]
    return Passes(tuple(ordered), sizes)


def _copies(
    name: str, strides: dict[str, set[Stride]], sizes: dict[str, Size], copies: dict[tuple[str, Stride], str]
) -> list[Pass]:
    several = strides[name]
    if len(several) < 2:
        return []
    made = []
    for stride in sorted(several - {PLAIN}) if PLAIN in several else sorted(several)[1:]:
        copy = f"{name}@{stride[0]}x{stride[1]}"
        copies[name, stride], sizes[copy] = copy, sizes[name]
        made.append(Pass(copy, "conv", None, (Wire(name),), sizes[name][0]))
    return made
