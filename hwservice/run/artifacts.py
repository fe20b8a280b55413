"""Files that users take away; equal content gives equal bytes."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contracts.accelerator import Accelerator
from contracts.isa import Counter
from contracts.measurement import Measurement
from hwservice.compiler import listing
from hwservice.ir.program import Placement, Program
from hwservice.simulators import SimulationResult


def write_program(program: Program, path: Path) -> None:
    """A zip: `image.bin`, to be loaded at DRAM address 0, and `program.json`: where inputs and outputs lie."""
    facts = {
        "network": program.name,
        "accelerator": json.loads(program.accelerator.to_json()),
        "dram_bytes": program.dram_bytes,
        "instructions": program.instruction_count,
        "counters_address": program.counters_address,
        "counters": [counter.name.lower() for counter in Counter],
        "input": _placement(program.input),
        "outputs": [_placement(place) for place in program.outputs],
        "marks": [asdict(mark) for mark in program.marks],
        "notes": program.notes,
    }
    write_zip(path, {"image.bin": program.image.tobytes(), "program.json": _json(facts)})


def _placement(place: Placement) -> dict[str, Any]:
    return {**asdict(place), "size_bytes": place.size_bytes}


def write_listing(program: Program, path: Path) -> None:
    """The disassembly as text."""
    path.write_text(listing(program))


def write_verilog(accelerator: Accelerator, verilog: Path, path: Path) -> None:
    """A zip: the accelerator's SystemVerilog and its description."""
    description = json.dumps(json.loads(accelerator.to_json()), indent=2)
    write_zip(path, {verilog.name: verilog.read_bytes(), "accelerator.json": description.encode()})


def write_counters(program: Program, result: SimulationResult, path: Path) -> None:
    """All hardware counters as JSON: at the end of each layer, and at the end, per input; each counts from START."""
    facts = {
        "simulator": result.simulator,
        "counters": [counter.name.lower() for counter in Counter],
        "layers": [mark.name for mark in program.marks],
        "snapshots": result.snapshots.tolist(),
        "end": result.counters.tolist(),
    }
    path.write_bytes(_json(facts))


def write_report(measurement: Measurement, path: Path) -> None:
    """What `simulate --json` prints."""
    path.write_bytes(_json(measurement.to_mapping()))


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    """A zip without times, so that equal content gives equal bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=6)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()
