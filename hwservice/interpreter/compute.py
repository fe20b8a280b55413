"""The compute unit: geometry, the walk along a list, accumulation and drains."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.isa import ENTRY_FIELDS, FLAT_MASK, RECORD_FIELDS, Counter, Fault, unpack
from hwservice.interpreter.memory import MachineFault, Memory
from hwservice.ir.arithmetic import Rounding, wrap_int32

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pixels:
    """Where the lanes of some tiles are: flat pixel, row and column, each [tiles * lanes]."""

    flat: Ints
    y: Ints
    x: Ints


@dataclass
class ComputeUnit:
    """State of the compute unit between instructions."""

    memory: Memory
    geometry: dict[str, int] | None = None
    output: dict[str, int] | None = None
    cursor: int = 0
    """Index of the next tile."""
    sums: Ints = field(init=False)
    """[rows, lanes]: sums of the last tile; a COMPUTE that is not `first` goes on with them."""

    def __post_init__(self) -> None:
        a = self.memory.accelerator
        self.sums = np.zeros((a.rows, a.lanes), np.int64)

    def set_geometry(self, f: dict[str, int]) -> None:
        """GEOMETRY."""
        if f["pitch"] < 1:
            raise MachineFault(Fault.ILLEGAL_FIELD, "pitch is 0")
        self.geometry = f
        self.cursor = 0

    def set_output(self, f: dict[str, int]) -> None:
        """OUTPUT."""
        if f["scatter"] and not (f["stride_y"] and f["stride_x"]):
            raise MachineFault(Fault.ILLEGAL_FIELD, "a stride is 0")
        self.output = f
        self.cursor = 0

    def compute(self, f: dict[str, int]) -> None:
        """COMPUTE."""
        self._check(f)
        if f["rewind"]:
            self.cursor = 0
        start = self.cursor
        lanes = self.memory.accelerator.lanes
        pixels = self._pixels(start, f["tiles"])
        totals = self._accumulate(f, pixels)
        if f["pool"] or f["tiles"] == 1:
            totals = self._carry(f, totals)
        else:
            self.sums = wrap_int32(totals[:, -lanes:])
        if f["last"] and f["pool"]:
            pooled = np.zeros((totals.shape[0], lanes), np.int64)
            pooled[:, 0] = totals.sum(axis=1)
            self._drain(f, pooled, self._pixels(0, 1), pool=True)
        elif f["last"]:
            self._drain(f, totals, pixels, pool=False)
        self.cursor = start if f["hold"] else start + f["tiles"]

    def _check(self, f: dict[str, int]) -> None:
        a = self.memory.accelerator
        if self.geometry is None or self.output is None:
            raise MachineFault(Fault.ILLEGAL_FIELD, "COMPUTE before GEOMETRY and OUTPUT")
        limits = (
            (1 <= f["filters"] <= a.rows, f"{f['filters']} filters"),
            (f["list_length"] >= 1 and f["list_address"] + f["list_length"] <= a.list_depth, "list range"),
            (f["vector_address"] + f["list_length"] <= a.vector_depth, "vector range"),
            (f["record_address"] + f["filters"] <= a.record_depth, "record range"),
            (f["tiles"] >= 1, "no tiles"),
            (f["tiles"] == 1 or f["pool"] or (f["first"] and f["last"]), "sums of several tiles carried on"),
            (not (f["pool"] and self.output["scatter"]), "a pooled sum scattered"),
        )
        for fine, what in limits:
            if not fine:
                raise MachineFault(Fault.ILLEGAL_FIELD, what)

    def _pixels(self, tile: int, tiles: int) -> Pixels:
        assert self.geometry is not None
        lanes = self.memory.accelerator.lanes
        flat = np.arange(tile * lanes, (tile + tiles) * lanes, dtype=np.int64)
        return Pixels(flat, flat // self.geometry["pitch"], flat % self.geometry["pitch"])

    def _window(self, pixels: Pixels) -> Mask:
        """Lanes inside the output window."""
        assert self.output is not None
        o = self.output
        return (pixels.y >= o["y0"]) & (pixels.y < o["y1"]) & (pixels.x >= o["x0"]) & (pixels.x < o["x1"])

    def _accumulate(self, f: dict[str, int], pixels: Pixels) -> Ints:
        """The list's contribution, [rows, tiles * lanes]."""
        a = self.memory.accelerator
        entries = self.memory.entries.view("<u4")[f["list_address"] :][: f["list_length"]]
        vectors = self.memory.vectors.view(np.int8).reshape(-1, a.rows)[f["vector_address"] :][: f["list_length"]]
        window = self._window(pixels)
        totals = np.zeros((a.rows, len(pixels.flat)), np.int64)
        for entry, vector in zip(entries, vectors, strict=True):
            value, inside = self._read(f, unpack(ENTRY_FIELDS, int(entry)), pixels)
            weights = vector.astype(np.int64)[:, None]
            if f["maximum"]:
                totals = np.where(weights != 0, np.maximum(totals, value), totals)
            else:
                totals += weights * value
            useful = inside if f["pool"] else window
            self.memory.counters[Counter.USEFUL_CELLS] += int((vector != 0).sum()) * int(useful.sum())
        for counter in (Counter.ISSUED, Counter.BANK_READS):
            self.memory.counters[counter] += f["list_length"] * f["tiles"]
        return totals

    def _read(self, f: dict[str, int], entry: dict[str, int], pixels: Pixels) -> tuple[Ints, Mask]:
        """Activations that one entry gives to the lanes, and which lanes lie inside the source plane."""
        assert self.geometry is not None
        g = self.geometry
        y = pixels.y + entry["dy"] + f["origin_y"]
        x = pixels.x + entry["dx"] + f["origin_x"]
        inside = (y >= 0) & (y < g["in_height"] - entry["short_y"]) & (x >= 0) & (x < g["in_width"] - entry["short_x"])
        address = (pixels.flat + entry["flat"] + f["origin_flat"]) & FLAT_MASK
        if (address[inside] >= len(self.memory.banks)).any():
            raise MachineFault(Fault.ILLEGAL_FIELD, "an entry reads beyond the banks")
        values = np.where(inside, self.memory.banks[np.where(inside, address, 0)], g["pad_value"])
        return values.astype(np.int64), inside

    def _carry(self, f: dict[str, int], totals: Ints) -> Ints:
        """Join with sums left by the COMPUTE before, over all tiles where they are pooled; keep the result."""
        a = self.memory.accelerator
        by_tile = totals.reshape(a.rows, f["tiles"], a.lanes)
        here = by_tile.max(axis=1) if f["maximum"] else by_tile.sum(axis=1)
        if not f["first"]:
            here = np.maximum(self.sums, here) if f["maximum"] else self.sums + here
        self.sums = wrap_int32(here)
        return self.sums

    def _drain(self, f: dict[str, int], totals: Ints, pixels: Pixels, pool: bool) -> None:
        assert self.output is not None
        lanes = self.memory.accelerator.lanes
        rounding = _rounding(self.output)
        records = self.memory.records.reshape(-1, 16)
        window = pixels.flat == 0 if pool else self._window(pixels)
        for row in range(f["filters"]):
            raw = int.from_bytes(records[f["record_address"] + row].tobytes(), "little")
            record = unpack(RECORD_FIELDS, raw)
            skip = self._skip(record, pixels) if record["skip_enable"] else None
            values = rounding.apply(
                totals[row] + record["bias"], np.int64(record["multiplier"]), np.int64(record["shift"]), skip
            )
            if self.output["scatter"] and not pool:
                self._scatter(record["out_row"] * lanes, values, pixels, window)
            else:
                self._write(record["out_row"] * lanes + pixels.flat, values, window)
                self.memory.counters[Counter.BANK_WRITES] += int(window.reshape(-1, lanes).any(axis=1).sum())
        self.memory.counters[Counter.DRAINS] += f["filters"] * (len(pixels.flat) // lanes)

    def _skip(self, record: dict[str, int], pixels: Pixels) -> Ints:
        address = record["skip_row"] * self.memory.accelerator.lanes + pixels.flat
        if address[-1] >= len(self.memory.banks):
            raise MachineFault(Fault.ILLEGAL_FIELD, "a skip plane lies beyond the banks")
        self.memory.counters[Counter.SKIP_READS] += len(pixels.flat) // self.memory.accelerator.lanes
        return self.memory.banks[address].astype(np.int64)

    def _scatter(self, base: int, values: NDArray[np.uint8], pixels: Pixels, window: Mask) -> None:
        """Write by phase planes.

        One bank write covers the pixels of one tile and map row, with stride_x 2 of one column parity (unless they are paired and the map's pitch
        is even), beyond that one pixel.
        """
        assert self.output is not None
        assert self.geometry is not None
        o, stride_y, stride_x = self.output, self.output["stride_y"], self.output["stride_x"]
        lanes = self.memory.accelerator.lanes
        phase = (pixels.y % stride_y) * stride_x + pixels.x % stride_x
        within = pixels.y // stride_y * o["pitch"] + pixels.x // stride_x
        if paired := o["paired"] and stride_x == 2:
            within = within + pixels.x % 2 * (lanes // 2)
        address = base + o["offset"] + phase * o["phase_rows"] * lanes + within
        self._write(address, values, window)
        together = paired and self.geometry["pitch"] % 2 == 0
        column = pixels.x if stride_x > 2 else pixels.x % (1 if together else stride_x)
        runs = np.stack([pixels.flat // lanes, pixels.y, column])[:, window]
        self.memory.counters[Counter.BANK_WRITES] += np.unique(runs, axis=1).shape[1] if window.any() else 0

    def _write(self, address: Ints, values: NDArray[np.uint8], window: Mask) -> None:
        kept = address[window]
        if kept.size and (kept.min() < 0 or kept.max() >= len(self.memory.banks)):
            raise MachineFault(Fault.ILLEGAL_FIELD, "a drain writes beyond the banks")
        self.memory.banks[kept] = values[window]


def _rounding(o: dict[str, int]) -> Rounding:
    return Rounding(
        out_zero=o["out_zero"],
        low=o["low"],
        high=o["high"],
        mid_wide=bool(o["mid_wide"]),
        mid_low=o["mid_low"],
        mid_high=o["mid_high"],
        main_multiplier=o["main_multiplier"],
        skip_multiplier=o["skip_multiplier"],
        second_shift=o["shift"],
        skip_zero=o["skip_zero"],
    )
