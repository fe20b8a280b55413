"""Weights, lists and records of a layer as segments of their scratchpads; small ones of several groups share one."""

import numpy as np

from contracts.accelerator import Accelerator
from contracts.isa import ENTRY_BYTES, Target
from hwservice.compiler.groups import FilterGroup, Walk
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import Segment
from hwservice.compiler.payloads import Bytes, entry_words, record_bytes
from hwservice.compiler.state import Frame, Schedule
from hwservice.ir.quantised import Layer, Region

BATCH_SHARE = 8
"""Small groups are loaded together, up to this part of a scratchpad at a time."""

Placed = tuple[Segment, int]
"""A segment and an offset into it, in elements."""


def chunks(length: int, limit: int) -> list[tuple[int, int]]:
    """Cut a walk that is longer than `limit` into pieces of at most half of it, so that the next piece loads meanwhile.

    All are about as long: beside a short one, DRAM would wait for the array.
    """
    if length <= limit:
        return [(0, length)]
    count = ceil_div(length, limit // 2 // 8 * 8)
    step = ceil_div(length, 8 * count) * 8
    return [(low, min(low + step, length)) for low in range(0, length, step)]


class Weights:
    """Vector segments of a layer: small groups share one. Kept over bands by using the same object again.

    Args:
        accelerator: its vector memory says how long a segment may be.
        groups: the layer's.
        lead: so many groups at the start share no segment with those after them.
    """

    def __init__(self, accelerator: Accelerator, groups: tuple[FilterGroup, ...], lead: int = 0) -> None:
        self.limit = accelerator.vector_depth // BATCH_SHARE
        self._whole: dict[tuple[int, int], Placed] = {}
        self._parts: dict[tuple[int, int, int], Segment] = {}
        self.elements = sum(g.vector_count for g in groups)
        batch: list[tuple[int, Walk]] = []
        for number, group in enumerate(groups):
            for walk in group.walks:
                waiting = sum(len(w.vectors) for _, w in batch)
                if batch and (waiting + len(walk.vectors) > self.limit or batch[-1][0] < lead <= number):
                    self._close(batch)
                    batch = []
                batch.append((number, walk))
        self._close(batch)

    def _close(self, batch: list[tuple[int, Walk]]) -> None:
        payload = np.concatenate([walk.vectors for _, walk in batch]).view(np.uint8).ravel()
        segment = Segment(Target.VECTOR, payload, sum(len(w.vectors) for _, w in batch))
        at = 0
        for number, walk in batch:
            self._whole[number, id(walk)] = segment, at
            at += len(walk.vectors)

    def kept_or_again(self, accelerator: Accelerator) -> "Weights":
        """For another round: themselves where at most half the memory holds them, otherwise to be loaded once more."""
        return self.again() if self.elements > accelerator.vector_depth // 2 else self

    def again(self) -> "Weights":
        """The same weights to be loaded once more."""
        copy = Weights.__new__(Weights)
        copy.limit, copy.elements = self.limit, self.elements
        copy._parts = {key: s.again() for key, s in self._parts.items()}
        fresh = {id(s): s.again() for s, _ in self._whole.values()}
        copy._whole = {key: (fresh[id(s)], at) for key, (s, at) in self._whole.items()}
        return copy

    def get(self, number: int, walk: Walk, low: int, high: int, fresh: bool) -> Placed:
        """Segment and offset of a walk or of a chunk of it; where `fresh`, a segment that is loaded anew."""
        if not fresh and (low, high) == (0, len(walk.vectors)):
            return self._whole[number, id(walk)]
        key = (number, id(walk), low)
        if key not in self._parts:
            self._parts[key] = Segment(Target.VECTOR, walk.vectors[low:high].view(np.uint8).ravel(), high - low)
        kept = self._parts[key]
        return (kept.again() if fresh else kept), 0


class Lists:
    """List segments of a layer in one frame; `lead` as for `Weights`."""

    def __init__(self, s: Schedule, layer: Layer, groups: tuple[FilterGroup, ...], frame: Frame, lead: int = 0) -> None:
        self.layout = s.layout(layer.sources[0].tensor)
        self._segments: dict[int, Placed] = {}
        self._words: dict[int, Bytes] = {}
        self._chunks: dict[tuple[int, int], Bytes] = {}
        limit = s.accelerator.list_depth // BATCH_SHARE
        batch: list[int] = []
        waiting = 0
        for number, walk in ((number, walk) for number, group in enumerate(groups) for walk in group.walks):
            key = id(walk.sources)
            if key in self._words:
                continue
            words = entry_words(walk.sources, frame.plane_rows, self.layout, (frame.short_bottom, True))
            self._words[key] = words
            if batch and (waiting + len(words) // ENTRY_BYTES > limit or number == lead):
                self._close(batch)
                batch, waiting = [], 0
            batch.append(key)
            waiting += len(words) // ENTRY_BYTES
        self._close(batch)

    @property
    def elements(self) -> int:
        """Entries over all lists."""
        return sum(len(words) for words in self._words.values()) // ENTRY_BYTES

    def kept_or_again(self, accelerator: Accelerator) -> "Lists":
        """For another round: themselves where at most half the memory holds them, otherwise to be loaded once more."""
        return self.again() if self.elements > accelerator.list_depth // 2 else self

    def again(self) -> "Lists":
        """The same lists to be loaded once more."""
        copy = Lists.__new__(Lists)
        copy.layout, copy._words, copy._chunks = self.layout, self._words, self._chunks
        fresh = {id(s): s.again() for s, _ in self._segments.values()}
        copy._segments = {key: (fresh[id(s)], at) for key, (s, at) in self._segments.items()}
        return copy

    def _close(self, batch: list[int]) -> None:
        payload = np.concatenate([self._words[key] for key in batch])
        segment, at = Segment(Target.LIST, payload, len(payload) // ENTRY_BYTES), 0
        for key in batch:
            self._segments[key] = segment, at
            at += len(self._words[key]) // ENTRY_BYTES

    def get(self, walk: Walk, low: int, high: int, fresh: bool) -> Placed:
        """Segment and offset of a walk's list or of a chunk of it; where `fresh`, a segment that is loaded anew."""
        key = id(walk.sources)
        if not fresh:
            segment, at = self._segments[key]
            return segment, at + low
        words = self._chunks.setdefault((key, low), self._words[key][low * ENTRY_BYTES : high * ENTRY_BYTES].copy())
        return Segment(Target.LIST, words, high - low), 0


def record_segments(
    s: Schedule, layer: Layer, region: Region, groups: tuple[FilterGroup, ...], frame: Frame, lead: int = 0
) -> list[Placed]:
    """Per group, the segment and offset of its records; several groups share one segment; `lead` as for `Weights`."""
    per_segment = max(1, s.accelerator.record_depth // BATCH_SHARE // s.accelerator.rows)
    found: list[Placed] = []
    starts = [*range(min(lead, len(groups))), *range(lead, len(groups), per_segment)]
    for start, stop in zip(starts, [*starts[1:], len(groups)], strict=True):
        batch = groups[start:stop]
        filters = [f for group in batch for f in group.filters]
        payload = record_bytes(layer, region, filters, frame.out_rows, frame.skip_rows)
        segment, at = Segment(Target.RECORD, payload, len(filters)), 0
        for group in batch:
            found.append((segment, at))
            at += len(group.filters)
    return found
