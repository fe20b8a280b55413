"""Pass: turn operations into instructions, manage the scratchpads and count the tokens.

Every COMPUTE gives load one token and every LOAD gives compute one, so "wait until compute number n has finished" is "have taken n
tokens in all". Loads of segments run ahead of the computes that use them as far as the memories allow.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.errors import CapacityError
from contracts.isa import ENTRY_BYTES, RECORD_BYTES, ExecutionUnit, Opcode, Target
from hwservice.compiler.ops import ComputeOp, LoadOp, MarkOp, Op, Segment, StoreOp

LOADS_AHEAD = 10
"""Segment loads that may stand in the program before the compute that needs them; less than the queues hold."""
WAIT_LIMIT = 255

Instruction = tuple[Opcode, dict[str, int], str | None]
"""Opcode, fields and the DRAM region that `dram_address` is relative to."""


@dataclass
class Ring:
    """One scratchpad, handed out in a circle; segments are freed in the order in which they were placed."""

    depth: int
    granule: int
    live: deque[tuple[int, int, Segment]] = field(default_factory=deque)
    head: int = 0

    def place(self, segment: Segment, done: int) -> int | None:
        """Place a segment; `done` computes stand in the program already.

        Returns how many computes must have finished before the load may write, or None where there is no room yet.
        """
        size = -(-segment.elements // self.granule) * self.granule
        start = self.head if self.head + size <= self.depth else 0
        end, needed, free = start + size, 0, 0
        for low, high, other in self.live:
            overlaps = low < end and start < high
            behind_wrap = start == 0 and low >= self.head
            if not (overlaps or behind_wrap):
                break
            if other.last_user >= done:
                return None
            needed, free = max(needed, other.last_user + 1), free + 1
        for _ in range(free):
            self.live.popleft()
        if any(low < end and start < high for low, high, _ in self.live):
            return None
        self.live.append((start, end, segment))
        self.head, segment.address = end, start
        return needed


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
        self.given = {(u, o): 0 for u in ExecutionUnit for o in u.others}
        self.taken = {(u, o): 0 for u in ExecutionUnit for o in u.others}
        self.computes = self.loads = self.stores = 0
        self.marks = 0

    def run(self, ops: list[Op]) -> None:
        """Emit all operations in order."""
        computes = [op for op in ops if isinstance(op, ComputeOp)]
        for position, compute in enumerate(computes):
            compute.position = position
            for segment in (compute.entries, compute.vectors, compute.records):
                segment.last_user = max(segment.last_user, position)
        queue = _segments_in_order(computes)
        for op, following in zip(ops, [*ops[1:], None], strict=True):
            match op:
                case ComputeOp():
                    self._load_needed(queue, op.position)
                    self._compute(op)
                    if not isinstance(following, LoadOp):
                        self._load_ahead(queue, op.position)
                case LoadOp():
                    self._load(op)
                case StoreOp():
                    self._store(op)
                case MarkOp():
                    self._mark(op)

    def _load_needed(self, queue: "deque[tuple[int, Segment]]", position: int) -> None:
        """Load what this compute needs and has not been loaded ahead."""
        while queue and queue[0][0] <= position:
            _, segment = queue.popleft()
            after = self.rings[segment.target].place(segment, self.computes)
            if after is None:
                raise CapacityError(
                    f"{segment.elements} elements do not fit into the {segment.target.name.lower()} memory of "
                    f"accelerator {self.accelerator.name!r}; choose a greater depth"
                )
            self._load_segment(segment, after)

    def _load_ahead(self, queue: "deque[tuple[int, Segment]]", position: int) -> None:
        """Load what later computes need, as far as there is room and the queues allow."""
        while self._pending and self._pending[0] <= position:
            self._pending.popleft()
        while queue and len(self._pending) < LOADS_AHEAD:
            user, segment = queue[0]
            after = self.rings[segment.target].place(segment, self.computes)
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
        segment.ready = self.loads

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
        waits = self._waits(ExecutionUnit.LOAD, computes, stores)
        self._emit(Opcode.LOAD, {**fields, **waits, "signal_a": 1}, region)
        self.loads += 1
        self.given[ExecutionUnit.LOAD, ExecutionUnit.COMPUTE] += 1

    def _load(self, op: LoadOp) -> None:
        computes = op.after_compute.position + 1 if op.after_compute is not None else 0
        stores = max((store.ordinal for store in op.after_stores), default=0)
        self._emit_load(op.fields, op.region, computes, stores)
        op.ordinal = self.loads

    def _compute(self, op: ComputeOp) -> None:
        if op.config is not None:
            self._emit(Opcode.GEOMETRY, op.config[0])
            self._emit(Opcode.OUTPUT, op.config[1])
        ready = max(op.entries.ready, op.vectors.ready, op.records.ready, *(load.ordinal for load in op.after_loads), 0)
        stores = max((store.ordinal for store in op.after_stores), default=0)
        waits = self._waits(ExecutionUnit.COMPUTE, ready, stores)
        fields = {
            **op.fields,
            **waits,
            "list_address": (op.entries.address or 0) + op.entry_offset,
            "vector_address": (op.vectors.address or 0) + op.vector_offset,
            "record_address": (op.records.address or 0) + op.record_offset,
            "signal_a": 1,
            "signal_b": int(op.signal_store),
        }
        self._emit(Opcode.COMPUTE, fields)
        self.computes += 1
        self.given[ExecutionUnit.COMPUTE, ExecutionUnit.STORE] += int(op.signal_store)
        op.to_store = self.given[ExecutionUnit.COMPUTE, ExecutionUnit.STORE]

    def _store(self, op: StoreOp) -> None:
        computes = op.after_compute.to_store if op.after_compute is not None else 0
        waits = self._waits(ExecutionUnit.STORE, 0, computes)
        self._emit(Opcode.STORE, {**op.fields, **waits, "signal_a": 1, "signal_b": 1}, op.region)
        self.stores += 1
        op.ordinal = self.stores

    def _mark(self, op: MarkOp) -> None:
        self._emit(Opcode.MARK, {"layer": op.layer & 0xFFFF})
        self._emit(Opcode.STORE_COUNTERS, {"dram_address": 64 * op.layer}, "counters")
        self.marks += 1

    def _waits(self, unit: ExecutionUnit, upto_a: int, upto_b: int) -> dict[str, int]:
        """Wait fields that bring what this unit has taken from its two neighbours up to the given totals."""
        needs = []
        for other, upto in zip(unit.others, (upto_a, upto_b), strict=True):
            need = max(0, upto - self.taken[other, unit])
            self.taken[other, unit] += need
            needs.append(need)
        while max(needs) > WAIT_LIMIT:
            part = [min(need, WAIT_LIMIT) for need in needs]
            self._emit(Opcode.SYNC, {"unit": int(unit), "wait_a": part[0], "wait_b": part[1]})
            needs = [need - taken for need, taken in zip(needs, part, strict=True)]
        return {"wait_a": needs[0], "wait_b": needs[1]}

    def _emit(self, opcode: Opcode, fields: dict[str, int], region: str | None = None) -> None:
        self.instructions.append((opcode, fields, region))


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
