"""The compiled network as the expert model sees it."""

from collections import Counter

from contracts.accelerator import Accelerator
from contracts.expert import POOLED_DRAIN_CYCLES, scatter_writes
from contracts.network import LayerShape, NetworkShape, Walks
from hwservice.compiler.ops import ComputeOp, LoadOp, MarkOp, StoreOp
from hwservice.compiler.state import Schedule


def network_shape(s: Schedule, instructions: int) -> NetworkShape:
    """Walks, drains and bytes of every layer, read off the schedule."""
    beat = s.accelerator.dram_bytes
    layers: list[LayerShape] = []
    builder = _LayerBuilder(s.accelerator)
    for op in s.ops:
        if isinstance(op, MarkOp):
            mark = s.marks[op.layer]
            layers.append(builder.finish(mark.name, mark.bands))
            builder = _LayerBuilder(s.accelerator)
        else:
            builder.take(op)
    first_piece = next((op.fields for op in s.ops if isinstance(op, LoadOp)), {"beats": 0, "planes": 0})
    return NetworkShape(
        tuple(layers), first_piece["beats"] * first_piece["planes"] * beat, builder.stored, instructions
    )


class _LayerBuilder:
    """Collects the operations of one layer."""

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.walks: Counter[tuple[int, int, int]] = Counter()
        self.seen: set[int] = set()
        self.first = self.stream = self.maps = self.stored = 0
        self.drain_of_filter = 1.0

    def take(self, op: ComputeOp | LoadOp | StoreOp) -> None:
        """Count one operation."""
        moved = (
            0 if isinstance(op, ComputeOp) else op.fields["beats"] * op.fields["planes"] * self.accelerator.dram_bytes
        )
        if isinstance(op, LoadOp):
            self.maps += moved
        elif isinstance(op, StoreOp):
            self.stored += moved
        else:
            self._compute(op)

    def _compute(self, op: ComputeOp) -> None:
        if op.config is not None:
            self.drain_of_filter = self._drain_cycles(*op.config)
        drains = round(op.fields["filters"] * self.drain_of_filter) if op.fields["last"] else 0
        tiles = op.fields["tiles"]
        if op.fields["pool"]:
            self.walks[op.fields["list_length"] * tiles, max(drains, POOLED_DRAIN_CYCLES), 1] += 1
        else:
            self.walks[op.fields["list_length"], drains, tiles] += 1
        new = [x for x in (op.entries, op.vectors, op.records) if id(x) not in self.seen]
        size = sum(len(x.payload) for x in new)
        self.first += size if not self.seen else 0
        self.stream += size
        self.seen |= {id(x) for x in new}

    def _drain_cycles(self, geometry: dict[str, int], output: dict[str, int]) -> float:
        """Memory port cycles per filter and tile."""
        writes = 1.0
        if output["scatter"]:
            paired = bool(output["paired"])
            writes = scatter_writes(geometry["pitch"], self.accelerator.lanes, output["stride_x"], paired)
        return writes + (1.0 if output["skip_multiplier"] else 0.0)

    def finish(self, name: str, bands: int) -> LayerShape:
        """The layer."""
        walks = tuple(Walks(count, *key) for key, count in self.walks.items())
        return LayerShape(name, walks, bands, self.first, self.stream, self.maps, self.stored)
