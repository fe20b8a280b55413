"""The computes of a layer or of a band of it: for each region, each filter group, each walk."""

from dataclasses import dataclass

from contracts.expert import scatter_writes
from hwservice.compiler.groups import FilterGroup, Walk, filter_groups
from hwservice.compiler.ops import ComputeOp
from hwservice.compiler.segments import Lists, Placed, Weights, chunks, record_segments
from hwservice.compiler.state import Frame, Schedule, frame_tiles
from hwservice.ir.quantised import Layer, Operator, Region

PIECES = 8
"""A group that takes more than half the vector memory is loaded in pieces of this part of it."""
Piece = tuple[Walk, int, int]
"""A walk, or a stretch of it that the memories can hold."""


@dataclass(frozen=True)
class Turn:
    """The part of one COMPUTE among those of its filter group."""

    tiles: int
    first: bool
    last: bool
    rewind: bool
    hold: bool


def groups_of(s: Schedule, layer: Layer) -> tuple[FilterGroup, ...]:
    """The filter groups of a layer, or of a part of one."""
    pitch, out = s.layout(layer.sources[0].tensor).pitch, s.layout(layer.output.name)
    writes = scatter_writes(pitch, s.accelerator.lanes, out.stride[1], out.paired) if _scatters(s, layer) else 1.0
    return filter_groups(layer, s.accelerator.rows, writes + bool(layer.skip))


def layer_computes(
    s: Schedule,
    layer: Layer,
    groups: tuple[FilterGroup, ...],
    frame: Frame,
    weights: Weights | None = None,
    lists: Lists | None = None,
    lead: int = 0,
) -> list[ComputeOp]:
    """All computes of a layer (or band): for each region, each filter group, each walk; batched into segments.

    The first `lead` groups get segments of their own, so that they need not wait for what others need.
    """
    tiles = frame_tiles(s, layer, frame.first_row, frame.last_row)
    weights = weights or Weights(s.accelerator, groups, lead)
    lists = lists or Lists(s, layer, groups, frame, lead)
    result: list[ComputeOp] = []
    for region in layer.regions:
        if region.rows[0] >= frame.last_row or region.rows[1] <= frame.first_row:
            continue
        if result:
            weights, lists = weights.kept_or_again(s.accelerator), lists.kept_or_again(s.accelerator)
        config = config_of(s, layer, region, frame)
        start = len(result)
        records = record_segments(s, layer, region, groups, frame, lead)
        for number, group in enumerate(groups):
            for compute in _group_computes(s, layer, group, number, frame, tiles, weights, lists):
                compute.records, compute.record_offset = records[number]
                result.append(compute)
        result[start].config = config
    return result


def _group_computes(
    s: Schedule,
    layer: Layer,
    group: FilterGroup,
    number: int,
    frame: Frame,
    tiles: int,
    weights: Weights,
    lists: Lists,
) -> list[ComputeOp]:
    pieces = group_pieces(s, group)
    pool = layer.operator is Operator.SUM
    per_tile = len(pieces) > 1 and not pool
    fresh = too_long(s, group)
    result = []
    for tile in range(tiles if per_tile else 1):
        for k, piece in enumerate(pieces):
            turn = Turn(
                tiles=1 if per_tile else tiles,
                first=k == 0,
                last=k == len(pieces) - 1,
                rewind=(tile == 0 and k == 0) or pool,
                hold=per_tile and k < len(pieces) - 1,
            )
            vectors = weights.get(number, *piece, fresh)
            result.append(compute_of(layer, group, piece, turn, frame, lists.get(*piece, fresh), vectors))
    return result


def group_pieces(s: Schedule, group: FilterGroup) -> list[Piece]:
    """All walks of a group, cut where no memory holds one whole, or where the next group's vectors could not be loaded beside them."""
    a = s.accelerator
    limit = min(a.vector_depth, a.list_depth)
    if 2 * group.vector_count > a.vector_depth and _stays(s, group):
        limit = 2 * a.vector_depth // PIECES
    return [(walk, low, high) for walk in group.walks for low, high in chunks(len(walk.vectors), limit)]


