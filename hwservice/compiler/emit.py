"""Pass: turn operations into instructions, manage the scratchpads and count the tokens.

A unit finishes its instructions in order, so only those that another unit waits for give it a token, and every wait takes one. Loads of
segments run ahead of the computes that use them as far as the memories allow.
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import ENTRY_BYTES, RECORD_BYTES, ExecutionUnit, Opcode, Target
from hwservice.compiler.ops import ComputeOp, LoadOp, MarkOp, Op, Segment, StoreOp

LOADS_AHEAD = 10
"""Segment loads that may stand in the program before the compute that needs them; less than the queues hold."""
IN_FLIGHT = 48
"""Instructions that a unit may have begun and not finished; its queue comes on top."""

Instruction = tuple[Opcode, dict[str, int], str | None]
"""Opcode, fields and the DRAM region that `dram_address` is relative to."""


@dataclass
class Ring:
    """One scratchpad, handed out in a circle; segments are freed in the order in which they were placed."""

    depth: int
    granule: int
    live: deque[tuple[int, int, Segment]] = field(default_factory=deque)
    head: int = 0

    def place(self, segment: Segment, done: int, evict: bool = False) -> int | None:
        """Place a segment; `done` computes stand in the program already.

        Returns how many computes must have finished before the load may write, or None where there is no room yet. With `evict`, what
        is in the way and still needed is given up, to be loaded once more.
        """
        size = -(-segment.elements // self.granule) * self.granule
        start = self.head if self.head + size <= self.depth else 0
        end, needed, free = start + size, 0, 0
        for low, high, other in self.live:
            overlaps = low < end and start < high
            behind_wrap = start == 0 and low >= self.head
            if not (overlaps or behind_wrap):
                break
            if other.needed_after(done) and not evict:
                return None
            needed, free = max(needed, other.free_after(done)), free + 1
        for _ in range(free):
            self.live.popleft()[2].address = None
        if end > self.depth or any(low < end and start < high for low, high, _ in self.live):
            return None
        self.live.append((start, end, segment))
        self.head, segment.address = end, start
        return needed

    def held(self, done: int) -> int:
        """Elements that computes after the first `done` still read."""
        return sum(high - low for low, high, segment in self.live if segment.needed_after(done))


class Emitter:
    """Builds the instruction stream of one program."""

    def __init__(self, accelerator: Accelerator) -> None:
        a = accelerator
        self.accelerator = a
        self.instructions: list[Instruction] = []
        self.data: list[NDArray[np.uint8]] = []
        self.data_size = 0
        self._data_at: dict[int, tuple[int, NDArray[np.uint8]]] = {}
        self._pending: deque[int] = deque()
        self.rings = {
            Target.VECTOR: Ring(a.vector_depth, max(1, a.dram_bytes // a.rows)),
            Target.LIST: Ring(a.list_depth, max(1, a.dram_bytes // ENTRY_BYTES)),
            Target.RECORD: Ring(a.record_depth, max(1, a.dram_bytes // RECORD_BYTES)),
        }
        self.held: list[dict[Target, int]] = []
        """Per layer: elements of each scratchpad in use, at most."""
        self._held = dict.fromkeys(self.rings, 0)
        self._changed = True
        self._reached = {(u, o): 0 for u in ExecutionUnit for o in u.others}
        self._drains: list[int] = []
        """Which of the COMPUTEs drain, counted from 1."""
        self._of_unit: dict[ExecutionUnit, list[dict[str, int]]] = {u: [] for u in ExecutionUnit}

    def run(self, ops: list[Op]) -> None:
        """Emit all operations in order."""
        computes = [op for op in ops if isinstance(op, ComputeOp)]
        for position, compute in enumerate(computes):
            compute.position = position
            for segment in (compute.entries, compute.vectors, compute.records):
                segment.users.append(position)
        queue = _segments_in_order(computes)
        for op, following in zip(ops, [*ops[1:], None], strict=True):
            match op:
                case ComputeOp():
                    self._load_needed(queue, op)
                    self._note_held()
                    self._compute(op)
                    if not isinstance(following, LoadOp):
                        self._load_ahead(queue, op.position)
                case LoadOp():
                    self._load(op)
                case StoreOp():
                    self._store(op)
                case MarkOp():
                    self._mark(op)

    def _load_needed(self, queue: "deque[tuple[int, Segment]]", op: ComputeOp) -> None:
        """Load what this compute needs and has not been loaded ahead, or had to make room since."""
        while queue and queue[0][0] <= op.position:
            queue.popleft()
        for segment in (op.entries, op.records, op.vectors):
            if segment.address is None:
                after = self.rings[segment.target].place(segment, self._count(ExecutionUnit.COMPUTE), evict=True)
                assert after is not None, f"{segment.elements} elements exceed the {segment.target.name} memory"
                self._load_segment(segment, after)

    def _load_ahead(self, queue: "deque[tuple[int, Segment]]", position: int) -> None:
        """Load what later computes need, as far as there is room and the queues allow."""
        while self._pending and self._pending[0] <= position:
            self._pending.popleft()
        while queue and len(self._pending) < LOADS_AHEAD:
            user, segment = queue[0]
            after = self.rings[segment.target].place(segment, self._count(ExecutionUnit.COMPUTE))
            if after is None:
                return
            queue.popleft()
            self._load_segment(segment, after)
            self._pending.append(user)

    def _load_segment(self, segment: Segment, after: int) -> None:
        a = self.accelerator
        element = {Target.VECTOR: a.rows, Target.LIST: ENTRY_BYTES, Target.RECORD: RECORD_BYTES}[segment.target]
        granule = self.rings[segment.target].granule
        size = -(-segment.elements // granule) * granule * element
        fields = {
            "target": int(segment.target),
            "dram_address": self._data(segment.payload, size),
            "local_address": segment.address or 0,
            "beats": size // a.dram_bytes,
            "planes": 1,
        }
        self._emit_load(fields, "data", after, 0)
        segment.ready = self._count(ExecutionUnit.LOAD)
        self._changed = True

    def _note_held(self) -> None:
        """What is in use grows only by loads, and is seen afresh when a layer begins."""
        if not self._changed:
            return
        # The compute before may still run while loads run ahead.
        done, self._changed = max(0, self._count(ExecutionUnit.COMPUTE) - 1), False
        for target, ring in self.rings.items():
            self._held[target] = max(self._held[target], ring.held(done))

    def _data(self, payload: NDArray[np.uint8], size: int) -> int:
        """Offset of a payload in the data region; the same array is stored once."""
        if id(payload) not in self._data_at:
            padded = np.zeros(-(-size // 64) * 64, np.uint8)
            padded[: len(payload)] = payload
            self._data_at[id(payload)] = self.data_size, payload
            self.data.append(padded)
            self.data_size += len(padded)
        return self._data_at[id(payload)][0]

    def _emit_load(self, fields: dict[str, int], region: str, computes: int, stores: int) -> None:
        self._emit_counted(ExecutionUnit.LOAD, Opcode.LOAD, fields, (computes, stores), region)

    def _load(self, op: LoadOp) -> None:
        self._emit_load(op.fields, op.region, _finished(op.after_compute), _stored(op.after_stores))
        op.ordinal = self._count(ExecutionUnit.LOAD)

    def _compute(self, op: ComputeOp) -> None:
        if op.config is not None:
            self._emit(Opcode.GEOMETRY, op.config[0])
            self._emit(Opcode.OUTPUT, op.config[1])
        ready = max(op.entries.ready, op.vectors.ready, op.records.ready, *(load.ordinal for load in op.after_loads), 0)
        fields = {
            **op.fields,
            "list_address": (op.entries.address or 0) + op.entry_offset,
            "vector_address": (op.vectors.address or 0) + op.vector_offset,
            "record_address": (op.records.address or 0) + op.record_offset,
        }
        self._emit_counted(ExecutionUnit.COMPUTE, Opcode.COMPUTE, fields, (ready, _stored(op.after_stores)))
        if fields.get("last"):
            self._drains.append(self._count(ExecutionUnit.COMPUTE))

    def _store(self, op: StoreOp) -> None:
        self._emit_counted(ExecutionUnit.STORE, Opcode.STORE, op.fields, (0, _finished(op.after_compute)), op.region)
        op.ordinal = self._count(ExecutionUnit.STORE)

    def _mark(self, op: MarkOp) -> None:
        self._emit(Opcode.MARK, {"layer": op.layer & 0xFFFF})
        self._emit(Opcode.STORE_COUNTERS, {"dram_address": 64 * op.layer}, "counters")
        self.held.append(self._held)
        self._held, self._changed = dict.fromkeys(self.rings, 0), True

    def _count(self, unit: ExecutionUnit) -> int:
        """LOADs, COMPUTEs or STOREs so far."""
        return len(self._of_unit[unit])

    def _emit_counted(
        self,
        unit: ExecutionUnit,
        opcode: Opcode,
        fields: dict[str, int],
        upto: tuple[int, int],
        region: str | None = None,
    ) -> None:
        """A LOAD, COMPUTE or STORE that waits until so many of the two other units' ones have finished."""
        waits = (self._wait(other, unit, count) for other, count in zip(unit.others, upto, strict=True))
        fields = {**fields, **dict(zip(("wait_a", "wait_b"), waits, strict=True))}
        self._emit(opcode, fields, region)
        self._of_unit[unit].append(fields)

    def _wait(self, other: ExecutionUnit, unit: ExecutionUnit, upto: int) -> int:
        """Tokens to take until `other` has finished `upto` instructions, drains included; makes it give them.

        What lies further back than a queue is long has finished anyway when this instruction is dispatched. Waiting for no less bounds
        the tokens under way. A COMPUTE that does not drain may overtake the drain before it, which then gives a token of its own.
        """
        reached = self._reached[other, unit]
        if upto <= reached:
            return 0
        upto = max(upto, self._count(other) - self.accelerator.queue_depth - IN_FLIGHT)
        self._reached[other, unit] = upto
        asked = {upto}
        if other is ExecutionUnit.COMPUTE and (drain := self._last_drain(upto)) > reached:
            asked.add(drain)
        for number in asked:
            self._of_unit[other][number - 1]["signal_a" if other.others[0] is unit else "signal_b"] = 1
        return len(asked)

    def _last_drain(self, upto: int) -> int:
        """The last of the first `upto` computes that drains, 0 where none does."""
        at = bisect_right(self._drains, upto)
        return self._drains[at - 1] if at else 0

    def _emit(self, opcode: Opcode, fields: dict[str, int], region: str | None = None) -> None:
        self.instructions.append((opcode, fields, region))


def _finished(compute: ComputeOp | None) -> int:
    """Computes that have finished when this one has."""
    return 0 if compute is None else compute.position + 1


def _stored(stores: list[StoreOp]) -> int:
    """Stores that have finished when these have."""
    return max((store.ordinal for store in stores), default=0)


def _segments_in_order(computes: list[ComputeOp]) -> "deque[tuple[int, Segment]]":
    """(position of the first user, segment), by first use."""
    seen: set[int] = set()
    queue: deque[tuple[int, Segment]] = deque()
    for compute in computes:
        for segment in (compute.entries, compute.records, compute.vectors):
            if id(segment) not in seen:
                seen.add(id(segment))
                queue.append((compute.position, segment))
    return queue
