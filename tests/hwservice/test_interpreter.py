"""Each instruction against small independent numpy, and each fault by its name."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.accelerator import ISA_VERSION, Accelerator
from contracts.isa import (
    ENTRY_BYTES,
    ENTRY_FIELDS,
    FLAT_MASK,
    HEADER_BYTES,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    MAGIC,
    RECORD_BYTES,
    RECORD_FIELDS,
    TOKEN_LIMIT,
    Counter,
    ExecutionUnit,
    Fault,
    Opcode,
    Status,
    Target,
    encode,
    pack,
)
from hwservice.interpreter import Machine, Outcome

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

TINY = Accelerator(
    name="tiny", rows=4, lanes=8, bank_depth=64, vector_depth=64, list_depth=64, record_depth=16, dram_bytes=4
)
HEIGHT, WIDTH, PLANE_ROWS = 5, 6, 4
"""The map of most tests: 30 pixels, so rows wrap around the 8 lanes and the last of 4 tiles is not full."""
PLANE_PIXELS = PLANE_ROWS * TINY.lanes
OUT_ROW, SKIP_ROW = 16, 48
GEOMETRY = {"pitch": WIDTH, "in_height": HEIGHT, "in_width": WIDTH}
OUTPUT = {"x1": WIDTH, "y1": HEIGHT, "mid_low": -256, "mid_high": 255, "main_multiplier": 1, "high": 255}
WHOLE = {"tiles": PLANE_ROWS, "first": 1, "last": 1}


def program(*instructions: bytes, **header: int) -> Bytes:
    """DRAM of 4 KiB that begins with these instructions."""
    fields = {"magic": MAGIC, "isa_version": ISA_VERSION, "digest": TINY.digest, "instruction_count": len(instructions)}
    text = pack(HEADER_FIELDS, {**fields, **header}).to_bytes(HEADER_BYTES, "little") + b"".join(instructions)
    dram = np.zeros(max(4096, -(-len(text) // 4096) * 4096), np.uint8)
    dram[: len(text)] = np.frombuffer(text, np.uint8)
    return dram


@dataclass
class Bench:
    """A machine whose memories hold `planes` (and `skip` planes), to run lists of (channel, dy, dx, weights per row)."""

    planes: Bytes
    skip: Bytes | None = None
    seed: int = 0
    instructions: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.machine = Machine(TINY, program())
        self.memory = self.machine.memory
        for channel, plane in enumerate(self.planes):
            self._put(channel * PLANE_ROWS, plane)
        for filter_, plane in enumerate(self.skip if self.skip is not None else ()):
            self._put(SKIP_ROW + filter_ * PLANE_ROWS, plane)

    def _put(self, row: int, plane: Bytes) -> None:
        self.memory.banks[row * TINY.lanes :][: plane.size] = plane.ravel()

    def entry(self, position: int, flat: int, weights: Ints, **fields: int) -> None:
        """One list entry with its weight vector."""
        word = pack(ENTRY_FIELDS, {"flat": flat & FLAT_MASK, **fields})
        self.memory.entries[position * ENTRY_BYTES :][:ENTRY_BYTES] = np.frombuffer(
            word.to_bytes(4, "little"), np.uint8
        )
        vector = np.zeros(TINY.rows, np.int8)
        vector[: len(weights)] = weights
        self.memory.vectors[position * TINY.rows :][: TINY.rows] = vector.view(np.uint8)

    def convolution(self, weights: Ints) -> dict[str, int]:
        """A list for [filters, channels, kernel, kernel]; returns COMPUTE's fields for it with padding kernel // 2."""
        filters, channels, height, width = weights.shape
        for position, (c, dy, dx) in enumerate(np.ndindex(channels, height, width)):
            self.entry(position, c * PLANE_PIXELS + dy * WIDTH + dx, weights[:, c, dy, dx], dy=dy, dx=dx)
        return {"list_length": channels * height * width, "filters": filters, **origin(height // 2, WIDTH)}

    def records(self, filters: int, bias: int = 0, shift: int = 0, skip: bool = False, rows: int = PLANE_ROWS) -> None:
        """One record per filter; planes follow each other from OUT_ROW, skip planes from SKIP_ROW."""
        for k in range(filters):
            values = {"bias": bias, "multiplier": 1, "shift": shift, "skip_enable": int(skip)}
            places = {"out_row": OUT_ROW + k * rows, "skip_row": SKIP_ROW + k * PLANE_ROWS if skip else 0}
            word = pack(RECORD_FIELDS, {**values, **places}).to_bytes(RECORD_BYTES, "little")
            self.memory.records[k * RECORD_BYTES :][:RECORD_BYTES] = np.frombuffer(word, np.uint8)

    def run(self, *instructions: bytes) -> Outcome:
        """Run them from address 0; memories stay as they were."""
        self.memory.dram = program(*instructions)
        outcome = self.machine.run()
        assert outcome.status is Status.DONE, outcome.why
        return outcome

    def compute(
        self, output: dict[str, int] | None = None, geometry: dict[str, int] | None = None, /, **f: int
    ) -> Outcome:
        """GEOMETRY, OUTPUT and one COMPUTE."""
        return self.run(*shape(output, geometry), encode(Opcode.COMPUTE, **{**WHOLE, **f}))

    def plane(self, k: int, height: int = HEIGHT, width: int = WIDTH) -> Bytes:
        """Output plane k."""
        start = (OUT_ROW + k * PLANE_ROWS) * TINY.lanes
        return self.memory.banks[start : start + height * width].reshape(height, width)


def shape(output: dict[str, int] | None = None, geometry: dict[str, int] | None = None) -> tuple[bytes, bytes]:
    """GEOMETRY and OUTPUT with some fields changed."""
    return (
        encode(Opcode.GEOMETRY, **{**GEOMETRY, **(geometry or {})}),
        encode(Opcode.OUTPUT, **{**OUTPUT, **(output or {})}),
    )


def origin(pad: int, pitch: int) -> dict[str, int]:
    """COMPUTE's fields for entries that start `pad` rows above and columns left of the pixel."""
    return {"origin_y": -pad, "origin_x": -pad, "origin_flat": -pad * pitch - pad}


def correlate(planes: Bytes, weights: Ints, pad: int) -> Ints:
    """A convolution with padding kernel // 2, [filters, height, width]."""
    _, _, kh, kw = weights.shape
    padded = np.pad(planes.astype(np.int64), ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)), constant_values=pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))
    result: Ints = np.einsum("cyxhw,fchw->fyx", windows, weights)
    return result


