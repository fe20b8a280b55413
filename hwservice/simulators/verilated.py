"""The RTL itself, built by Verilator around a C++ harness with DRAM behind AXI4."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.errors import ToolError
from contracts.isa import COUNTER_BYTES, Counter, Fault, Status
from contracts.measurement import TRAFFIC_KINDS, Traffic
from hwservice.content_cache import cached_folder, digest_of
from hwservice.elaborate import elaborate
from hwservice.ir.program import Program
from hwservice.processes import LineHandler, run_tool
from hwservice.simulators.result import Progress, SimulationOptions, SimulationResult
from hwservice.toolchain import cxx, processor_digest, verilator_build_options, verilator_environment, verilator_root

HARNESS = tuple(
    Path(__file__).with_name(name)
    for name in ("harness.cpp", "bench.sv", "dram.h", "pin_log.h", "stalls.h", "traffic.h")
)
WORDS_PER_INPUT = 3 + len(Counter)
_OPTIMISE = ("-O3", "-march=native", "-fno-plt")
# Verilated code is straight lines of thousands of statements: values kept over such distances cost more than to load them again.
_OPTIMISE_GCC = ("-fno-tree-pre", "-fno-schedule-insns2")


def build_simulator(
    accelerator: Accelerator,
    *,
    trace: bool = False,
    progress: LineHandler | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """The simulator's executable; built the first time (about 15 s after elaboration), then taken from the cache.

    Raises:
        AcceleratorError: the generator refuses the parameters.
        ToolError: sbt, Verilator or the C++ compiler failed.
    """
    verilog = elaborate(accelerator, simulation=not trace, progress=progress, cancel=cancel)  # waves keep the modules
    command = _verilator_command(accelerator, trace)
    digest = digest_of([processor_digest(), *command, verilog, *HARNESS])

    def build(folder: Path) -> None:
        shutil.copy(verilog, folder)
        for source in HARNESS:
            shutil.copy(source, folder)
        run_tool(command, cwd=folder, env=verilator_environment(), on_line=progress, cancel=cancel)
        binary = folder / "obj/VAccelerator"
        binary.rename(folder / "simulator")
        shutil.rmtree(folder / "obj")

    return cached_folder("simulator", digest, build) / "simulator"


def _verilator_command(accelerator: Accelerator, trace: bool) -> list[str]:
    compiler = cxx()
    optimise = " ".join(_OPTIMISE if "clang" in compiler.name else (*_OPTIMISE, *_OPTIMISE_GCC))
    flags = f"{optimise} -DDRAM_BYTES={accelerator.dram_bytes} -DTRACE={int(trace)} --std=c++20"
    return [
        str(verilator_root() / "bin/verilator"),
        *("--cc", "--exe", "--build", "-j", "2", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"),
        *(
            "--top-module",
            "Bench",
            "--prefix",
            "VAccelerator",
            f"-GBYTES={accelerator.dram_bytes}",
            "-Wno-fatal",
            "-Wno-WIDTH",
            "--Mdir",
            "obj",
            "-CFLAGS",
            flags,
        ),
        *("-LDFLAGS", "-pthread -Wl,--as-needed -latomic"),
        *("-MAKEFLAGS", f"CXX={compiler} LINK={compiler}", "-MAKEFLAGS", f"OPT_FAST='{optimise}'"),
        *verilator_build_options(),
        *(["--trace-vcd"] if trace else []),
        *("bench.sv", "Accelerator.sv", "harness.cpp"),
    ]


def simulate(
    program: Program,
    inputs: NDArray[np.uint8],
    options: SimulationOptions | None = None,
    *,
    binary: Path | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> SimulationResult:
    """Run a program on the RTL once per input, as many inputs at a time as there are processors.

    Args:
        program: what to run; the simulator of its accelerator is built where it is not in the cache.
        binary: what `build_simulator` gave, where it is known: looking for it takes a part of a small network's time.
        inputs: [N, channels, height, width] bytes, N at least 1.
        options: stalls, resets, wave dump.
        progress: told the share of inputs done.
        cancel: set it to end the simulation.

    Raises:
        CancelledError: `cancel` was set.
        ToolError: the simulator could not be built or did not end well.
    """
    options = options or SimulationOptions()
    binary = binary or build_simulator(program.accelerator, trace=options.trace is not None, cancel=cancel)
    packed = [program.input.pack(values) for values in inputs]
    places = [(place.address, place.size_bytes) for place in program.outputs]
    places.append((program.counters_address, len(program.marks) * len(Counter) * COUNTER_BYTES))
    places += [(0, program.dram_bytes)] if options.whole_dram else []
    with tempfile.TemporaryDirectory(prefix="proprunn-") as name:
        folder = Path(name)
        program.image.tofile(folder / "image")
        np.concatenate(packed).tofile(folder / "inputs")
        arguments = _arguments(program, options, folder, len(inputs), len(packed[0]), places)
        started = time.perf_counter()
        text = run_tool([str(binary), *arguments], on_line=_follow(progress, len(inputs)), cancel=cancel)
        wall = time.perf_counter() - started
        raw, words = np.fromfile(folder / "result", np.uint8), np.fromfile(folder / "traffic", "<u4")
    found = _result(program, raw, places, len(inputs), wall, _total_cycles(text), options)
    return replace(found, traffic=_traffic(words))


def _traffic(words: NDArray[np.uint32]) -> Traffic:
    """What `traffic.h` saved."""
    columns = words[1:].reshape(-1, len(TRAFFIC_KINDS)).T.tolist()
    return Traffic(int(words[0]), **dict(zip(TRAFFIC_KINDS, map(tuple, columns), strict=True)))


def _arguments(
    program: Program,
    options: SimulationOptions,
    folder: Path,
    count: int,
    input_bytes: int,
    places: Sequence[tuple[int, int]],
) -> list[str]:
    values: dict[str, object] = {
        "image": folder / "image",
        "inputs": folder / "inputs",
        "result": folder / "result",
        "traffic": folder / "traffic",
        "code_end": program.code_bytes,
        "image_end": len(program.image),
        "dram_bytes": program.dram_bytes,
        "dram_latency": program.accelerator.dram_latency,
        "input_address": program.input.address,
        "input_bytes": input_bytes,
        "count": count,
        "threads": len(os.sched_getaffinity(0)) if options.undisturbed else 1,
        "regions": ",".join(f"{address}:{size}" for address, size in places),
        "stall_probability": options.stall_probability,
        "stall_seed": options.stall_seed,
        "stall_channels": ",".join(options.stall_channels),
        "reset_at": options.reset_at,
        "cycle_limit": options.cycle_limit or 100 * sum(m.bound_cycles for m in program.marks) + 10**7,
    }
    if options.trace is not None:
        values["trace"] = options.trace
    if options.pin_log is not None:
        values["pin_log"] = options.pin_log
    return [f"{key}={value}" for key, value in values.items()]


def _follow(progress: Progress | None, count: int) -> LineHandler | None:
    if progress is None:
        return None
    done = 0

    def on_line(line: str) -> None:
        nonlocal done
        if line.startswith("input "):
            done = int(line.split()[1])
        progress(done / count, line)

    return on_line


def _total_cycles(text: str) -> int:
    last = text.splitlines()[-1] if text else ""
    if not last.startswith("total "):
        raise ToolError(f"the simulator ended without a total: {last!r}")
    return int(last.split()[1])


def _result(
    program: Program,
    raw: NDArray[np.uint8],
    places: Sequence[tuple[int, int]],
    count: int,
    wall_s: float,
    cycles: int,
    options: SimulationOptions,
) -> SimulationResult:
    per_input = raw.reshape(count, -1)
    head = per_input[:, : WORDS_PER_INPUT * 4].copy().view("<u4").astype(np.int64)
    offsets = np.cumsum([WORDS_PER_INPUT * 4, *(size for _, size in places)])
    regions = [[row[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)] for row in per_input]
    outputs = tuple(
        {
            output.name: place.unpack(region)
            for output, place, region in zip(program.network_outputs, program.outputs, row, strict=False)
        }
        for row in regions
    )
    marks = len(program.outputs)
    snapshots = np.stack([row[marks].copy().view("<u4").reshape(-1, len(Counter)) for row in regions]).astype(np.int64)
    return SimulationResult(
        simulator="rtl",
        status=Status(int(head[-1, 0])),
        fault=Fault(int(head[-1, 1])),
        fault_index=int(head[-1, 2]),
        outputs=outputs,
        counters=head[:, 3:],
        snapshots=snapshots,
        wall_s=wall_s,
        simulated_cycles=cycles,
        dram=regions[-1][marks + 1] if options.whole_dram else None,
    )
