"""One network on its accelerators, in a worker: structure to integer network to program to RTL to rows."""

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from contracts.accelerator import HARDWARE_FIELDS, Accelerator
from contracts.dataset import DONE, FAILED
from contracts.energy import default_table_name
from contracts.energy.model import energy
from contracts.errors import CapacityError, InputError, ProPruNNError
from contracts.isa import Counter, Status
from contracts.structure import Structure
from hwservice.campaign.code import accelerator_digest, run_key, table_of
from hwservice.campaign.layers import layer_columns
from hwservice.compiler import compile_network
from hwservice.ir.program import Program
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.run.estimate import estimated_figures
from hwservice.run.report import Stretch, stretches, total
from hwservice.simulators import SimulationResult, simulate, simulate_null
from hwservice.structures import integer_network

Row = dict[str, Any]
WEIGHT_SEED: Final = 0
INFRASTRUCTURE: Final = "infrastructure"
BUG: Final = "bug"
NOT_THE_NETWORKS: Final = (f"{INFRASTRUCTURE}:", f"{BUG}:")
"""How reasons begin that say nothing about the network: the next run tries it again."""


@dataclass(frozen=True)
class Place:
    """An accelerator, the digest of the code that rows on it follow from, and its simulator; None: the fast twin, for tests."""

    accelerator: Accelerator
    code: str
    simulator: Path | None


@dataclass(frozen=True)
class Task:
    """One network and the accelerators it is still to run on."""

    spec: str
    family: str
    sampler: str
    base: str
    seed: int
    kept_ratio: float
    places: tuple[Place, ...]
    check: float = 0.0
    weight_seed: int = WEIGHT_SEED


@dataclass(frozen=True)
class Record:
    """A row of `networks` and its rows of `layers`, column by column."""

    run: str
    structure: str
    network: Row
    layers: dict[str, list[Any]]


def measure(task: Task) -> list[Record]:
    """All rows of a task; what cannot be done becomes a row with its reason."""
    structure = Structure.from_json(task.spec, task.family)
    described = _described(task, structure)
    try:
        network = integer_network(structure, task.weight_seed)
    except ProPruNNError as error:
        return [failed(task, place, f"{type(error).__name__}: {error}", described) for place in task.places]
    return [_on(task, structure, network, place, described) for place in task.places]


def failed(task: Task, place: Place, reason: str, described: Row | None = None) -> Record:
    """The row of what could not be measured."""
    structure = Structure.from_json(task.spec, task.family)
    row = {**(described or _described(task, structure)), **_placed(task, structure, place)}
    row |= {"status": FAILED, "reason": reason[:2000]}
    return Record(row["run"], structure.digest, row, {})


def _on(task: Task, structure: Structure, network: QuantisedNetwork, place: Place, described: Row) -> Record:
    started = time.perf_counter()
    try:
        program = compile_network(network, place.accelerator)
        compiled = time.perf_counter()
        inputs = np.random.default_rng(zlib.crc32(structure.digest.encode())).integers(
            0, 256, (1, *structure.input), np.uint8
        )
        result = (
            simulate(program, inputs, binary=place.simulator) if place.simulator else simulate_null(program, inputs)
        )
    except (CapacityError, InputError) as error:
        return failed(task, place, f"{type(error).__name__}: {error}", described)
    except (ProPruNNError, MemoryError) as error:
        return failed(task, place, f"{INFRASTRUCTURE}: {type(error).__name__}: {error}", described)
    if result.status is not Status.DONE:
        reason = f"ended with {result.status.name}, fault {result.fault.name} at instruction {result.fault_index}"
        return failed(task, place, reason, described)
    parts = stretches(program, result)
    row = {**described, **_placed(task, structure, place), **_measured(program, parts)}
    row |= {
        "layers": len(program.marks),
        "status": DONE,
        "compile_s": round(compiled - started, 4),
        "simulate_s": round(result.wall_s, 4),
    }
    if _is_checked(row["run"], task.check):
        row["bit_exact"] = _exact(network, inputs, result)
    layers = layer_columns(structure, program, parts)
    return Record(row["run"], structure.digest, row, layers)


