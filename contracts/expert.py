"""The expert cycle model: a closed form per layer, fitted to nothing but the depths of the pipeline.

A layer takes the greater of two times: the array's (for every tile of a filter group the greater of its weight vectors and its drain) and
DRAM's (its maps, and the lists that were not loaded ahead while earlier layers computed). What can be loaded ahead is bounded by the
scratchpads; maps that come from DRAM are waited for, those of a layer on chip as a whole, those in bands once.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.network import LayerShape, NetworkShape

BOUNDARY_CYCLES = 3
"""Layer boundary: 0 where the first vectors may go ahead of all drains, up to 27 where they must wait (counted in the RTL; the mean of ResNet-8's)."""
POOLED_DRAIN_CYCLES = 12
"""A group of 8 sums over 32 lanes leaves the array through the tree that adds the lanes (counted in the RTL)."""
START_CYCLES = 44
"""From START to the first load on its way: registers, header, first instructions (counted in the RTL, without DRAM latency)."""
END_CYCLES = 43
"""From the last vector to DONE, without DRAM time (counted in the RTL)."""


@dataclass(frozen=True, eq=False)
class Columns:
    """What the estimate needs of a batch of networks with equally many layers; [batch, layers], the last two [batch].

    Attributes:
        array_cycles: see the function of that name.
        bands: row bands.
        first_bytes: weights, list and records without which a layer cannot start.
        stream_bytes: all weights, lists and records.
        map_bytes: activations loaded.
        stored_bytes: activations stored.
        input_bytes: first piece of the input.
        output_bytes: stored after the last layer.
    """

    array_cycles: NDArray[Any]
    bands: NDArray[Any]
    first_bytes: NDArray[Any]
    stream_bytes: NDArray[Any]
    map_bytes: NDArray[Any]
    stored_bytes: NDArray[Any]
    input_bytes: NDArray[Any]
    output_bytes: NDArray[Any]


COLUMNS: Final = ("array_cycles", "bands", "first_bytes", "stream_bytes", "map_bytes", "stored_bytes")


def cycles(shape: NetworkShape, accelerator: Accelerator) -> tuple[float, ...]:
    """Cycles per layer; their sum is the whole network, start and end included."""
    if not shape.layers:
        return ()
    columns = {name: np.asarray([[getattr(layer, name) for layer in shape.layers]]) for name in COLUMNS[1:]}
    columns["array_cycles"] = np.asarray([[array_cycles(layer) for layer in shape.layers]])
    ends = np.asarray([shape.input_bytes]), np.asarray([shape.output_bytes])
    found = layer_cycles(Columns(**columns, input_bytes=ends[0], output_bytes=ends[1]), accelerator)
    return tuple(found[0].tolist())


def layer_cycles(seen: Columns, accelerator: Accelerator) -> NDArray[np.float64]:
    """The same for a batch, [batch, layers]."""
    beat, latency = accelerator.dram_bytes, accelerator.dram_latency
    ahead_limit = _ahead_bytes(accelerator) / beat
    compute = seen.array_cycles + BOUNDARY_CYCLES * np.maximum(1, seen.bands)
    stream, first, stored = seen.stream_bytes / beat, seen.first_bytes / beat, seen.stored_bytes / beat
    in_bands = seen.bands > 1
    # Maps cannot be loaded ahead; in bands their loads and stores take turns (counted in the RTL), and lists come again.
    maps = seen.map_bytes / beat + np.where(in_bands, stored, 0.0)
    ahead_at_most = np.where(in_bands, first, np.inf)
    # Of maps that come from DRAM, what the layer before stored last has to be there, and a band's (or all) has to be on chip.
    bands = np.maximum(1, seen.bands)
    tail = np.where(seen.stored_bytes > 0, latency + seen.stored_bytes / bands / beat, 0.0)
    tail = np.concatenate([np.zeros((len(tail), 1)), tail[:, :-1]], axis=1)
    piece = np.minimum(seen.map_bytes / bands, accelerator.activation_bytes) / beat
    fetched = np.where(seen.map_bytes > 0, latency + piece + tail, 0.0)
    fetched[:, 0] = np.where(seen.bands[:, 0] > 1, latency + piece[:, 0], 0.0)  # else counted in pieces below
    found = np.empty(stream.shape)
    ahead = np.zeros(len(stream))
    for k in range(stream.shape[1]):
        left = maps[:, k] + np.maximum(0.0, stream[:, k] - np.minimum(ahead, ahead_at_most[:, k]))
        wait = np.where(ahead < first[:, k], latency + first[:, k] - ahead, 0.0)
        idle = 0  # cycles in which nothing can be loaded ahead
        if k == 0:
            idle = START_CYCLES + 2 * latency
            wait = idle + seen.input_bytes / beat + first[:, 0]
        took = np.maximum(np.maximum(compute[:, k] + wait + fetched[:, k], left), stored[:, k])
        ahead = np.minimum(ahead_limit, np.maximum(0.0, ahead - stream[:, k]) + np.maximum(0.0, took - idle - left))
        found[:, k] = took
    found[:, -1] += END_CYCLES + latency + seen.output_bytes / beat
    return found


def array_cycles(layer: LayerShape) -> int:
    """Cycles of the array alone: the list-length bound, with the memory port's share of the drains."""
    return sum(w.count * w.tiles * max(w.vectors, w.drain_cycles) for w in layer.walks)


def scatter_writes(pitch: int, lanes: int, stride_x: int, paired: bool = False) -> float:
    """Bank writes per filter and tile of a drain that splits phases: one per map row and column parity (unless paired), or per pixel."""
    if stride_x > 2:
        return lanes
    rows = lanes / pitch if pitch <= lanes and lanes % pitch == 0 else 1.0 if pitch % lanes == 0 else lanes / pitch + 1
    return rows * (1 if paired and stride_x == 2 and pitch % 2 == 0 else stride_x)


def _ahead_bytes(accelerator: Accelerator) -> float:
    """How much can wait in the scratchpads: loads run ahead in eighths of the vector memory, at most the whole."""
    return accelerator.vector_depth * accelerator.rows * 0.9
