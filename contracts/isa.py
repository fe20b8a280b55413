"""The instruction set: the one source of every opcode, field and status.

`contracts.generate` writes the Scala side and `docs/isa.md` from these tables; the golden interpreter
(`hwservice.interpreter`) gives each instruction its meaning.

Three units work through their own queues: **load** (DRAM to chip), **compute**, **store** (chip to DRAM). A program is
one stream; the fetch unit hands each instruction, in order, to its unit's queue. Units keep step through dependency tokens:
six counters, one per ordered pair of units. An instruction starts when it has taken `wait_a` tokens sent by unit *a* and
`wait_b` tokens sent by unit *b*; when it has finished it gives one token to *a* (`signal_a`) and to *b* (`signal_b`).
For load, (a, b) = (compute, store); for compute (load, store); for store (load, compute).
A counter holds 255 tokens; one more is a fault (TOKEN_OVERFLOW). A unit may run ahead of the others, so far fewer should be on their way.
"""

from dataclasses import dataclass
from enum import IntEnum

INSTRUCTION_BYTES = 32
HEADER_BYTES = 64
RECORD_BYTES = 16
ENTRY_BYTES = 4
COUNTER_BYTES = 4
MAGIC = 0x314E5050  # "PPN1" in memory order
TOKEN_LIMIT = 255
"""Tokens that one counter holds."""
FLAT_MASK = (1 << 22) - 1
"""Flat pixel addresses are taken modulo 2**22."""


@dataclass(frozen=True)
class Field:
    """One field: `bits` wide, two's complement where `signed`; fields follow each other from bit 0 upwards."""

    name: str
    bits: int
    what: str
    signed: bool = False

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest value."""
        if self.signed:
            return -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1
        return 0, (1 << self.bits) - 1


class ExecutionUnit(IntEnum):
    """The three units that execute instructions."""

    LOAD = 0
    COMPUTE = 1
    STORE = 2

    @property
    def others(self) -> "tuple[ExecutionUnit, ExecutionUnit]":
        """(a, b): the two units whose tokens the fields `wait_a`, `wait_b`, `signal_a`, `signal_b` mean."""
        return {
            ExecutionUnit.LOAD: (ExecutionUnit.COMPUTE, ExecutionUnit.STORE),
            ExecutionUnit.COMPUTE: (ExecutionUnit.LOAD, ExecutionUnit.STORE),
            ExecutionUnit.STORE: (ExecutionUnit.LOAD, ExecutionUnit.COMPUTE),
        }[self]


class Target(IntEnum):
    """Where LOAD writes."""

    VECTOR = 0
    LIST = 1
    RECORD = 2
    BANK = 3


class Opcode(IntEnum):
    """Operation codes; 0 and all others are illegal."""

    LOAD = 1
    STORE = 2
    STORE_COUNTERS = 3
    GEOMETRY = 4
    OUTPUT = 5
    COMPUTE = 6
    MARK = 7
    SYNC = 8


COMMON = (
    Field("opcode", 4, "operation"),
    Field("wait_a", 8, "tokens to take from unit a before starting"),
    Field("wait_b", 8, "tokens to take from unit b before starting"),
    Field("signal_a", 1, "give one token to unit a when finished"),
    Field("signal_b", 1, "give one token to unit b when finished"),
)

_TRANSFER = (
    Field("dram_address", 32, "byte address, a multiple of the DRAM beat"),
    Field("local_address", 24, "element of the target memory (vector, entry, record) or bank row"),
    Field("beats", 24, "DRAM beats per plane, at least 1"),
    Field("planes", 16, "planes, at least 1"),
    Field("dram_stride", 32, "bytes from plane to plane in DRAM"),
    Field("local_stride", 24, "elements or bank rows from plane to plane on the chip"),
)


@dataclass(frozen=True)
class InstructionFormat:
    """What one opcode is: the unit that runs it, its own fields after the common ones, its meaning in a sentence."""

    opcode: Opcode
    unit: ExecutionUnit | None
    fields: tuple[Field, ...]
    what: str

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Common fields first."""
        return COMMON + self.fields

    def offset(self, name: str) -> int:
        """Bit position of a field."""
        position = 0
        for field in self.all_fields:
            if field.name == name:
                return position
            position += field.bits
        raise KeyError(name)