def _described(task: Task, structure: Structure) -> Row:
    channels, height, width = structure.input
    return {
        "structure": structure.digest,
        "family": task.family,
        "sampler": task.sampler,
        "base": task.base,
        "seed": task.seed,
        "weight_seed": task.weight_seed,
        "kept_ratio": task.kept_ratio,
        "unequal": any(wire.write is not None for layer in structure.layers for wire in layer.wires),
        "vector_density": vector_density(structure),
        "spec": task.spec,
        "input_channels": channels,
        "input_height": height,
        "input_width": width,
        "macs": structure.macs,
        "parameters": structure.parameters,
    }


def vector_density(structure: Structure) -> float:
    """Weights left where weight vectors may be left out, as a share."""
    layers = [layer for layer in structure.layers if layer.operator == "conv" and layer.groups == 1]
    whole = sum(layer.filters * structure.positions(layer) for layer in layers)
    return sum(map(structure.weights, layers)) / whole if whole else 1.0


def _placed(task: Task, structure: Structure, place: Place) -> Row:
    accelerator = place.accelerator
    return {
        "run": run_key(structure.digest, task.weight_seed, accelerator, place.code),
        "accelerator": accelerator.name,
        "accelerator_digest": accelerator_digest(accelerator),
        "code": place.code,
        "energy_table": default_table_name(accelerator),
        **{f"hw_{name}": getattr(accelerator, name) for name in (*HARDWARE_FIELDS, "dram_latency", "clock_mhz")},
    }


def _measured(program: Program, parts: tuple[Stretch, ...]) -> Row:
    accelerator, whole = program.accelerator, total(parts)
    cycles = int(whole[Counter.CYCLES])
    latency_ms = cycles / (accelerator.clock_mhz * 1e3)
    table = table_of(accelerator)
    priced = energy(whole, table, accelerator.clock_mhz, cycles, accelerator)
    beats = whole[Counter.DRAM_READ_BEATS] + whole[Counter.DRAM_WRITE_BEATS]
    expected = estimated_figures(program, table)
    return {
        "cycles": cycles,
        "latency_ms": latency_ms,
        "throughput_fps": 1e3 / latency_ms,
        "utilisation": whole[Counter.USEFUL_CELLS] / (cycles * accelerator.cells),
        "dram_total_bytes": int(beats) * accelerator.dram_bytes,
        "energy_mj": priced.total_mj.value,
        "energy_low_mj": priced.total_mj.low,
        "energy_high_mj": priced.total_mj.high,
        "power_mw": priced.power_mw.value,
        **counted(whole),
        "expert_cycles": expected["cycles"],
        "expert_energy_mj": expected["energy_mj"]["value"],
    }


def counted(counters: Mapping[Counter, float]) -> Row:
    """All counters but the cycles, under their column names."""
    return {c.name.lower(): int(counters[c]) for c in Counter if c is not Counter.CYCLES}


def _is_checked(run: str, share: float) -> bool:
    return int(run[:8], 16) < share * (1 << 32)


def _exact(network: QuantisedNetwork, inputs: np.ndarray[Any, np.dtype[np.uint8]], result: SimulationResult) -> bool:
    from hwservice import integer_model  # noqa: PLC0415  # onnx and its runtime take a second: only where a row is checked

    expected = integer_model.run(network, inputs)
    seen = result.outputs[0]
    return all(np.array_equal(seen[name], expected[name][0]) for name in expected)


def to_line(record: Record) -> bytes:
    """A record as one line of JSON."""
    return orjson.dumps({"network": record.network, "layers": record.layers})


def from_line(line: bytes) -> Record:
    """The inverse."""
    values = orjson.loads(line)
    network = values["network"]
    return Record(network["run"], network["structure"], network, values["layers"])