def too_long(s: Schedule, group: FilterGroup) -> bool:
    """Whether a group's vectors cannot stay while the next ones are loaded: they are loaded for each tile."""
    limit = min(s.accelerator.vector_depth, s.accelerator.list_depth)
    in_pieces = len(group.walks) > 1 or group.vector_count > limit
    return in_pieces and 2 * group.vector_count > limit and not _stays(s, group)


def _stays(s: Schedule, group: FilterGroup) -> bool:
    """Whether a group's vectors leave room for one piece of the next group's: each that is done with makes room for another."""
    a = s.accelerator
    return a.vector_depth >= 8 * PIECES and group.vector_count <= min(
        a.vector_depth * (PIECES - 1) // PIECES, a.list_depth
    )


def compute_of(
    layer: Layer,
    group: FilterGroup,
    piece: Piece,
    turn: Turn,
    frame: Frame,
    entries: Placed,
    vectors: Placed,
) -> ComputeOp:
    """One COMPUTE; its records are still to be named."""
    walk, low, high = piece
    origin_y, origin_x = walk.origin[0] + frame.row_shift, walk.origin[1]
    fields = {
        "list_length": high - low,
        "filters": len(group.filters),
        "tiles": turn.tiles,
        "origin_y": origin_y,
        "origin_x": origin_x,
        "origin_flat": origin_y * frame.pitch + origin_x + frame.flat_shift,
        "maximum": int(layer.operator is Operator.MAX),
        "first": int(turn.first),
        "last": int(turn.last),
        "pool": int(layer.operator is Operator.SUM),
        "rewind": int(turn.rewind),
        "hold": int(turn.hold),
    }
    return ComputeOp(fields, entries[0], vectors[0], vectors[0], entries[1], vectors[1])


def config_of(s: Schedule, layer: Layer, region: Region, frame: Frame) -> tuple[dict[str, int], dict[str, int]]:
    """Fields of GEOMETRY and OUTPUT for one region of a layer's output in a frame."""
    return _geometry(s, layer, frame), _output(s, layer, region, frame)


def _geometry(s: Schedule, layer: Layer, frame: Frame) -> dict[str, int]:
    source = s.layout(layer.sources[0].tensor)
    return {
        "pitch": source.pitch,
        "in_height": frame.in_height,
        "in_width": source.width,
        "pad_value": layer.pad_value,
    }


def _output(s: Schedule, layer: Layer, region: Region, frame: Frame) -> dict[str, int]:
    out, rounding = s.layout(layer.output.name), layer.rounding
    return {
        "x0": region.columns[0],
        "x1": region.columns[1],
        "y0": max(region.rows[0], frame.first_row) - frame.first_row,
        "y1": min(region.rows[1], frame.last_row) - frame.first_row,
        "scatter": int(_scatters(s, layer)),
        "pitch": out.pitch,
        "stride_y": out.stride[0],
        "stride_x": out.stride[1],
        "phase_rows": frame.out_phase_rows,
        "paired": int(out.paired),
        "mid_wide": int(rounding.mid_wide),
        "mid_low": rounding.mid_low,
        "mid_high": rounding.mid_high,
        "main_multiplier": rounding.main_multiplier,
        "skip_multiplier": rounding.skip_multiplier,
        "shift": rounding.second_shift,
        "skip_zero": rounding.skip_zero,
        "out_zero": rounding.out_zero,
        "low": rounding.low,
        "high": rounding.high,
    }


def _scatters(s: Schedule, layer: Layer) -> bool:
    """Whether drains place pixels one by one in phase planes or at another pitch."""
    out, pitch = s.layout(layer.output.name), s.layout(layer.sources[0].tensor).pitch
    return layer.operator is not Operator.SUM and (out.phases > 1 or out.pitch != pitch)