INSTRUCTIONS: dict[Opcode, InstructionFormat] = {
    f.opcode: f
    for f in (
        InstructionFormat(
            Opcode.LOAD,
            ExecutionUnit.LOAD,
            (Field("target", 2, "0 vector, 1 list, 2 record memory, 3 activation banks"), *_TRANSFER),
            "Copy planes of whole beats from DRAM. In the banks a plane fills lanes upwards, row after row; a last row that "
            "is not full writes only its lanes. In the other memories a plane starts at a physical word (the "
            "wider of element and beat) and is a whole number of them.",
        ),
        InstructionFormat(
            Opcode.STORE,
            ExecutionUnit.STORE,
            _TRANSFER,
            "Copy planes of whole beats from the banks to DRAM. Finished when DRAM has acknowledged the last write.",
        ),
        InstructionFormat(
            Opcode.STORE_COUNTERS,
            ExecutionUnit.STORE,
            (Field("dram_address", 32, "byte address, a multiple of the DRAM beat"),),
            "Write the oldest snapshot that MARK took: all counters in their order, 32 bits each, little-endian. "
            "Waits for a snapshot where there is none.",
        ),
        InstructionFormat(
            Opcode.GEOMETRY,
            ExecutionUnit.COMPUTE,
            (
                Field("pitch", 16, "pixels from map row to map row, for source planes and tiles alike; at least 1"),
                Field("in_height", 16, "rows of a source plane"),
                Field("in_width", 16, "columns of a source plane"),
                Field("pad_value", 8, "what a lane reads outside the source plane"),
            ),
            "The shape that later COMPUTEs walk. Read ahead into a shadow; it takes effect at the next COMPUTE, which starts at tile 0 "
            "and first waits until all earlier drains are written, but for the vectors that its field `ahead` lets go before. "
            "A COMPUTE before any GEOMETRY and OUTPUT is a fault. Finished means read: earlier COMPUTEs may still run.",
        ),
        InstructionFormat(
            Opcode.OUTPUT,
            ExecutionUnit.COMPUTE,
            (
                Field("x0", 16, "first column that is written"),
                Field("x1", 16, "column after the last that is written"),
                Field("y0", 16, "first row that is written"),
                Field("y1", 16, "row after the last that is written"),
                Field(
                    "scatter",
                    1,
                    "0: pixel n of a tile goes to flat pixel n of its plane; 1: see pitch, stride_y, phase_rows",
                ),
                Field("pitch", 16, "scatter: pixels from row to row of a phase plane"),
                Field(
                    "stride_y",
                    4,
                    "scatter: row y, column x go to phase plane (y mod stride_y) * stride_x + x mod stride_x; at least 1",
                ),
                Field("stride_x", 4, "scatter: see stride_y; at least 1"),
                Field("phase_rows", 16, "scatter: bank rows from phase plane to phase plane"),
                Field("offset", 24, "scatter: flat pixels added to every address", signed=True),
                Field("mid_wide", 1, "0: first rounding half to even into mid_low..mid_high; 1: to odd into 18 bits"),
                Field("mid_low", 9, "least value between the two roundings", signed=True),
                Field("mid_high", 9, "greatest value between the two roundings", signed=True),
                Field("main_multiplier", 16, "factor of the sum in the second rounding"),
                Field("skip_multiplier", 16, "factor of the skip value in the second rounding", signed=True),
                Field("shift", 6, "right shift of the second rounding, half to even"),
                Field("skip_zero", 8, "zero point of the skip planes"),
                Field("out_zero", 8, "zero point of the output"),
                Field("low", 8, "least output value"),
                Field("high", 8, "greatest output value"),
                Field(
                    "paired",
                    1,
                    "scatter with stride_x 2: 1: odd columns go lanes/2 flat pixels further, into other banks than even ones: "
                    "where GEOMETRY's pitch is even, one bank write holds both",
                ),
            ),
            "What later drains do with their sums. Takes effect as GEOMETRY does: at the next COMPUTE, which starts at tile 0 and waits "
            "for the drains but for the vectors of its field `ahead`.",
        ),
        InstructionFormat(
            Opcode.COMPUTE,
            ExecutionUnit.COMPUTE,
            (
                Field("list_address", 24, "first list entry"),
                Field("list_length", 20, "entries, and weight vectors, at least 1"),
                Field("vector_address", 24, "first weight vector"),
                Field("record_address", 16, "record of row 0"),
                Field("filters", 8, "rows that are drained, 1 to rows"),
                Field("tiles", 20, "tiles, at least 1"),
                Field("origin_y", 12, "added to dy of every entry", signed=True),
                Field("origin_x", 12, "added to dx of every entry", signed=True),
                Field("origin_flat", 24, "added to the flat address of every entry", signed=True),
                Field("maximum", 1, "0: multiply and add; 1: rows whose weight is not 0 keep the greatest activation"),
                Field("first", 1, "sums start at 0"),
                Field("last", 1, "sums are drained"),
                Field(
                    "pool",
                    1,
                    "sums go on over all tiles; at the drain all lanes are added into pixel 0 of the plane; not with scatter",
                ),
                Field("rewind", 1, "start at tile 0"),
                Field("hold", 1, "leave the tile cursor where it was when this instruction started"),
                Field(
                    "ahead",
                    8,
                    "behind new settings or MARK: vectors that do not wait for all earlier drains, see `lag`",
                ),
                Field("lag", 4, "they wait for all earlier drained tiles (a pooled sum is one) but the last so many"),
            ),
            "For each tile: walk the list, one weight vector per cycle, then drain. Tiles go on where the last COMPUTE ended. Finished "
            "means with last: the drains are written, with those of all COMPUTEs before; without: the vectors are in the sums, while "
            "earlier drains may still be under way.",
        ),
        InstructionFormat(
            Opcode.MARK,
            ExecutionUnit.COMPUTE,
            (Field("layer", 16, "for the reader of a listing"),),
            "Take a snapshot of all counters: what earlier COMPUTEs issued, read and drained, however late; the rest (cycles, causes, DRAM, "
            "busy units) as it stands when the last earlier vector has been issued. The COMPUTE behind it waits for the "
            "drains as behind new settings. A MARK that gives a token first waits until all drains are written. Two snapshots can wait "
            "for the store unit.",
        ),
        InstructionFormat(
            Opcode.SYNC,
            None,
            (Field("unit", 2, "0 load, 1 compute, 2 store"),),
            "Nothing but tokens, in the queue of the named unit. On compute it finishes when all drains are written.",
        ),
    )
}

