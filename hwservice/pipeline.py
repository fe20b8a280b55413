"""The whole way of a network in order, phase after phase and pass after pass: from an ONNX file to figures measured on the RTL."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.cache import cache_directory
from contracts.energy import EnergyTable, default_table_name, load_table
from contracts.errors import ToolError
from contracts.isa import Status
from contracts.measurement import Measurement
from hwservice import compiler as back_half
from hwservice.elaborate import elaborate
from hwservice.ir.graph import Graph
from hwservice.ir.program import Program
from hwservice.passes import Pass, run_passes
from hwservice.passes.drop_dead import drop_dead
from hwservice.passes.fold_scales import fold_scales
from hwservice.passes.fuse_activations import fuse_activations
from hwservice.passes.fuse_adds import fuse_adds
from hwservice.passes.fuse_quantisers import fuse_quantisers
from hwservice.passes.merge_padding import merge_padding
from hwservice.passes.order_branches import order_branches
from hwservice.passes.resolve_selections import resolve_selections
from hwservice.passes.settle_zeros import settle_zeros
from hwservice.passes.weigh_copies import weigh_copies
from hwservice.run.check import check_outputs
from hwservice.run.compiled import Compiled, CompiledNetwork, compiled_key, keep, recall
from hwservice.run.estimate import estimate
from hwservice.run.report import Facts, measurement
from hwservice.run.request import Accuracy, CompileRequest, EvaluateRequest, SimulateRequest
from hwservice.run.values import chosen_inputs, dequantised, write_outputs
from hwservice.run.watch import Watch, by_cycles
from hwservice.simulators import SimulationOptions, SimulationResult, build_simulator, simulate, simulate_null

COMPILE_PHASES: Final = ("read", "import", "quantise", "compile")
EVALUATE_PHASES: Final = ("import", "quantise", "integer", "float")
ELABORATE_PHASES: Final = ("elaborate",)
PHASES: Final = (*COMPILE_PHASES, "elaborate", "build", "simulate", "check", "report")
"""Every run goes through these in order; `import` to `compile` are left out where the result is known."""

FRONT_PASSES: Final[tuple[Pass, ...]] = (
    drop_dead,
    resolve_selections,
    fold_scales,
    fuse_activations,
    fuse_quantisers,
    merge_padding,
    order_branches,
    fuse_adds,
    settle_zeros,
    weigh_copies,
    drop_dead,
)
"""Phase `import`: the reader makes a layer of every node (constants and shapes computed); then these run, verified in between."""

BACK_PASSES: Final = back_half.BACK_PASSES
"""Phase `compile`: one layout per map, what stays on the chip, the order of the work, the outputs' way out, the instructions."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Run:
    """One simulated network."""

    compiled: Compiled
    result: SimulationResult
    measurement: Measurement


def simulate_network(request: SimulateRequest, watch: Watch) -> Run:
    """From file to figures.

    Raises:
        InputError: the network, the data, the accelerator or the energy table cannot be used; the message says why.
        ToolError: a tool of the machine failed, or the program ended with a fault.
        CancelledError: the watch was told to stop.
    """
    table = _energy_table(request)
    compiled = compile_only(request.compile, watch)
    program = compiled.content.program
    inputs = chosen_inputs(request, compiled.content.network)
    result = _simulate(program, inputs, request, watch)
    with watch.phase("check"):
        check = check_outputs(compiled.content, inputs, result)
    with watch.phase("report"):
        values = dequantised(compiled.content.network, result)
        path = _write_outputs(values, request)
        facts = Facts(
            compiled=compiled,
            table=table,
            check=check,
            estimate=estimate(program),
            outputs=str(path),
            notes=(*program.notes, *_data_notes(request)),
        )
        return Run(compiled, result, measurement(result, facts))


def compile_only(request: CompileRequest, watch: Watch) -> Compiled:
    """The program for a network, out of the cache where nothing it follows from has changed.

    Raises:
        InputError: the network or the calibration data cannot be used.
        CapacityError: the accelerator is too small.
        CancelledError: the watch was told to stop.
    """
    started = time.perf_counter()
    with watch.phase("read"):
        key = compiled_key(request)
        known = recall(key)
    content = known or keep(key, _compile(request, watch))
    return Compiled(content, time.perf_counter() - started, known is not None)


def load_network(path: Path | str, *, dims: Mapping[str, int] | None = None) -> Graph:
    """Phase `import`: read and check an ONNX file, and run `FRONT_PASSES`.

    Args:
        path: the file.
        dims: values for dimensions that it leaves open, by name.

    Raises:
        NetworkError: it cannot be read, or holds something that is not supported.
    """
    # onnx alone takes a third of a second to import: only where nothing is kept.
    from hwservice.onnx_import import read_network  # noqa: PLC0415

    return run_passes(read_network(Path(path), dict(dims or {})), FRONT_PASSES)