def half_even(values: Ints, shift: int) -> Ints:
    """numpy rounds ties to even."""
    rounded: Ints = np.rint(values / 2**shift).astype(np.int64)
    return rounded


def some_planes(count: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, HEIGHT, WIDTH)).astype(np.uint8)


def some_weights(*size: int) -> Ints:
    return np.random.default_rng(1).integers(-128, 128, size)


def test_compute_is_a_padded_convolution_with_bias_and_rounding() -> None:
    bench, weights = Bench(some_planes(2)), some_weights(3, 2, 3, 3)
    fields = bench.convolution(weights)
    bench.records(3, bias=-700, shift=9)
    bench.compute({"out_zero": 128}, {"pad_value": 7}, **fields)
    expected = np.clip(half_even(correlate(bench.planes, weights, 7) - 700, 9) + 128, 0, 255)
    for k in range(3):
        np.testing.assert_array_equal(bench.plane(k), expected[k])


def test_ties_go_to_the_even_neighbour() -> None:
    bench = Bench(np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(1, HEIGHT, WIDTH))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1, shift=1)
    bench.compute(list_length=1, filters=1)
    assert bench.plane(0).ravel()[:8].tolist() == [0, 0, 1, 2, 2, 2, 3, 4]


@pytest.mark.parametrize("output", [{}, {"scatter": 1, "pitch": WIDTH, "stride_y": 1, "stride_x": 1}])
def test_compute_writes_only_inside_the_output_window(output: dict[str, int]) -> None:
    bench = Bench(some_planes(1))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1)
    bench.compute({**output, "x0": 1, "x1": 4, "y0": 2, "y1": 4}, list_length=1, filters=1)
    expected = np.zeros_like(bench.planes[0])
    expected[2:4, 1:4] = bench.planes[0, 2:4, 1:4]
    np.testing.assert_array_equal(bench.plane(0), expected)