RECORD_FIELDS = (
    Field("bias", 32, "added to the sum", signed=True),
    Field("multiplier", 16, "factor of the first rounding"),
    Field("shift", 6, "right shift of the first rounding"),
    Field("skip_enable", 1, "1: the skip plane is read and added"),
    Field("out_row", 20, "bank row where the output plane starts"),
    Field("skip_row", 20, "bank row where the skip plane starts"),
)
"""A filter record: 16 bytes per filter, the rest zero."""

ENTRY_FIELDS = (
    Field("flat", 22, "flat pixel address: plane row * lanes + dy * pitch + dx"),
    Field("dy", 4, "row offset of the source pixel"),
    Field("dx", 4, "column offset of the source pixel"),
    Field("short_y", 1, "this source plane has one row less than in_height"),
    Field("short_x", 1, "this source plane has one column less than in_width"),
)
"""A list entry: the source of one weight vector."""

HEADER_FIELDS = (
    Field("magic", 32, "0x314E5050"),
    Field("isa_version", 16, "version of this instruction set"),
    Field("reserved", 16, "zero"),
    Field("digest", 64, "digest of the accelerator the program was compiled for"),
    Field("instruction_count", 32, "instructions that follow the header"),
)
"""The program header: 64 bytes at the program's address, the rest zero; instructions follow."""


class Counter(IntEnum):
    """Hardware counters in the order of a snapshot; each counts from START, modulo 2**32.

    CYCLES = ISSUED + all STALL_*: every cycle has one cause.
    """

    CYCLES = 0
    ISSUED = 1
    STALL_DRAIN = 2
    STALL_LOAD = 3
    STALL_STORE = 4
    STALL_FENCE = 5
    STALL_FETCH = 6
    USEFUL_CELLS = 7
    BANK_READS = 8
    BANK_WRITES = 9
    DRAM_READ_BEATS = 10
    DRAM_WRITE_BEATS = 11
    DRAINS = 12
    SKIP_READS = 13
    LOAD_BUSY = 14
    STORE_BUSY = 15


