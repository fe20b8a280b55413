"""Pass: how many vectors of a layer may be issued before the drains of the layer before are written (COMPUTE's `ahead` and `lag`).

Behind new settings a COMPUTE waits for all drains before it. Its first vectors need not where they read nothing that the last drained
tiles write; the earlier tiles are written by then, since drains end in order.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, INSTRUCTIONS, Opcode, decode, encode
from hwservice.compiler.footprint import Drains, Fields, Footprints, Ints
from hwservice.ir.program import Program

DRAIN_CYCLES = 32
"""From the issue of a tile's last vector to its last write, about: as long a COMPUTE would wait."""
_LIMITS = {field.name: field.range[1] for field in INSTRUCTIONS[Opcode.COMPUTE].fields}
AHEAD_LIMIT, LAG_LIMIT = _LIMITS["ahead"], _LIMITS["lag"]


@dataclass(frozen=True, eq=False)
class Drained:
    """One drained tile, or one pooled sum."""

    rows: Ints
    """Bank rows that it writes."""
    vectors: int
    """Weight vectors that led to it."""


class RecentDrains:
    """The last drained tiles of a program that is followed instruction by instruction, and whether a COMPUTE asks for one behind a border."""

    def __init__(self, footprints: Footprints) -> None:
        self.footprints = footprints
        self._recent: deque[tuple[Drains, Fields, int]] = deque(maxlen=LAG_LIMIT)
        self._border = False

    def behind_border(self, opcode: Opcode) -> bool:
        """Whether this instruction is a COMPUTE behind new settings or MARK."""
        return opcode is Opcode.COMPUTE and self._border

    @property
    def count(self) -> int:
        """Drained tiles that are remembered."""
        return len(self._recent)

    def follow(self, opcode: Opcode, f: Fields, start: int) -> None:
        """Take note of an instruction; `start` is the first tile of a COMPUTE."""
        if opcode is not Opcode.COMPUTE:
            self._border = self._border or opcode in {Opcode.GEOMETRY, Opcode.OUTPUT, Opcode.MARK}
            return
        self._border = False
        if f["last"]:
            drains = self.footprints.drains_of(f)
            last = start + f["tiles"]
            first = last - 1 if f["pool"] else max(start, last - LAG_LIMIT)
            self._recent.extend((drains, f, tile) for tile in range(first, last))

    def latest(self) -> Iterator[Drained]:
        """The drained tiles, the latest first."""
        for drains, f, tile in reversed(self._recent):
            yield Drained(drains.written(f, (tile, tile + 1)), f["list_length"] * (f["tiles"] if f["pool"] else 1))

    def clear_vectors(self, f: Fields, start: int) -> Iterator[tuple[int, int, int]]:
        """For every lag: the lag, vectors at the start of a COMPUTE that read nothing the last so many tiles write, vectors since those began."""
        low, high = self.footprints.reads_in_order(f, start, AHEAD_LIMIT)
        written = np.zeros(self.footprints.accelerator.bank_depth + 1, np.int32)
        clear, since = len(low), 0
        for lag, drained in enumerate(self.latest(), 1):
            written[drained.rows + 1] = 1
            since += drained.vectors
            clear = min(clear, _first_hit(np.cumsum(written), low, high))
            if not clear:
                return
            yield lag, clear, since


def _first_hit(below: NDArray[np.int32], low: Ints, high: Ints) -> int:
    """The first range that holds something; `below` counts what lies below each row."""
    last = len(below) - 1
    hits = below[np.clip(high, 0, last)] > below[np.clip(low, 0, last)]
    return int(hits.argmax()) if hits.any() else len(low)


def start_early(program: Program) -> Program:
    """The program with `ahead` and `lag` set where a COMPUTE behind new settings or MARK need not wait for all drains before it."""
    image, footprints = program.image.copy(), Footprints(program)
    recent = RecentDrains(footprints)
    for index in range(program.instruction_count):
        at = slice(HEADER_BYTES + index * INSTRUCTION_BYTES, HEADER_BYTES + (index + 1) * INSTRUCTION_BYTES)
        opcode, fields = decode(image[at].tobytes())
        start = footprints.follow(opcode, fields)
        if recent.behind_border(opcode):
            lag, ahead = _best(recent, fields, start)
            fields |= {"ahead": ahead, "lag": lag}
            del fields["opcode"]
            image[at] = np.frombuffer(encode(opcode, **fields), np.uint8)
        recent.follow(opcode, fields, start)
    return replace(program, image=image)


def _best(recent: RecentDrains, f: Fields, start: int) -> tuple[int, int]:
    """The lag that saves most, and the vectors that it allows: those since the lagging tiles began pass while older ones are written."""
    found = recent.clear_vectors(f, start)
    best = max(found, key=lambda c: (min(c[1], c[2], DRAIN_CYCLES), -c[0]), default=(0, 0, 0))
    return best[0], best[1]