def test_an_origin_moves_every_entry() -> None:
    bench = Bench(some_planes(1))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1)
    bench.compute(None, {"pad_value": 9}, list_length=1, filters=1, origin_y=1, origin_x=-2, origin_flat=WIDTH - 2)
    expected = np.full_like(bench.planes[0], 9)
    expected[:-1, 2:] = bench.planes[0, 1:, :-2]
    np.testing.assert_array_equal(bench.plane(0), expected)


def test_clamps_hold_before_and_after_the_output_zero_point() -> None:
    bench = Bench(some_planes(1))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1)
    clamps = {"mid_low": 20, "mid_high": 180, "out_zero": 40, "low": 70, "high": 200}
    bench.compute(clamps, list_length=1, filters=1)
    expected = np.clip(np.clip(bench.planes[0].astype(np.int64), 20, 180) + 40, 70, 200)
    np.testing.assert_array_equal(bench.plane(0), expected)


def test_compute_keeps_the_greatest_of_rows_with_a_weight() -> None:
    bench = Bench(some_planes(2))
    fields = bench.convolution(np.eye(2, dtype=np.int64)[:, :, None, None] * np.ones((1, 1, 3, 3), np.int64))
    bench.records(2)
    bench.compute(**fields, maximum=1)
    padded = np.pad(bench.planes, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    for k in range(2):
        np.testing.assert_array_equal(bench.plane(k), windows[k].max(axis=(2, 3)))


def test_pool_adds_all_pixels_into_the_first() -> None:
    bench = Bench(some_planes(2))
    bench.convolution(np.eye(2, dtype=np.int64)[:, :, None, None])
    bench.records(2, shift=5)
    bench.compute(list_length=2, filters=2, pool=1)
    for k in range(2):
        assert bench.plane(k)[0, 0] == half_even(bench.planes[k].sum(dtype=np.int64), 5)
        assert not bench.plane(k).ravel()[1:].any()


def test_a_skip_plane_is_added_between_the_two_roundings() -> None:
    bench, weights = Bench(some_planes(1), skip=some_planes(2, seed=5)), some_weights(2, 1, 3, 3)
    fields = bench.convolution(weights)
    bench.records(2, shift=7, skip=True)
    second = {"main_multiplier": 3000, "skip_multiplier": -1700, "shift": 12, "skip_zero": 90, "out_zero": 100}
    bench.compute(second, **fields)
    main = np.clip(half_even(correlate(bench.planes, weights, 0), 7), -256, 255)
    assert bench.skip is not None
    total = main * 3000 + (bench.skip.astype(np.int64) - 90) * -1700
    for k in range(2):
        np.testing.assert_array_equal(bench.plane(k), np.clip(half_even(total[k], 12) + 100, 0, 255))


def test_a_wide_middle_rounds_once_in_all() -> None:
    bench, weights = Bench(some_planes(1)), some_weights(2, 1, 1, 1)
    bench.convolution(weights)
    bench.records(2, shift=3)
    bench.compute({"mid_wide": 1, "main_multiplier": 1, "shift": 4, "out_zero": 128}, list_length=1, filters=2)
    expected = np.clip(half_even(correlate(bench.planes, weights, 0), 3 + 4) + 128, 0, 255)
    for k in range(2):
        np.testing.assert_array_equal(bench.plane(k), expected[k])


def test_a_scattered_map_is_read_with_stride_two() -> None:
    bench, weights = Bench(some_planes(1)), some_weights(1, 1, 3, 3)
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1)
    phase_rows, pitch = 2, 3
    bench.compute(
        {"scatter": 1, "pitch": pitch, "stride_y": 2, "stride_x": 2, "phase_rows": phase_rows}, list_length=1, filters=1
    )
    for position, (ky, kx) in enumerate(np.ndindex(3, 3)):
        (dy, py), (dx, px) = divmod(ky + 1, 2), divmod(kx + 1, 2)
        at = (OUT_ROW + (py * 2 + px) * phase_rows) * TINY.lanes + dy * pitch + dx
        bench.entry(position, at, weights[:, 0, ky, kx], dy=dy, dx=dx, short_y=py)
    bench.memory.records[0:RECORD_BYTES] = np.frombuffer(
        pack(RECORD_FIELDS, {"multiplier": 1, "shift": 9, "out_row": SKIP_ROW}).to_bytes(RECORD_BYTES, "little"),
        np.uint8,
    )
    size = {"x1": 3, "y1": 3, "out_zero": 128}
    geometry = {"pitch": pitch, "in_height": 3, "in_width": 3, "pad_value": 5}
    bench.compute(size, geometry, list_length=9, filters=1, tiles=2, **origin(1, pitch))
    strided = correlate(bench.planes, weights, 5)[0, ::2, ::2]
    found = bench.memory.banks[SKIP_ROW * TINY.lanes :][:9].reshape(3, 3)
    np.testing.assert_array_equal(found, np.clip(half_even(strided, 9) + 128, 0, 255))