COUNTER_TEXT: dict[Counter, str] = {
    Counter.CYCLES: "cycles since START",
    Counter.ISSUED: "weight vectors that entered the array (cycles in which it did work)",
    Counter.STALL_DRAIN: "array held because the drain of the tile before was not finished",
    Counter.STALL_LOAD: "compute waited for tokens of the load unit",
    Counter.STALL_STORE: "compute waited for tokens of the store unit, or for room for a snapshot",
    Counter.STALL_FENCE: "compute waited for its own drains (change of geometry, MARK, SYNC)",
    Counter.STALL_FETCH: "compute had no instruction",
    Counter.USEFUL_CELLS: "cells with a weight other than 0 whose lane is inside the output window (pool: inside the source plane), summed over vectors",
    Counter.BANK_READS: "bank rows read by the array",
    Counter.BANK_WRITES: "writes to the banks with at least one lane enabled (drains and loads)",
    Counter.DRAM_READ_BEATS: "DRAM beats read (program, weights, lists, records, activations)",
    Counter.DRAM_WRITE_BEATS: "DRAM beats written",
    Counter.DRAINS: "filters drained, one per tile and filter",
    Counter.SKIP_READS: "bank rows read for skip planes and by the store unit",
    Counter.LOAD_BUSY: "cycles in which the load unit had a transfer",
    Counter.STORE_BUSY: "cycles in which the store unit had a transfer",
}


class Status(IntEnum):
    """Low bits of the status register."""

    IDLE = 0
    RUNNING = 1
    DONE = 2
    ERROR = 3


class Fault(IntEnum):
    """Why a program ended with an error; the machine stops, finishes open AXI transfers and waits for START."""

    NONE = 0
    BAD_MAGIC = 1
    BAD_VERSION = 2
    BAD_DIGEST = 3
    ILLEGAL_OPCODE = 4
    ILLEGAL_FIELD = 5
    DRAM_ERROR = 6
    TOKEN_OVERFLOW = 7
    DEADLOCK = 8


class Register(IntEnum):
    """Byte offsets of the AXI4-Lite registers (32 bits each)."""

    CONTROL = 0x00
    STATUS = 0x04
    FAULT = 0x08
    PROGRAM_ADDRESS = 0x0C
    DIGEST_LOW = 0x10
    DIGEST_HIGH = 0x14
    ISA_VERSION = 0x18
    FAULT_INDEX = 0x1C
    COUNTERS = 0x40


REGISTER_TEXT: dict[Register, str] = {
    Register.CONTROL: "write 1: START (forgets tokens, counters and a fault; ignored while running)",
    Register.STATUS: "see Status",
    Register.FAULT: "see Fault",
    Register.PROGRAM_ADDRESS: "byte address of the program header; the low six bits are dropped",
    Register.DIGEST_LOW: "digest of this accelerator, low half",
    Register.DIGEST_HIGH: "high half",
    Register.ISA_VERSION: "instruction set version",
    Register.FAULT_INDEX: "index of the instruction that faulted, where one did; 0 for TOKEN_OVERFLOW, which many cause together",
    Register.COUNTERS: "counter i at COUNTERS + 4 * i, live",
}


def pack(fields: tuple[Field, ...], values: dict[str, int]) -> int:
    """Fields into one integer, bit 0 first; fields that are not given are 0.

    Raises:
        ValueError: a value that its field cannot hold, or a field that does not exist.
    """
    unknown = set(values) - {field.name for field in fields}
    if unknown:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    word = position = 0
    for field in fields:
        value = values.get(field.name, 0)
        low, high = field.range
        if not low <= value <= high:
            raise ValueError(f"field {field.name} is {value}; it must be from {low} to {high}")
        word |= (value & ((1 << field.bits) - 1)) << position
        position += field.bits
    return word


def unpack(fields: tuple[Field, ...], word: int) -> dict[str, int]:
    """The inverse of `pack`; bits above the last field are ignored."""
    values = {}
    for field in fields:
        value = word & ((1 << field.bits) - 1)
        if field.signed and value >> (field.bits - 1):
            value -= 1 << field.bits
        values[field.name] = value
        word >>= field.bits
    return values


def encode(opcode: Opcode, **values: int) -> bytes:
    """One instruction as the 32 bytes that stand in DRAM."""
    fields = INSTRUCTIONS[opcode].all_fields
    return pack(fields, {"opcode": int(opcode), **values}).to_bytes(INSTRUCTION_BYTES, "little")


def decode(word: bytes) -> tuple[Opcode, dict[str, int]]:
    """Opcode and fields of 32 bytes.

    Raises:
        ValueError: the opcode is illegal.
    """
    number = int.from_bytes(word, "little")
    opcode = Opcode(number & 0xF)
    return opcode, unpack(INSTRUCTIONS[opcode].all_fields, number)


def unit_of(opcode: Opcode, values: dict[str, int]) -> ExecutionUnit:
    """The unit whose queue takes this instruction."""
    unit = INSTRUCTIONS[opcode].unit
    return ExecutionUnit(values["unit"]) if unit is None else unit
