"""The description of one accelerator: read by generator, compiler, interpreter and simulator alike."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from contracts.errors import AcceleratorError
from contracts.isa import ENTRY_BYTES, RECORD_BYTES

ISA_VERSION = 2
"""Raised whenever the meaning of a program changes; part of every digest."""

FLAT_BITS = 22
"""Width of a flat pixel address in the activation memory (see `contracts.isa`)."""


@dataclass(frozen=True)
class Accelerator:
    """One engine of `rows x lanes` multiply-accumulate cells with its memories and its DRAM.

    Example: `Accelerator(name="mine", rows=4, lanes=16)` is valid; every field has a default that is.
    """

    name: str = "custom"
    rows: int = 8
    """Filters (output channels) computed side by side: one filter group. A power of two, 1 to 64."""
    lanes: int = 32
    """Pixels computed side by side: one tile; also the number of activation banks. A power of two, 4 to 128."""
    bank_depth: int = 12288
    """Words of one byte in each activation bank. At most 2**22 / lanes."""
    vector_depth: int = 12288
    """Weight vectors (`rows` bytes each) that the vector memory holds."""
    list_depth: int = 8192
    """List entries (4 bytes each) that the list memory holds."""
    record_depth: int = 512
    """Filter records (16 bytes each) that the record memory holds."""
    queue_depth: int = 16
    """Instructions that each of the three unit queues holds."""
    dram_bytes: int = 8
    """Bytes that DRAM moves per cycle and direction (the AXI4 data width). A power of two, 4 to 32, at most `lanes`."""
    dram_latency: int = 40
    """Cycles from an accepted read address to its first data, in simulation; no part of the hardware."""
    clock_mhz: float = 100.0
    clock_origin: str = "assumed"
    """`assumed`, or `placed and routed` with the tool's name."""
    board: str = "none"
    """The board or part this is meant for."""
    dram: str = "DDR3"
    """Kind of DRAM; the energy table prices its bytes by it."""

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise AcceleratorError(f"accelerator {self.name!r}: {problem}")

    @property
    def cells(self) -> int:
        """Multiply-accumulate cells."""
        return self.rows * self.lanes

    @property
    def on_chip_bytes(self) -> int:
        """All memories on the chip, in bytes."""
        return sum(self.memory_bytes.values())

    @property
    def memory_bytes(self) -> dict[str, int]:
        """Each memory on the chip, in bytes."""
        return {
            "activation banks": self.activation_bytes,
            "vector memory": self.vector_depth * self.rows,
            "list memory": self.list_depth * ENTRY_BYTES,
            "record memory": self.record_depth * RECORD_BYTES,
        }

    @property
    def activation_bytes(self) -> int:
        """The activation memory alone, in bytes (= pixels)."""
        return self.lanes * self.bank_depth

    def hardware(self) -> dict[str, int]:
        """The parameters that the generator reads: two accelerators with equal ones are the same Verilog."""
        return {name: getattr(self, name) for name in HARDWARE_FIELDS}

    @property
    def digest(self) -> int:
        """64 bits over hardware parameters and instruction set version; stands in every program's header."""
        text = json.dumps({"isa": ISA_VERSION, **self.hardware()}, sort_keys=True, separators=(",", ":"))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")

    def to_json(self) -> str:
        """All fields and the digest, as the generator and the API read them."""
        return json.dumps({**asdict(self), "digest": f"{self.digest:016x}", "isa_version": ISA_VERSION}, sort_keys=True)

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "Accelerator":
        """Build one from parsed JSON; unknown fields and wrong types are refused by name."""
        known = {field.name: field.type for field in fields(Accelerator)}
        for name, value in values.items():
            if name in ("digest", "isa_version"):
                continue
            if name not in known:
                raise AcceleratorError(f"accelerator field {name!r} is unknown; known are {', '.join(known)}")
            _check_type(name, value, known[name])
        given = {name: value for name, value in values.items() if name in known}
        return Accelerator(**given)

    def with_(self, **changes: Any) -> "Accelerator":
        """A copy with some fields changed, checked again."""
        return replace(self, **changes)


HARDWARE_FIELDS = (
    "rows",
    "lanes",
    "bank_depth",
    "vector_depth",
    "list_depth",
    "record_depth",
    "queue_depth",
    "dram_bytes",
)


def problems_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the fields of an accelerator, by field, in words that say what is allowed; empty where it is valid.

    Example: `problems_of({"rows": 3}) == {"rows": "rows is 3; it must be a power of two from 1 to 64"}`.
    """
    known = {field.name: field.type for field in fields(Accelerator)}
    found: dict[str, str] = {}
    for name, value in values.items():
        if name not in known:
            found[name] = f"{name} is unknown; known are {', '.join(known)}"
        elif not _is_of_type(value, known[name]):
            found[name] = f"{name} is {value!r}; it must be {_TYPE_WORDS[known[name]]}"
    tried = object.__new__(Accelerator)  # not checked yet: all problems are wanted, not the first
    for field in fields(Accelerator):
        value = field.default if field.name in found else values.get(field.name, field.default)
        object.__setattr__(tried, field.name, value)
    others = {problem.split(" is ")[0]: problem for problem in reversed(_problems(tried))}
    # What depends on a field that is no number is not known; what stands for itself is.
    alone = {name: text for name, text in others.items() if name in _ALONE} if found else others
    return {**alone, **found}


_TYPE_WORDS: dict[Any, str] = {int: "a whole number", float: "a number", str: "text"}
_ALONE = ("rows", "lanes", "queue_depth", "dram_latency", "clock_mhz")
"""Fields whose limits depend on no other's."""


