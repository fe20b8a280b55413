"""List entries, weight vectors and filter records as the bytes that stand in the scratchpads."""

import numpy as np
from numpy.typing import NDArray

from contracts.isa import ENTRY_FIELDS, RECORD_FIELDS
from hwservice.compiler.groups import Sources
from hwservice.compiler.layout import TensorLayout
from hwservice.ir.quantised import Layer, Region

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_ENTRY_SHIFTS = dict(
    zip((f.name for f in ENTRY_FIELDS), np.cumsum([0, *(f.bits for f in ENTRY_FIELDS)]).tolist(), strict=False)
)


def entry_words(sources: Sources, plane_rows: Ints, layout: TensorLayout, short_edges: tuple[bool, bool]) -> Bytes:
    """List entries.

    Args:
        sources: source positions, [vectors].
        plane_rows: [layer sources, phases] bank row where each source plane starts.
        layout: the sources' common layout.
        short_edges: whether the last row / column of the map lies in the planes at hand.
    """
    sy, sx = layout.stride
    rows = plane_rows[sources.source, sources.phase_y * sx + sources.phase_x]
    flat = rows * layout.lanes + sources.phase_x * layout.shift + sources.dy * layout.pitch + sources.dx
    short_y = (sources.phase_y > (layout.tensor.height - 1) % sy) & short_edges[0]
    short_x = (sources.phase_x > (layout.tensor.width - 1) % sx) & short_edges[1]
    parts = {"flat": flat, "dy": sources.dy, "dx": sources.dx, "short_y": short_y, "short_x": short_x}
    words = np.zeros(len(flat), np.uint32)
    for name, values in parts.items():
        words |= values.astype(np.uint32) << np.uint32(_ENTRY_SHIFTS[name])
    return words.view(np.uint8)


def record_bytes(layer: Layer, region: Region, filters: list[int], out_rows: Ints, skip_rows: Ints) -> Bytes:
    """Records of some filters in row order, [filters * 16].

    Args:
        layer: whose filters they are.
        region: of its output.
        filters: numbers of the filters.
        out_rows: [layer's filters] bank rows of the output planes.
        skip_rows: [layer's filters] bank rows of the skip planes, -1 where a filter has none.
    """
    skips = skip_rows[filters]
    values = {
        "bias": layer.bias[filters] & 0xFFFFFFFF,
        "multiplier": region.multiplier[filters],
        "shift": region.shift[filters],
        "skip_enable": skips >= 0,
        "out_row": out_rows[filters],
        "skip_row": np.maximum(skips, 0),
    }
    words = np.zeros((len(filters), 2), np.uint64)
    position = 0
    for field in RECORD_FIELDS:
        value = values[field.name].astype(np.uint64)
        word, shift = divmod(position, 64)
        words[:, word] |= value << np.uint64(shift)
        if shift + field.bits > 64:
            words[:, word + 1] |= value >> np.uint64(64 - shift)
        position += field.bits
    return words.astype("<u8").view(np.uint8).ravel()
