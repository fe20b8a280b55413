"""The expert cycle model: a closed form per layer, fitted to nothing but the depths of the pipeline.

A layer takes the greater of two times: the array's (for every tile of a filter group the greater of its weight vectors and its drain) and
DRAM's (the bytes that were not loaded ahead while earlier layers computed). What can be loaded ahead is bounded by the scratchpads.
"""

from contracts.accelerator import Accelerator
from contracts.network import LayerShape, NetworkShape

BOUNDARY_CYCLES = 30
"""Layer boundary: the array's and the drain's pipelines run empty, then fill (counted in the RTL: 30 with 8 rows)."""
POOLED_DRAIN_CYCLES = 33
"""Sums over lanes leave the array one group at a time, through the whole drain pipeline (counted in the RTL)."""
START_CYCLES = 90
"""From START to the first load on its way: registers, header, first instructions (counted in the RTL, without DRAM latency)."""
END_CYCLES = 30
"""From the last drain to DONE, without DRAM time."""


def cycles(shape: NetworkShape, accelerator: Accelerator) -> tuple[float, ...]:
    """Cycles per layer; their sum is the whole network, start and end included."""
    beat = accelerator.dram_bytes
    ahead_limit = _ahead_bytes(accelerator) / beat
    found: list[float] = []
    ahead = 0.0
    for index, layer in enumerate(shape.layers):
        compute = array_cycles(layer) + BOUNDARY_CYCLES * max(1, layer.bands)
        moved = (layer.stream_bytes + layer.map_bytes) / beat
        left = max(0.0, moved - ahead)
        wait = 0.0
        if index == 0:
            wait = START_CYCLES + 2 * accelerator.dram_latency + (shape.input_bytes + layer.first_bytes) / beat
        elif ahead < layer.first_bytes / beat:
            wait = accelerator.dram_latency + layer.first_bytes / beat - ahead
        if layer.bands > 1:
            wait += accelerator.dram_latency + layer.map_bytes / layer.bands / beat
        took = max(compute + wait, left, layer.stored_bytes / beat)
        ahead = min(ahead_limit, max(0.0, ahead - moved) + max(0.0, took - left))
        found.append(took)
    if found:
        found[-1] += END_CYCLES + accelerator.dram_latency + shape.output_bytes / beat
    return tuple(found)


def array_cycles(layer: LayerShape) -> int:
    """Cycles of the array alone: the list-length bound, with the memory port's share of the drains."""
    return sum(w.count * w.tiles * max(w.vectors, w.drain_cycles) for w in layer.walks)


def scatter_writes(pitch: int, lanes: int, stride_x: int) -> float:
    """Bank writes per filter and tile of a drain that splits phases: one per map row and column parity, or per pixel."""
    if stride_x > 2:
        return lanes
    rows = lanes / pitch if pitch <= lanes and lanes % pitch == 0 else 1.0 if pitch % lanes == 0 else lanes / pitch + 1
    return rows * stride_x


def _ahead_bytes(accelerator: Accelerator) -> float:
    """How much can wait in the scratchpads: loads run ahead in eighths of the vector memory, at most the whole."""
    return accelerator.vector_depth * accelerator.rows * 0.9