def _is_of_type(value: object, declared: object) -> bool:
    allowed: tuple[type, ...] = {int: (int,), float: (int, float), str: (str,)}[declared]  # type: ignore[index]  # dataclass types
    return isinstance(value, allowed) and not isinstance(value, bool)


def _check_type(name: str, value: object, declared: object) -> None:
    if not _is_of_type(value, declared):
        raise AcceleratorError(f"accelerator field {name!r} is {value!r}; it must be {declared.__name__}")  # type: ignore[attr-defined]  # as above


def _is_power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def _problems(a: Accelerator) -> list[str]:
    """What is wrong with the parameters, in words that name the field, its value and what is allowed."""
    found: list[str] = []

    def power(field: str, low: int, high: int) -> None:
        value = getattr(a, field)
        if not (_is_power_of_two(value) and low <= value <= high):
            found.append(f"{field} is {value}; it must be a power of two from {low} to {high}")

    def between(field: str, low: float, high: float) -> None:
        value = getattr(a, field)
        if not low <= value <= high:
            found.append(f"{field} is {value}; it must be from {low} to {high}")

    power("rows", 1, 64)
    power("lanes", 4, 128)
    power("dram_bytes", 4, 32)
    if not found and a.dram_bytes > a.lanes:
        found.append(f"dram_bytes is {a.dram_bytes}; it must be at most lanes ({a.lanes})")
    if not found:
        between("bank_depth", 16, (1 << FLAT_BITS) // a.lanes)
        between("vector_depth", 16, 1 << 20)
        between("list_depth", 16, 1 << 20)
        between("record_depth", max(a.rows, 16), 1 << 16)
        between("queue_depth", 2, 64)
        between("dram_latency", 1, 4096)
        between("clock_mhz", 1, 5000)
        found += _unaligned(a)
    return found


def _unaligned(a: Accelerator) -> list[str]:
    """Depths must be whole numbers of the memories' physical words (the wider of element and DRAM beat)."""
    found = []
    for field, element_bytes in (("vector_depth", a.rows), ("list_depth", ENTRY_BYTES), ("record_depth", RECORD_BYTES)):
        per_word = max(1, a.dram_bytes // element_bytes)
        if getattr(a, field) % per_word:
            found.append(
                f"{field} is {getattr(a, field)}; it must be a multiple of {per_word} (DRAM beats hold that many)"
            )
    return found


PRESETS: dict[str, Accelerator] = {
    a.name: a
    for a in (
        Accelerator(
            name="edge-8x8", rows=8, lanes=8, bank_depth=16384, vector_depth=8192, list_depth=8192, record_depth=512,
            queue_depth=16, dram_bytes=4, dram_latency=40, clock_mhz=50.0, board="Lattice ECP5-85 class", dram="DDR3",
        ),
        Accelerator(
            name="pynq-8x32", rows=8, lanes=32, bank_depth=12288, vector_depth=12288, list_depth=8192, record_depth=512,
            queue_depth=16, dram_bytes=8, dram_latency=40, clock_mhz=100.0, board="PYNQ-Z2 (Zynq-7020)", dram="DDR3",
        ),
        Accelerator(
            name="square-16x16", rows=16, lanes=16, bank_depth=24576, vector_depth=6144, list_depth=8192, record_depth=512,
            queue_depth=16, dram_bytes=8, dram_latency=40, clock_mhz=100.0, board="PYNQ-Z2 (Zynq-7020)", dram="DDR3",
        ),
        Accelerator(
            name="zcu-16x64", rows=16, lanes=64, bank_depth=32768, vector_depth=12288, list_depth=16384, record_depth=2048,
            queue_depth=16, dram_bytes=16, dram_latency=60, clock_mhz=200.0, board="ZCU104 (Zynq UltraScale+ ZU7EV)", dram="LPDDR4",
        ),
    )
}  # fmt: skip
"""The accelerators that ship: name -> description. Every clock here is assumed until a place-and-route says otherwise."""

DEFAULT_ACCELERATOR = "pynq-8x32"


def accelerator_named(name: str) -> Accelerator:
    """The preset of that name.

    Raises:
        AcceleratorError: no preset has that name.
    """
    if name not in PRESETS:
        raise AcceleratorError(f"accelerator {name!r} is unknown; presets are {', '.join(PRESETS)}")
    return PRESETS[name]