def test_chunks_of_a_list_add_up_while_the_tile_is_held() -> None:
    bench, weights = Bench(some_planes(2)), some_weights(3, 2, 3, 3)
    fields = {**bench.convolution(weights), "tiles": 1}
    bench.records(3, shift=9)
    first = {**fields, "list_length": 11, "first": 1, "hold": 1}
    last = {**fields, "list_address": 11, "vector_address": 11, "list_length": 7, "last": 1}
    chunks = [encode(Opcode.COMPUTE, **f) for _ in range(PLANE_ROWS) for f in (first, last)]
    bench.run(*shape({"out_zero": 128}), *chunks)
    expected = np.clip(half_even(correlate(bench.planes, weights, 0), 9) + 128, 0, 255)
    for k in range(3):
        np.testing.assert_array_equal(bench.plane(k), expected[k])


def test_rewind_starts_at_the_first_tile_again() -> None:
    bench = Bench(some_planes(1))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(2)
    f = {**WHOLE, "list_length": 1, "filters": 1}
    again = encode(Opcode.COMPUTE, **f, record_address=1, rewind=1)
    bench.run(*shape(), encode(Opcode.COMPUTE, **f), again)
    np.testing.assert_array_equal(bench.plane(1), bench.planes[0])


def test_sums_wrap_at_32_bits() -> None:
    bench = Bench(np.full((1, HEIGHT, WIDTH), 255, np.uint8))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1, bias=2**31 - 1)
    bench.compute({"out_zero": 255}, list_length=1, filters=1)
    assert not bench.plane(0).any()


def test_counters_count_what_was_done() -> None:
    bench = Bench(some_planes(1))
    fields = bench.convolution(np.ones((3, 1, 3, 3), np.int64))
    bench.records(3, shift=9)
    counters = bench.compute(**fields).counters
    assert counters[Counter.ISSUED] == 9 * PLANE_ROWS
    assert counters[Counter.USEFUL_CELLS] == 3 * 9 * HEIGHT * WIDTH
    assert counters[Counter.DRAINS] == counters[Counter.BANK_WRITES] == 3 * PLANE_ROWS


