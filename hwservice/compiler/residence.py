"""Pass: which tensors stay in the banks, which pass through DRAM, and which layers run in row bands.

A layer runs either wholly on chip or, where its maps do not fit, banded from DRAM to DRAM. A tensor that a banded layer touches, or that
is alive while one runs, lives in DRAM; layers on chip load such a tensor whole and store it whole.
"""

from collections import defaultdict
from dataclasses import dataclass

from contracts.accelerator import Accelerator
from hwservice.compiler.layout import TensorLayout, lay_out
from hwservice.ir.quantised import Layer, QuantisedNetwork

Interval = tuple[int, int]


@dataclass(frozen=True)
class Residence:
    """Where everything is."""

    layouts: dict[str, TensorLayout]
    in_dram: frozenset[str]
    banded: frozenset[int]
    """Indices of banded layers."""
    rows: dict[tuple[str, int], int]
    """(tensor, layer index) -> bank row of the tensor while that layer runs; for layers on chip."""


def touched(layer: Layer) -> list[str]:
    """Tensors that a layer reads, without repeats, in order: sources, then skips."""
    names = [s.tensor for s in layer.sources] + [s.tensor for s in layer.skip if s is not None]
    return list(dict.fromkeys(names))


def reside(network: QuantisedNetwork, accelerator: Accelerator) -> Residence:
    """Decide residence, spilling as little as a greedy search finds; column phases are paired where all maps are on chip then."""
    paired = _reside(network, accelerator, pair=True)
    return _reside(network, accelerator, pair=False) if paired.in_dram or paired.banded else paired


def _reside(network: QuantisedNetwork, accelerator: Accelerator, pair: bool) -> Residence:
    in_dram: set[str] = set()
    banded: set[int] = set()
    while True:
        padded = frozenset(_touched_by(network, banded))
        layouts = lay_out(network, accelerator, padded, pair)
        oversized = _oversized(network, accelerator, layouts) - banded
        banded |= oversized
        in_dram |= _touched_by(network, banded) | _alive_across(network, banded)
        if oversized:
            continue
        rows, failed = _allocate(network, accelerator, layouts, in_dram, banded)
        if failed is None:
            return Residence(layouts, frozenset(in_dram), frozenset(banded), rows)
        others = _alive_across(network, {failed}) - in_dram
        if others:
            in_dram |= others
        else:
            banded.add(failed)


def _footprint(layer: Layer, layouts: dict[str, TensorLayout]) -> int:
    return sum(layouts[name].bank_rows for name in [*touched(layer), layer.output.name])


def _oversized(network: QuantisedNetwork, accelerator: Accelerator, layouts: dict[str, TensorLayout]) -> set[int]:
    return {k for k, layer in enumerate(network.layers) if _footprint(layer, layouts) > accelerator.bank_depth}


def _touched_by(network: QuantisedNetwork, layers: set[int]) -> set[str]:
    return {name for i in layers for name in [*touched(network.layers[i]), network.layers[i].output.name]}


def last_reads(network: QuantisedNetwork) -> dict[str, int]:
    """Tensor -> index of the last layer that reads it; outputs live one layer past the end."""
    last: dict[str, int] = {}
    for index, layer in enumerate(network.layers):
        for name in touched(layer):
            last[name] = index
    for output in network.outputs:
        for source in output.sources:
            last[source.tensor] = len(network.layers)
    return last


def _alive_across(network: QuantisedNetwork, layers: set[int]) -> set[str]:
    """Tensors that are alive while one of these layers runs, but not its own."""
    last = last_reads(network)
    born = {network.input.name: -1} | {layer.output.name: i for i, layer in enumerate(network.layers)}
    alive = set()
    for index in layers:
        own = {*touched(network.layers[index]), network.layers[index].output.name}
        alive |= {n for n, b in born.items() if b < index <= last.get(n, -2) and n not in own}
    return alive


def _intervals(network: QuantisedNetwork, in_dram: set[str], banded: set[int]) -> dict[tuple[str, int], Interval]:
    """Buffers on chip: (tensor, first layer) -> layers during which it must stay.

    A tensor that is stored to DRAM stays one layer longer, so that the next layer need not wait for the store.
    """
    last = last_reads(network)
    found: dict[tuple[str, int], Interval] = {}
    outputs = {s.tensor for o in network.outputs for s in o.sources}
    name = network.input.name
    if name not in in_dram:
        found[name, -1] = (-1, last.get(name, 0))
    for index, layer in enumerate(network.layers):
        if index in banded:
            continue
        for read in touched(layer):
            if read in in_dram:
                found[read, index] = (index, index)
        out = layer.output.name
        if out in in_dram:
            found[out, index] = (index, index + 1)
        else:
            extra = 1 if out in outputs else 0
            found[out, index] = (index, max(index, last.get(out, index)) + extra)
    return found


def _allocate(
    network: QuantisedNetwork,
    accelerator: Accelerator,
    layouts: dict[str, TensorLayout],
    in_dram: set[str],
    banded: set[int],
) -> tuple[dict[tuple[str, int], int], int | None]:
    """First fit over bank rows, greatest buffers of a layer first; the index of the layer that failed, or None."""
    intervals = _intervals(network, in_dram, banded)
    placed: list[tuple[Interval, int, int]] = []
    rows: dict[tuple[str, int], int] = {}
    by_start: dict[int, list[str]] = defaultdict(list)
    for name, start in intervals:
        by_start[start].append(name)
    for start in sorted(by_start):
        for name in sorted(by_start[start], key=lambda n: -layouts[n].bank_rows):
            interval, size = intervals[name, start], layouts[name].bank_rows
            at = _first_fit(placed, interval, size)
            if at + size > accelerator.bank_depth:
                return {}, max(start, 0)
            placed.append((interval, at, size))
            for index in range(interval[0], interval[1] + 1):
                rows.setdefault((name, index), at)
    return rows, None


def _first_fit(placed: list[tuple[Interval, int, int]], interval: Interval, size: int) -> int:
    at = 0
    for (first, last), row, length in sorted(placed, key=lambda p: p[1]):
        if last < interval[0] or first > interval[1]:
            continue
        if at + size <= row:
            break
        at = max(at, row + length)
    return at
