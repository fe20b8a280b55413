"""List entries, weight vectors and filter records as the bytes that stand in the scratchpads."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contracts.isa import ENTRY_FIELDS, RECORD_BYTES, RECORD_FIELDS
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
    flat = rows * layout.lanes + sources.dy * layout.pitch + sources.dx
    short_y = (sources.phase_y > (layout.tensor.height - 1) % sy) & short_edges[0]
    short_x = (sources.phase_x > (layout.tensor.width - 1) % sx) & short_edges[1]
    parts = {"flat": flat, "dy": sources.dy, "dx": sources.dx, "short_y": short_y, "short_x": short_x}
    words = np.zeros(len(flat), np.uint32)
    for name, values in parts.items():
        words |= values.astype(np.uint32) << np.uint32(_ENTRY_SHIFTS[name])
    return words.view(np.uint8)


def record_bytes(
    layer: Layer,
    region: Region,
    filters: list[int],
    out_row: Callable[[int], int],
    skip_row: Callable[[int], int | None],
) -> Bytes:
    """Records of some filters in row order, [filters * 16]."""
    words = [_record(layer, region, f, out_row(f), skip_row(f)) for f in filters]
    return np.frombuffer(b"".join(word.to_bytes(RECORD_BYTES, "little") for word in words), np.uint8)


def _record(layer: Layer, region: Region, filter_: int, out_row: int, skip_row: int | None) -> int:
    values = (
        int(layer.bias[filter_]) & 0xFFFFFFFF,
        int(region.multiplier[filter_]),
        int(region.shift[filter_]),
        int(skip_row is not None),
        out_row,
        skip_row or 0,
    )
    word = position = 0
    for field, value in zip(RECORD_FIELDS, values, strict=True):
        word |= value << position
        position += field.bits
    return word