@pytest.mark.parametrize(
    ("target", "memory"), [(Target.VECTOR, "vectors"), (Target.LIST, "entries"), (Target.RECORD, "records")]
)
def test_load_fills_a_scratchpad_plane_by_plane(target: Target, memory: str) -> None:
    size = {Target.VECTOR: TINY.rows, Target.LIST: ENTRY_BYTES, Target.RECORD: RECORD_BYTES}[target]
    bench = Bench(some_planes(0))
    place = {"dram_address": 16, "local_address": 2, "beats": 2 * size // 4, "planes": 2}
    bench.run(encode(Opcode.LOAD, target=target, **place, dram_stride=64, local_stride=5))
    found, dram = getattr(bench.memory, memory), bench.memory.dram
    np.testing.assert_array_equal(found[2 * size : 4 * size], dram[16 : 16 + 2 * size])
    np.testing.assert_array_equal(found[7 * size : 9 * size], dram[80 : 80 + 2 * size])
    assert not found[4 * size : 7 * size].any()


def test_load_leaves_the_other_lanes_of_a_last_row_alone() -> None:
    bench = Bench(some_planes(0))
    bench.memory.banks[:] = 99
    bench.run(encode(Opcode.LOAD, target=Target.BANK, local_address=3, beats=3, planes=1))
    np.testing.assert_array_equal(bench.memory.banks[24:36], bench.memory.dram[:12])
    assert (bench.memory.banks[36:] == 99).all()


def test_store_brings_planes_back_to_dram() -> None:
    bench = Bench(some_planes(2))
    place = {"dram_address": 1024, "beats": PLANE_PIXELS // 4, "planes": 2}
    bench.run(encode(Opcode.STORE, **place, dram_stride=512, local_stride=PLANE_ROWS))
    for k in range(2):
        found = bench.memory.dram[1024 + 512 * k :][: HEIGHT * WIDTH].reshape(HEIGHT, WIDTH)
        np.testing.assert_array_equal(found, bench.planes[k])


def test_snapshots_reach_dram_in_their_order() -> None:
    bench = Bench(some_planes(1))
    bench.convolution(np.ones((1, 1, 1, 1), np.int64))
    bench.records(1)
    compute = encode(Opcode.COMPUTE, **{**WHOLE, "list_length": 1, "filters": 1})
    stores = [encode(Opcode.STORE_COUNTERS, dram_address=address) for address in (1024, 1088)]
    bench.run(*shape(), encode(Opcode.MARK), compute, encode(Opcode.MARK), *stores)
    snapshots = bench.memory.dram[1024:1152].view("<u4").reshape(2, len(Counter))
    assert snapshots[:, Counter.ISSUED].tolist() == [0, PLANE_ROWS]


def test_a_token_given_is_a_token_taken() -> None:
    give = encode(Opcode.SYNC, unit=ExecutionUnit.LOAD, signal_a=1, signal_b=1)
    take_a = encode(Opcode.SYNC, unit=ExecutionUnit.COMPUTE, wait_a=2)
    take_b = encode(Opcode.SYNC, unit=ExecutionUnit.STORE, wait_a=1)
    assert ended(give, give, take_a, take_b, take_b) == (Status.DONE, Fault.NONE)
    assert ended(give, take_a) == (Status.ERROR, Fault.DEADLOCK)


def ended(*instructions: bytes, **header: int) -> tuple[Status, Fault]:
    outcome = Machine(TINY, program(*instructions, **header)).run()
    return outcome.status, outcome.fault


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ({"magic": 1}, Fault.BAD_MAGIC),
        ({"isa_version": ISA_VERSION + 1}, Fault.BAD_VERSION),
        ({"digest": TINY.digest ^ 1}, Fault.BAD_DIGEST),
        ({"instruction_count": 1000}, Fault.ILLEGAL_OPCODE),
    ],
)
def test_a_bad_header_is_a_fault(header: dict[str, int], fault: Fault) -> None:
    assert ended(**header) == (Status.ERROR, fault)


@pytest.mark.parametrize("opcode", [0, *range(len(Opcode) + 1, 16)])
def test_an_unknown_opcode_is_a_fault(opcode: int) -> None:
    assert ended(opcode.to_bytes(INSTRUCTION_BYTES, "little")) == (Status.ERROR, Fault.ILLEGAL_OPCODE)


TRANSFER = {"beats": 1, "planes": 1}


