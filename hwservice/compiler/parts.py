"""Parts of a layer: ranges of its filters, with only the sources that these filters read."""

from collections.abc import Iterator
from dataclasses import replace

from hwservice.ir.quantised import Layer, Operator, Region

Range = tuple[int, int]


def part_sizes(layer: Layer, rows: int) -> Iterator[int]:
    """Filters per part, from the whole layer down to one filter group by halves."""
    size = layer.filters
    yield size
    while size > rows:
        size = max(rows, -(-size // (2 * rows)) * rows)
        yield size


def part_ranges(layer: Layer, size: int) -> list[Range]:
    """Ranges of at most `size` filters that cover the layer; none crosses a group's border unless it holds whole groups."""
    of_group = _filters_of_group(layer)
    step = size // of_group * of_group or of_group
    ranges = [(low, min(low + step, layer.filters)) for low in range(0, layer.filters, step)]
    if size >= of_group:
        return ranges
    return [(at, min(at + size, high)) for low, high in ranges for at in range(low, high, size)]


def part_of(layer: Layer, part: Range) -> Layer:
    """The layer with the filters of one range only; its output tensor keeps its name and has their channels."""
    low, high = part
    if part == (0, layer.filters):
        return layer
    of_group = _filters_of_group(layer)
    first, last = low // of_group, -(-high // of_group)
    channels = len(layer.sources) * of_group // layer.filters
    return replace(
        layer,
        sources=layer.sources[first * channels : last * channels],
        output=replace(layer.output, channels=high - low),
        bias=layer.bias[low:high],
        regions=tuple(_region(region, part) for region in layer.regions),
        weights=None if layer.weights is None else layer.weights[low:high],
        groups=1 if layer.operator is Operator.MAX else last - first,
        skip=layer.skip[low:high],
    )


def _filters_of_group(layer: Layer) -> int:
    return 1 if layer.operator is Operator.MAX else layer.filters // layer.groups


def _region(region: Region, part: Range) -> Region:
    return replace(region, multiplier=region.multiplier[slice(*part)], shift=region.shift[slice(*part)])