def _compile(request: CompileRequest, watch: Watch) -> CompiledNetwork:
    from hwservice.run import compiler  # noqa: PLC0415  # as above

    with watch.phase("import"):
        graph = load_network(request.network, dims=dict(request.dims))
    with watch.phase("quantise"):
        images = compiler.calibration(request, graph)
        network = compiler.quantised(graph, images, request)
        error = compiler.float_error(graph, network, images)
    with watch.phase("compile"):
        program = compiler.program(network, request)
    return CompiledNetwork(network, program, error)


def evaluate(request: EvaluateRequest, watch: Watch) -> Accuracy:
    """Accuracy of the float and of the integer network on the same images.

    Raises:
        InputError: the network or the data cannot be used.
        CancelledError: the watch was told to stop.
    """
    from hwservice.run import compiler, evaluate  # noqa: PLC0415  # as above

    with watch.phase("import"):
        graph = load_network(request.compile.network, dims=dict(request.compile.dims))
        split = evaluate.read_split(request, graph.input_shape)
    with watch.phase("quantise"):
        network = compiler.quantised(graph, compiler.calibration(request.compile, graph), request.compile)
    return evaluate.score(graph, network, split, watch)


def elaborate_only(accelerator: Accelerator, watch: Watch, *, simulation: bool = False) -> Path:
    """The accelerator's Verilog, or what the simulator is built from.

    Raises:
        AcceleratorError: the generator refuses the parameters.
        ToolError: sbt or the JDK failed.
        CancelledError: the watch was told to stop.
    """
    with watch.phase("elaborate"):
        return elaborate(accelerator, simulation=simulation, progress=watch.line, cancel=watch.cancel)


def _simulate(program: Program, inputs: Bytes, request: SimulateRequest, watch: Watch) -> SimulationResult:
    if request.simulator == "null":
        with watch.phase("simulate"):
            return _ended_well(simulate_null(program, inputs), program)
    traced = request.trace is not None
    elaborate_only(program.accelerator, watch, simulation=not traced)
    with watch.phase("build"):
        build_simulator(program.accelerator, trace=traced, progress=watch.line, cancel=watch.cancel)
    with watch.phase("simulate"):
        options = SimulationOptions(trace=request.trace)
        tell = by_cycles(watch, estimate(program).cycles, len(inputs))
        return _ended_well(simulate(program, inputs, options, progress=tell, cancel=watch.cancel), program)


def _ended_well(result: SimulationResult, program: Program) -> SimulationResult:
    if result.status is not Status.DONE:
        raise ToolError(
            f"{program.name} on {program.accelerator.name} ended with status {result.status.name}, "
            f"fault {result.fault.name} at instruction {result.fault_index}"
        )
    return result


def _energy_table(request: SimulateRequest) -> EnergyTable:
    accelerator = request.compile.accelerator
    table = load_table(request.energy_table or default_table_name(accelerator))
    table.dram_entry(accelerator)  # refused before any work
    return table


def _write_outputs(values: dict[str, NDArray[np.float32]], request: SimulateRequest) -> Path:
    name = f"{request.compile.network.stem}-{request.compile.accelerator.name}.npz"
    path = request.outputs or cache_directory() / "outputs" / name
    write_outputs(values, path)
    return path


def _data_notes(request: SimulateRequest) -> Sequence[str]:
    if request.inputs is None:
        return ("inputs: seeded random values, since none were given (cycles do not depend on them)",)
    return ()


def write_program_files(program: Program, folder: Path) -> dict[str, str]:
    """Program and listing into a folder: file names by what they are."""
    from hwservice.run import artifacts  # noqa: PLC0415  # not needed where nobody takes files away

    artifacts.write_program(program, folder / "program.zip")
    artifacts.write_listing(program, folder / "listing.txt")
    return {"program": "program.zip", "listing": "listing.txt"}


def write_run_files(run: Run, folder: Path) -> dict[str, str]:
    """Program, listing, counters and report into a folder: file names by what they are."""
    from hwservice.run import artifacts  # noqa: PLC0415  # as above

    program = run.compiled.content.program
    artifacts.write_counters(program, run.result, folder / "counters.json")
    artifacts.write_report(run.measurement, folder / "report.json")
    return {**write_program_files(program, folder), "counters": "counters.json", "report": "report.json"}


def write_verilog_file(accelerator: Accelerator, verilog: Path, folder: Path) -> dict[str, str]:
    """The Verilog with its description into a folder: file names by what they are."""
    from hwservice.run import artifacts  # noqa: PLC0415  # as above

    artifacts.write_verilog(accelerator, verilog, folder / "verilog.zip")
    return {"verilog": "verilog.zip"}
