"""What each instruction of a program reads and writes, in which memory; lists and records are followed as the program loads them."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import ENTRY_BYTES, ENTRY_FIELDS, RECORD_BYTES, RECORD_FIELDS, Field, Opcode, Target, unpack
from hwservice.ir.program import Program

Ints = NDArray[np.int64]
Fields = dict[str, int]


class Memory(IntEnum):
    """All memories; the first four are those of `Target`."""

    VECTOR = 0
    LIST = 1
    RECORD = 2
    BANK = 3
    DRAM = 4


@dataclass(frozen=True, eq=False)
class Access:
    """One instruction's reads or writes in one memory."""

    memory: Memory
    places: Ints
    """Vectors, list entries, records, bank rows, or DRAM beats behind the program's image."""
    writes: bool
    drains: bool = False
    """COMPUTE's drains do it, which come after its vectors and after later vectors too."""


class Footprints:
    """Follows a program from its start; `of` is asked for every instruction in order."""

    def __init__(self, program: Program) -> None:
        a = program.accelerator
        self.accelerator, self.image = a, program.image
        self.image_beats = -(-len(program.image) // a.dram_bytes)
        self.entries = np.zeros(a.list_depth, np.uint32)
        self.records = np.zeros((a.record_depth, 2), np.uint64)
        self.geometry: Fields = {}
        self.output: Fields = {}
        self.cursor = 0
        self._read: dict[tuple[int, ...], Ints] = {}

    def follow(self, opcode: Opcode, f: Fields) -> int:
        """Take the next instruction's effect on lists, records and settings; returns the first tile of a COMPUTE."""
        start = 0
        match opcode:
            case Opcode.LOAD:
                self._fill(f)
            case Opcode.GEOMETRY:
                self.geometry, self.cursor = f, 0
                self._read.clear()
            case Opcode.OUTPUT:
                self.output, self.cursor = f, 0
            case Opcode.COMPUTE:
                start = 0 if f["rewind"] else self.cursor
                self.cursor = start if f["hold"] else start + f["tiles"]
            case _:
                pass
        return start

    def of(self, opcode: Opcode, f: Fields, start: int) -> list[Access]:
        """What the instruction touches that was followed last; `start` is the first tile of a COMPUTE."""
        match opcode:
            case Opcode.LOAD:
                return self._load(f)
            case Opcode.STORE:
                rows = self._planes(f["local_address"], f["local_stride"], f["planes"], self._rows(f))
                return [Access(Memory.BANK, rows, False), self._dram(f, True)]
            case Opcode.COMPUTE:
                return self._compute(f, (start, start + f["tiles"]))
            case _:
                return []

    def _rows(self, f: Fields) -> int:
        return -(-f["beats"] * self.accelerator.dram_bytes // self.accelerator.lanes)

    def _planes(self, start: int, stride: int, planes: int, length: int) -> Ints:
        return (start + stride * np.arange(planes)[:, None] + np.arange(length)).ravel()

    def _dram(self, f: Fields, writes: bool) -> Access:
        beat = self.accelerator.dram_bytes
        start = f["dram_address"] // beat - self.image_beats
        places = self._planes(start, f["dram_stride"] // beat, f["planes"], f["beats"]) if start >= 0 else np.arange(0)
        return Access(Memory.DRAM, places, writes)

    def _load(self, f: Fields) -> list[Access]:
        target = Target(f["target"])
        if target is Target.BANK:
            rows = self._planes(f["local_address"], f["local_stride"], f["planes"], self._rows(f))
            return [self._dram(f, False), Access(Memory.BANK, rows, True)]
        here = self._elements(f)
        return [Access(Memory(target), np.arange(here.start, here.stop), True)]

    def _elements(self, f: Fields) -> slice:
        """Elements of a scratchpad that a LOAD writes."""
        a = self.accelerator
        element = {Target.VECTOR: a.rows, Target.LIST: ENTRY_BYTES, Target.RECORD: RECORD_BYTES}[Target(f["target"])]
        return slice(f["local_address"], f["local_address"] + f["beats"] * a.dram_bytes // element)

    def _fill(self, f: Fields) -> None:
        """Keep the lists and records that are loaded."""
        raw = self.image[f["dram_address"] :][: f["beats"] * self.accelerator.dram_bytes]
        if f["target"] == Target.LIST:
            self.entries[self._elements(f)] = raw.view("<u4")
            self._read.clear()
        elif f["target"] == Target.RECORD:
            self.records[self._elements(f)] = raw.view("<u8").reshape(-1, 2)

    def _compute(self, f: Fields, tiles: tuple[int, int]) -> list[Access]:
        length = f["list_length"]
        found = [
            Access(Memory.LIST, np.arange(f["list_address"], f["list_address"] + length), False),
            Access(Memory.VECTOR, np.arange(f["vector_address"], f["vector_address"] + length), False),
            Access(Memory.BANK, self._sources(f, tiles), False),
        ]
        if f["last"]:
            records = np.arange(f["record_address"], f["record_address"] + f["filters"])
            found += [Access(Memory.RECORD, records, False, drains=True), *self._drains(f, tiles)]
        return found

    def _sources(self, f: Fields, tiles: tuple[int, int]) -> Ints:
        """Bank rows that the array reads, but for lanes outside the map."""
        names = ("list_address", "list_length", "origin_y", "origin_x", "origin_flat")
        key = (*(f[name] for name in names), *tiles)
        if key not in self._read:
            entries = self.entries[f["list_address"] :][: f["list_length"]]
            lanes = self.accelerator.lanes
            ranges = self._read_rows(f, entries, tiles[0] * lanes, tiles[1] * lanes - 1)
            self._read[key] = _covered(self.accelerator.bank_depth, *ranges)
        return self._read[key]

    def reads_in_order(self, f: Fields, start: int, most: int) -> tuple[Ints, Ints]:
        """The bank rows, from and up to, that each vector of a COMPUTE reads, in the order of their issue; the first `most` of them."""
        length, lanes = f["list_length"], self.accelerator.lanes
        order = np.arange(min(most, length * f["tiles"]))
        entries = self.entries[f["list_address"] + order % length]
        first = (start + order // length) * lanes
        return self._read_rows(f, entries, first, first + lanes - 1)

    def _read_rows(
        self, f: Fields, entries: NDArray[np.uint32], first: int | Ints, last: int | Ints
    ) -> tuple[Ints, Ints]:
        """Bank rows, from and up to, that entries read for flat pixels `first` to `last`; lanes outside the map read none."""
        e = _split(entries.astype(np.int64), ENTRY_FIELDS)
        g, lanes = self.geometry, self.accelerator.lanes
        pitch = g["pitch"]
        rows, columns = e["dy"] + f["origin_y"], e["dx"] + f["origin_x"]
        shift = rows * pitch + columns
        base = e["flat"] + f["origin_flat"] - shift
        low = np.maximum(first + shift, np.maximum(0, first // pitch + rows) * pitch)
        bottom = np.minimum(g["in_height"] - e["short_y"] - 1, last // pitch + rows)
        high = np.minimum(last + 1 + shift, bottom * pitch + g["in_width"] - e["short_x"])
        return (base + low) // lanes, -(-(base + high) // lanes)

    def drains_of(self, f: Fields) -> "Drains":
        """The drains of a COMPUTE, with the records and settings as they are now."""
        return Drains(
            self.accelerator, self.geometry, self.output, self.records[f["record_address"] :][: f["filters"]].copy()
        )

    def _drains(self, f: Fields, tiles: tuple[int, int]) -> list[Access]:
        """Bank rows of skips and outputs."""
        drains = self.drains_of(f)
        skips = drains.skip_read(f, tiles)
        read = [Access(Memory.BANK, skips, False, drains=True)] if len(skips) else []
        return [*read, Access(Memory.BANK, drains.written(f, tiles), True, drains=True)]


@dataclass(frozen=True, eq=False)
class Drains:
    """What the drains of a COMPUTE touch: its records and the settings in force."""

    accelerator: Accelerator
    geometry: Fields
    output: Fields
    records: NDArray[np.uint64]
    """[filters, 2]"""

    @cached_property
    def _fields(self) -> list[Fields]:
        return [unpack(RECORD_FIELDS, int(high) << 64 | int(low)) for low, high in self.records]

    def written(self, f: Fields, tiles: tuple[int, int]) -> Ints:
        """Bank rows that are written for tiles from and up to; those of a pooled sum whatever the tiles."""
        outs = np.asarray([record["out_row"] for record in self._fields])
        if self.output["scatter"] and not f["pool"]:
            return self._scattered(outs, tiles)
        return np.asarray(outs[:, None] + self._span(f, tiles)).ravel()

    def skip_read(self, f: Fields, tiles: tuple[int, int]) -> Ints:
        """Bank rows of skip planes that are read."""
        skips = np.asarray([record["skip_row"] for record in self._fields if record["skip_enable"]], np.int64)
        return np.asarray(skips[:, None] + self._span(f, tiles)).ravel()

    def _span(self, f: Fields, tiles: tuple[int, int]) -> Ints:
        low, high = (0, 1) if f["pool"] else self._window(tiles)
        return np.arange(low // self.accelerator.lanes, -(-high // self.accelerator.lanes))

    def _window(self, tiles: tuple[int, int]) -> tuple[int, int]:
        """Flat pixels from the first to the last that is written."""
        o, lanes, pitch = self.output, self.accelerator.lanes, self.geometry["pitch"]
        low = max(tiles[0] * lanes, o["y0"] * pitch + o["x0"])
        return low, max(low, min(tiles[1] * lanes, (o["y1"] - 1) * pitch + o["x1"]))

    def _scattered(self, outs: Ints, tiles: tuple[int, int]) -> Ints:
        o, lanes = self.output, self.accelerator.lanes
        low, high = self._window(tiles)
        if high == low:
            return np.arange(0)
        pitch = self.geometry["pitch"]
        first, last = low // pitch // o["stride_y"], (high - 1) // pitch // o["stride_y"]
        within = (first * o["pitch"], last * o["pitch"] + (o["x1"] - 1) // o["stride_x"] + 1)
        phases = np.arange(o["stride_y"] * o["stride_x"]) * o["phase_rows"]
        odd = np.arange(o["stride_y"] * o["stride_x"]) % o["stride_x"] if o["paired"] and o["stride_x"] == 2 else 0
        base = ((outs[:, None] + phases) * lanes + odd * (lanes // 2)).ravel() + o["offset"]
        return _covered(self.accelerator.bank_depth, (base + within[0]) // lanes, -(-(base + within[1]) // lanes))


def _covered(depth: int, low: Ints, high: Ints) -> Ints:
    """Of `depth` bank rows, those in at least one of the ranges [low, high)."""
    some = high > low
    edges = np.bincount(np.clip(low[some], 0, depth), minlength=depth + 1)
    edges = edges - np.bincount(np.clip(high[some], 0, depth), minlength=depth + 1)
    return np.flatnonzero(np.cumsum(edges)[:depth] > 0)


def _split(words: Ints, fields: tuple[Field, ...]) -> dict[str, Ints]:
    """Unsigned fields of many words."""
    found, at = {}, 0
    for field in fields:
        found[field.name] = (words >> at) & ((1 << field.bits) - 1)
        at += field.bits
    return found
