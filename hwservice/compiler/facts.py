"""What a report says of how a layer lies on the accelerator: groups, tiles, bytes, memories in use."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from contracts.isa import Target
from contracts.network import GroupFacts, LayerFacts, NetworkShape
from hwservice.compiler.groups import FilterGroup
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import LoadOp, MarkOp, Op, StoreOp
from hwservice.compiler.state import Schedule
from hwservice.ir.quantised import Layer, Operator


def layer_facts(layer: Layer, groups: Sequence[FilterGroup], tiles: int, source: tuple[int, int]) -> LayerFacts:
    """Groups and tiles of a layer; `source` is height and width of its first source map."""
    alike = Counter((len(group.filters), group.vector_count) for group in groups)
    out = (layer.output.height, layer.output.width)
    height, width = source if layer.operator is Operator.SUM else out
    found = tuple(GroupFacts(count, *key) for key, count in alike.items())
    channels = len({(s.tensor, s.channel) for s in layer.sources})
    return LayerFacts(found, tiles, channels, height, width)


def complete(s: Schedule, shape: NetworkShape, held: Sequence[Mapping[Target, int]]) -> tuple[LayerFacts, ...]:
    """All layers' facts with bytes and memories, once everything is emitted."""
    return tuple(
        replace(
            facts,
            bands=mark.bands,
            stream_bytes=layer.stream_bytes,
            map_bytes=layer.map_bytes,
            stored_bytes=layer.stored_bytes,
            bank_rows=rows,
            vectors_held=memories[Target.VECTOR],
            entries_held=memories[Target.LIST],
            records_held=memories[Target.RECORD],
        )
        for facts, mark, layer, rows, memories in zip(s.facts, s.marks, shape.layers, _bank_rows(s), held, strict=True)
    )


def _bank_rows(s: Schedule) -> list[int]:
    """Per layer: bank rows in use. Maps of a banded layer all come from DRAM or go there."""
    found: list[int] = []
    ops: list[Op] = []
    for op in s.ops:
        if not isinstance(op, MarkOp):
            ops.append(op)
            continue
        at = len(found)
        if at in s.residence.banded:
            found.append(_rows_moved(s, ops))
        else:
            found.append(sum(s.layout(name).bank_rows for name, layer in s.residence.rows if layer == at))
        ops = []
    return found


def _rows_moved(s: Schedule, ops: Sequence[Op]) -> int:
    touched = np.zeros(s.accelerator.bank_depth, bool)
    for op in ops:
        if isinstance(op, LoadOp | StoreOp):
            fields = op.fields
            rows = ceil_div(fields["beats"] * s.accelerator.dram_bytes, s.accelerator.lanes)
            starts = fields["local_address"] + np.arange(fields["planes"]) * fields["local_stride"]
            touched[(starts[:, None] + np.arange(rows)).ravel()] = True
    return int(touched.sum())
