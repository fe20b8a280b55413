"""Random legal programs, and programs with one thing wrong: what no compiler would write, the hardware must still do.

A program is a row of phases. Phase k loads a list, weights, records and source rows into half k mod 2 of the memories,
computes on them, and stores what was drained; tokens keep a half from being used by two phases at once, so phases overlap
on the hardware and yet every order of execution gives one result.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from contracts.accelerator import ISA_VERSION, Accelerator
from contracts.isa import (
    COUNTER_BYTES,
    ENTRY_FIELDS,
    FLAT_MASK,
    HEADER_BYTES,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    INSTRUCTIONS,
    MAGIC,
    RECORD_FIELDS,
    Counter,
    ExecutionUnit,
    Field,
    Opcode,
    Target,
    decode,
    encode,
    pack,
)
from hwservice.ir.program import Mark, Program
from tests.cosim.test_rtl import small_program

Bytes = NDArray[np.uint8]
Fields = dict[str, int]

HEADER_AT = -1
"""Stands for DRAM address 0 until addresses are known."""
TILES = 16
"""Tiles that one GEOMETRY walks at most."""
SOURCE_ROWS = 64
PLANE_ROWS = 64
"""Bank rows that one filter may drain into."""
VECTORS = 16
"""Weight vectors and list entries per phase."""


@dataclass
class _Draft:
    """A program while it is written: instructions, and data that stand behind them in DRAM."""

    accelerator: Accelerator
    random: Generator
    instructions: list[tuple[Opcode, Fields]] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    stores: int = 0
    marks: int = 0
    settings_sent: int = 0
    """Tokens that GEOMETRY and OUTPUT of the phase before gave to the load unit; they may outrun those of its end."""
    stores_sent: int = 0
    """Tokens that the phase before gave from the store to the load unit."""

    def add(self, opcode: Opcode, **fields: int) -> Fields:
        self.instructions.append((opcode, fields))
        return fields

    def place(self, raw: bytes) -> int:
        """Offset of data from the end of the instructions, a multiple of the beat."""
        start = len(self.data)
        self.data += raw + bytes(-len(raw) % self.accelerator.dram_bytes)
        return start

    def number(self, low: int, high: int) -> int:
        """From `low` to `high`, both included; an end in one case of four."""
        if self.random.random() < 0.25:
            return int(self.random.choice([low, high]))
        return int(self.random.integers(low, high + 1))

    def flag(self, chance: float = 0.5) -> int:
        return int(self.random.random() < chance)

    def any_of(self, spec: Field) -> int:
        return self.number(*spec.range)


def random_program(accelerator: Accelerator, seed: int) -> tuple[Program, Bytes]:
    """A legal program of two to five phases, and an input that it does not read."""
    draft = _Draft(accelerator, np.random.default_rng(seed))
    phases = draft.number(2, 5)
    for phase in range(phases):
        _phase(draft, phase, last=phase == phases - 1)
    return _assemble(draft)


def _phase(d: _Draft, phase: int, *, last: bool) -> None:
    half = phase % 2
    to_compute, to_store = _loads(d, half, ended=int(phase >= 2), clear=phase < 2)
    begin = len(d.instructions)
    marks = _computes(d, half)
    if not d.instructions[-1][1].get("last", 1):  # it would end before the drains of the COMPUTEs before it
        d.add(Opcode.SYNC, unit=ExecutionUnit.COMPUTE)
    instructions = d.instructions[begin:]
    until = next(i for i, (opcode, _) in enumerate(instructions) if opcode is Opcode.COMPUTE)
    before = [fields for _, fields in instructions[: until + 1]]
    _spread(d, before, "wait_a", to_compute)
    _spread(d, before, "wait_b", int(phase >= 2))
    settings = [fields for opcode, fields in instructions if opcode in (Opcode.GEOMETRY, Opcode.OUTPUT)]
    d.settings_sent = _sprinkle(d, settings, "signal_a")
    early = (
        _sprinkle(d, settings, "signal_b") if phase == 0 else 0
    )  # later ones could outrun the end that a store waits for
    ending = instructions[-1][1]
    ending["signal_a"] = ending["signal_b"] = 1
    _stores(d, half, marks, to_store, 1 + early, last=last)


def _sprinkle(d: _Draft, instructions: list[Fields], name: str) -> int:
    """Set a flag in some instructions; returns in how many."""
    for fields in instructions:
        fields[name] = d.flag(0.3)
    return sum(fields[name] for fields in instructions)


def _spread(d: _Draft, instructions: list[Fields], name: str, tokens: int) -> None:
    """Let some instructions take so many tokens between them."""
    for _ in range(tokens):
        taker = instructions[d.number(0, len(instructions) - 1)]
        taker[name] = taker.get(name, 0) + 1


def _loads(d: _Draft, half: int, *, ended: int, clear: bool) -> tuple[int, int]:
    """Fill a half of each memory; returns the tokens sent to the compute and to the store unit."""
    a, begin = d.accelerator, len(d.instructions)
    weights = d.random.integers(-128, 128, (VECTORS, a.rows)) * (d.random.random((VECTORS, a.rows)) < 0.7)
    _load(d, Target.VECTOR, half * VECTORS, weights.astype(np.int8).tobytes())
    _load(d, Target.LIST, half * VECTORS, b"".join(_entry(d, half) for _ in range(VECTORS)))
    _load(d, Target.RECORD, half * 2 * a.rows, b"".join(_record(d, half, row) for row in range(2 * a.rows)))
    _load(d, Target.BANK, _source(half), d.random.bytes(SOURCE_ROWS * a.lanes), planes=4)
    if d.flag():
        d.add(Opcode.LOAD, target=Target.BANK, dram_address=HEADER_AT, local_address=_source(half), beats=1, planes=1)
    if clear:
        _load(d, Target.BANK, _drained(a, half), d.random.bytes(a.rows * PLANE_ROWS * a.lanes))
    if d.flag():
        d.add(Opcode.SYNC, unit=ExecutionUnit.LOAD)
    loads = [fields for _, fields in d.instructions[begin:]]
    loads[0]["wait_a"], loads[0]["wait_b"] = ended + d.settings_sent, d.stores_sent
    _sprinkle(d, loads[:-1], "signal_a")
    loads[-1]["signal_a"] = 1
    return sum(fields["signal_a"] for fields in loads), _sprinkle(d, loads, "signal_b")


def _load(d: _Draft, target: Target, local: int, raw: bytes, planes: int = 1) -> None:
    a = d.accelerator
    element = {Target.VECTOR: a.rows, Target.LIST: 4, Target.RECORD: 16, Target.BANK: a.lanes}[target]
    size = len(raw) // planes
    fields = {"beats": size // a.dram_bytes, "planes": planes, "dram_stride": size, "local_stride": size // element}
    d.add(Opcode.LOAD, target=target, dram_address=d.place(raw), local_address=local, **fields)


def _source(half: int) -> int:
    return half * SOURCE_ROWS


def _drained(a: Accelerator, half: int) -> int:
    return 2 * SOURCE_ROWS + half * a.rows * PLANE_ROWS


def _entry(d: _Draft, half: int) -> bytes:
    """An entry whose flat address stays in the source rows for every tile (`origin_flat` is taken off again)."""
    flat = _source(half) * d.accelerator.lanes + d.number(0, (SOURCE_ROWS - TILES) * d.accelerator.lanes)
    fields = {"flat": flat, "dy": d.number(0, 15), "dx": d.number(0, 15), "short_y": d.flag(), "short_x": d.flag()}
    return pack(ENTRY_FIELDS, fields).to_bytes(4, "little")


def _record(d: _Draft, half: int, row: int) -> bytes:
    a = d.accelerator
    fields = {spec.name: d.any_of(spec) for spec in RECORD_FIELDS}
    fields["shift"] = d.number(0, 63) if d.flag(0.3) else d.number(8, 30)
    fields["out_row"] = _drained(a, half) + row % a.rows * PLANE_ROWS
    fields["skip_row"] = _source(half) + d.number(0, SOURCE_ROWS - TILES)
    return pack(RECORD_FIELDS, fields).to_bytes(16, "little")


def _computes(d: _Draft, half: int) -> int:
    """Geometries, outputs and computes on a half; returns how many snapshots were taken."""
    marks = d.flag(0.2)
    if marks:
        d.add(Opcode.MARK, layer=d.number(0, 65535))
    elif d.flag(0.2):
        d.add(Opcode.SYNC, unit=ExecutionUnit.COMPUTE)
    for _ in range(d.number(1, 3)):
        geometry = _geometry(d)
        d.add(Opcode.GEOMETRY, **geometry)
        output = _output(d, geometry)
        d.add(Opcode.OUTPUT, **output)
        cursor = 0
        for _ in range(d.number(1, 4)):
            cursor = _compute(d, half, output, cursor)
        if d.flag(0.3) and not marks:
            d.add(Opcode.MARK, layer=d.number(0, 65535))
            marks += 1
        elif d.flag(0.3):
            d.add(Opcode.SYNC, unit=ExecutionUnit.COMPUTE)
    return marks


def _geometry(d: _Draft) -> Fields:
    pitch = d.number(1, 24) if d.flag(0.8) else d.number(25, 65535)
    most = 24 if d.flag(0.8) else 65535
    return {
        "pitch": pitch,
        "in_height": d.number(0, most),
        "in_width": d.number(0, most),
        "pad_value": d.number(0, 255),
    }


def _output(d: _Draft, geometry: Fields) -> Fields:
    """Any rounding; a window; a scatter where one can be found that gives every pixel its own place."""
    f = {spec.name: d.any_of(spec) for spec in INSTRUCTIONS[Opcode.OUTPUT].fields}
    for low, high in (("low", "high"), ("mid_low", "mid_high"), ("x0", "x1"), ("y0", "y1")):
        f[low], f[high] = sorted((f[low], f[high]))
    if d.flag(0.8):
        f["x0"], f["x1"] = 0, d.number(1, 65535)
        f["y0"], f["y1"] = d.number(0, 3), d.number(3, 65535)
    if d.flag(0.1):
        f["x0"] = f["x1"] = 0
    f["shift"] = d.number(0, 63) if d.flag(0.3) else d.number(0, 16)
    f["scatter"] = int(d.flag(0.6) and _scatters(d, f, geometry))
    return f


def _scatters(d: _Draft, f: Fields, geometry: Fields) -> bool:
    """Choose strides, pitch and offset; whether the drained pixels then have places of their own in a plane."""
    lanes = d.accelerator.lanes
    sy, sx = (d.number(1, 4), d.number(1, 4)) if d.flag(0.8) else (d.number(1, 15), d.number(1, 15))
    rows = -(-TILES * lanes // geometry["pitch"])
    pitch = -(-min(geometry["pitch"], TILES * lanes) // sx) + d.number(0, 3)
    shift = lanes // 2 if f["paired"] and sx == 2 else 0
    phase_rows = -(-(-(-rows // sy) * pitch + shift) // lanes)
    f.update(stride_y=sy, stride_x=sx, pitch=pitch, phase_rows=phase_rows, offset=d.number(0, 16))
    return sy * sx * phase_rows * lanes + f["offset"] <= PLANE_ROWS * lanes


def _compute(d: _Draft, half: int, output: Fields, cursor: int) -> int:
    """One COMPUTE at that tile; returns where the next one starts."""
    a = d.accelerator
    length = d.number(1, VECTORS)
    filters = d.number(1, a.rows)
    rewind = int(cursor == TILES) or d.flag(0.2)
    start = 0 if rewind else cursor
    tiles = d.number(1, TILES - start) if d.flag(0.6) else 1
    pool = int(not output["scatter"] and d.flag(0.2))
    whole = tiles > 1 and not pool
    hold = d.flag(0.3)
    d.add(
        Opcode.COMPUTE,
        list_address=half * VECTORS + d.number(0, VECTORS - length),
        list_length=length,
        vector_address=half * VECTORS + d.number(0, VECTORS - length),
        record_address=half * 2 * a.rows + d.number(0, 2 * a.rows - filters),
        filters=filters,
        tiles=tiles,
        origin_y=d.number(-16, 16) if d.flag(0.8) else d.number(-2048, 2047),
        origin_x=d.number(-16, 16) if d.flag(0.8) else d.number(-2048, 2047),
        origin_flat=int(d.random.choice([0, FLAT_MASK + 1, -(FLAT_MASK + 1)])),
        maximum=d.flag(0.3),
        first=1 if whole else d.flag(),
        last=1 if whole else d.flag(0.7),
        pool=pool,
        rewind=rewind,
        hold=hold,
        ahead=d.number(0, 255) if d.flag() else d.number(0, 2 * VECTORS),  # nothing that is drained is read
        lag=d.number(0, 15),
    )
    return start if hold else start + tiles


def _stores(d: _Draft, half: int, marks: int, from_load: int, from_compute: int, *, last: bool) -> None:
    """Store what was drained and the snapshots; in the last phase, when nothing is loaded any more, also a source row."""
    a, begin = d.accelerator, len(d.instructions)
    size = PLANE_ROWS * a.lanes
    rows = {"beats": size // a.dram_bytes, "planes": a.rows, "dram_stride": size, "local_stride": PLANE_ROWS}
    counters_first = d.flag()
    for _ in range(marks * counters_first):
        _store_counters(d)
    d.add(Opcode.STORE, dram_address=d.stores, local_address=_drained(a, half), **rows)
    d.stores += a.rows * size
    if last:
        d.add(Opcode.STORE, dram_address=d.stores, local_address=0, beats=1, planes=1)
        d.stores += size
    for _ in range(marks * (1 - counters_first)):
        _store_counters(d)
    if d.flag(0.3):
        d.add(Opcode.SYNC, unit=ExecutionUnit.STORE)
    stores = [fields for _, fields in d.instructions[begin:]]
    _spread(d, stores, "wait_a", from_load)
    d.stores_sent = _sprinkle(d, stores, "signal_a")
    stores[0]["wait_b"], stores[-1]["signal_b"] = from_compute, 1


def _store_counters(d: _Draft) -> None:
    d.add(Opcode.STORE_COUNTERS, dram_address=d.marks * len(Counter) * COUNTER_BYTES)
    d.marks += 1


def _assemble(d: _Draft) -> tuple[Program, Bytes]:
    """Addresses of data, stores and snapshots, then the image: header, instructions, data."""
    model, image = small_program()
    input_bytes = model.input.size_bytes
    data = HEADER_BYTES + len(d.instructions) * INSTRUCTION_BYTES
    stored = -(-(data + len(d.data)) // 64) * 64
    counters = stored + d.stores
    given = counters + d.marks * len(Counter) * COUNTER_BYTES
    bases = {Opcode.LOAD: data, Opcode.STORE: stored, Opcode.STORE_COUNTERS: counters}
    for opcode, fields in d.instructions:
        if opcode in bases:
            fields["dram_address"] = (
                0 if fields["dram_address"] == HEADER_AT else fields["dram_address"] + bases[opcode]
            )
    code = b"".join(encode(opcode, **fields) for opcode, fields in d.instructions)
    program = replace(
        model,
        name="random",
        accelerator=d.accelerator,
        image=np.frombuffer(header(d.accelerator, len(d.instructions)) + code + bytes(d.data), np.uint8),
        dram_bytes=given + input_bytes,
        input=replace(model.input, address=given),
        outputs=(),
        network_outputs=(),
        counters_address=counters,
        marks=tuple(Mark("random", "random", 0, 0, 0, 0) for _ in range(d.marks)),
        instruction_count=len(d.instructions),
    )
    return program, image


def header(accelerator: Accelerator, count: int, **changed: int) -> bytes:
    """A program header, some fields of it changed."""
    fields = {"magic": MAGIC, "isa_version": ISA_VERSION, "digest": accelerator.digest, "instruction_count": count}
    return pack(HEADER_FIELDS, {**fields, **changed}).to_bytes(HEADER_BYTES, "little")


BREAKAGES: tuple[tuple[Opcode, Fields], ...] = (
    (Opcode.GEOMETRY, {"pitch": 0}),
    (Opcode.OUTPUT, {"scatter": 1, "stride_y": 0}),
    (Opcode.OUTPUT, {"scatter": 1, "stride_x": 0}),
    (Opcode.COMPUTE, {"filters": 0}),
    (Opcode.COMPUTE, {"filters": 255}),
    (Opcode.COMPUTE, {"list_length": 0}),
    (Opcode.COMPUTE, {"list_length": (1 << 20) - 1}),
    (Opcode.COMPUTE, {"list_address": (1 << 24) - 1}),
    (Opcode.COMPUTE, {"vector_address": (1 << 24) - 1}),
    (Opcode.COMPUTE, {"record_address": (1 << 16) - 1}),
    (Opcode.COMPUTE, {"tiles": 0}),
    (Opcode.COMPUTE, {"tiles": 2, "pool": 0, "first": 0}),
    (Opcode.COMPUTE, {"tiles": 2, "pool": 0, "last": 0}),
    (Opcode.COMPUTE, {"wait_a": 250}),
    (Opcode.COMPUTE, {"wait_b": 255}),
    (Opcode.LOAD, {"beats": 0}),
    (Opcode.LOAD, {"planes": 0}),
    (Opcode.LOAD, {"dram_address": 1 << 31}),
    (Opcode.LOAD, {"dram_address": 1}),
    (Opcode.LOAD, {"local_address": (1 << 24) - 4}),
    (Opcode.LOAD, {"planes": 2, "dram_stride": 3}),
    (Opcode.LOAD, {"wait_b": 201}),
    (Opcode.STORE, {"beats": 0}),
    (Opcode.STORE, {"planes": 0}),
    (Opcode.STORE, {"dram_address": (1 << 32) - 8}),
    (Opcode.STORE, {"dram_address": 2}),
    (Opcode.STORE, {"planes": 2, "dram_stride": 4}),
    (Opcode.STORE, {"local_address": (1 << 24) - 1}),
    (Opcode.STORE, {"wait_a": 77}),
    (Opcode.SYNC, {"unit": 3}),
)
"""One field out of its range, or a wait for tokens that never come."""
HEADERS: tuple[Fields, ...] = (
    {"magic": 0},
    {"isa_version": 0xFFFF},
    {"digest": 1},
    {"instruction_count": 0xFFFFFFFF},
)
"""The last one is a program that DRAM does not hold to its end."""
KINDS = len(BREAKAGES) + len(HEADERS) + 8


def broken_program(accelerator: Accelerator, seed: int) -> tuple[Program, Bytes]:
    """A random program with one thing wrong: kind `seed % KINDS`, at a random instruction that can have it."""
    program, image = random_program(accelerator, seed)
    kind = seed % KINDS
    raw = bytearray(program.image.tobytes())
    if kind < len(HEADERS):
        raw[:HEADER_BYTES] = header(accelerator, program.instruction_count, **HEADERS[kind])
    elif kind < len(HEADERS) + len(BREAKAGES):
        _break_field(raw, program.instruction_count, *BREAKAGES[kind - len(HEADERS)], np.random.default_rng(seed))
    else:
        opcode = (0, *range(9, 16))[kind - len(HEADERS) - len(BREAKAGES)]
        at = HEADER_BYTES + INSTRUCTION_BYTES * int(np.random.default_rng(seed).integers(program.instruction_count))
        raw[at] = raw[at] & 0xF0 | opcode
    return replace(program, image=np.frombuffer(bytes(raw), np.uint8)), image


def _break_field(raw: bytearray, count: int, opcode: Opcode, changed: Fields, random: Generator) -> None:
    """Change fields of one instruction of that opcode; a SYNC is put in where there is none."""
    places = [HEADER_BYTES + i * INSTRUCTION_BYTES for i in range(count)]
    fit = [at for at in places if raw[at] & 0xF == opcode] or places[-1:]
    at = int(random.choice(fit))
    found, fields = decode(bytes(raw[at : at + INSTRUCTION_BYTES]))
    del fields["opcode"]
    kept = fields if found is opcode else {}
    raw[at : at + INSTRUCTION_BYTES] = encode(opcode, **{**kept, **changed})