@pytest.mark.parametrize(
    ("instruction", "fault"),
    [
        (encode(Opcode.LOAD, target=3, beats=0, planes=1), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=3, beats=1, planes=0), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=3, **TRANSFER, dram_address=2), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=3, beats=1, planes=2, dram_stride=6), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=3, **TRANSFER, local_address=64), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=2, **TRANSFER), Fault.ILLEGAL_FIELD),
        (encode(Opcode.LOAD, target=3, **TRANSFER, dram_address=4096), Fault.DRAM_ERROR),
        (encode(Opcode.STORE, **TRANSFER, dram_address=4096), Fault.DRAM_ERROR),
        (encode(Opcode.STORE, **TRANSFER, local_address=64), Fault.ILLEGAL_FIELD),
        (encode(Opcode.STORE_COUNTERS), Fault.DEADLOCK),
        (encode(Opcode.GEOMETRY, pitch=0), Fault.ILLEGAL_FIELD),
        (encode(Opcode.OUTPUT, scatter=1, stride_y=1), Fault.ILLEGAL_FIELD),
        (encode(Opcode.COMPUTE, **WHOLE, filters=1, list_length=1), Fault.ILLEGAL_FIELD),
        (encode(Opcode.SYNC, unit=3), Fault.ILLEGAL_FIELD),
        (encode(Opcode.SYNC, unit=2, wait_b=1), Fault.DEADLOCK),
    ],
)
def test_an_instruction_that_cannot_be_done_is_a_fault_with_its_index(instruction: bytes, fault: Fault) -> None:
    outcome = Machine(TINY, program(encode(Opcode.SYNC), instruction)).run()
    assert (outcome.status, outcome.fault, outcome.fault_index) == (Status.ERROR, fault, 1)
    assert outcome.why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"filters": 0}, "0 filters"),
        ({"filters": 5}, "5 filters"),
        ({"list_length": 0}, "list range"),
        ({"list_address": 64}, "list range"),
        ({"vector_address": 64}, "vector range"),
        ({"record_address": 16}, "record range"),
        ({"tiles": 0}, "no tiles"),
        ({"last": 0}, "sums of several tiles"),
        ({"origin_flat": -8}, "an entry reads beyond the banks"),
    ],
)
def test_compute_refuses_fields_out_of_range(changes: dict[str, int], why: str) -> None:
    compute = encode(Opcode.COMPUTE, **{**WHOLE, "filters": 1, "list_length": 1, **changes})
    outcome = Machine(TINY, program(*shape(), compute)).run()
    assert (outcome.fault, outcome.fault_index) == (Fault.ILLEGAL_FIELD, 2)
    assert why in outcome.why


def test_a_pooled_sum_cannot_be_scattered() -> None:
    scattered = shape({"scatter": 1, "stride_y": 1, "stride_x": 1})
    compute = encode(Opcode.COMPUTE, **WHOLE, filters=1, list_length=1, pool=1)
    assert ended(*scattered, compute) == (Status.ERROR, Fault.ILLEGAL_FIELD)


def test_a_drain_beyond_the_banks_is_a_fault() -> None:
    bench = Bench(some_planes(1))
    word = pack(RECORD_FIELDS, {"out_row": TINY.bank_depth - 1}).to_bytes(RECORD_BYTES, "little")
    bench.memory.records[:RECORD_BYTES] = np.frombuffer(word, np.uint8)
    bench.memory.dram = program(*shape(), encode(Opcode.COMPUTE, **WHOLE, filters=1, list_length=1))
    assert bench.machine.run().fault is Fault.ILLEGAL_FIELD


def test_a_token_too_many_is_a_fault() -> None:
    give = encode(Opcode.SYNC, unit=ExecutionUnit.LOAD, signal_a=1)
    assert ended(*[give] * TOKEN_LIMIT) == (Status.DONE, Fault.NONE)
    assert ended(*[give] * (TOKEN_LIMIT + 1)) == (Status.ERROR, Fault.TOKEN_OVERFLOW)


def test_a_program_beyond_dram_is_a_fault() -> None:
    dram = program(encode(Opcode.SYNC))[: HEADER_BYTES + 16]
    assert Machine(TINY, dram).run().fault is Fault.DRAM_ERROR
