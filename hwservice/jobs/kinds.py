"""The fixed table of what jobs can be: each kind's handler, from plain options to a result and files."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS, Accelerator
from contracts.job import JobKind
from contracts.quantisation import QuantiseOptions
from hwservice import pipeline
from hwservice.jobs import campaign
from hwservice.run.estimate import estimated_figures
from hwservice.run.request import ACCURACY_ORIGINS, CompileRequest, EvaluateRequest, SimulateRequest
from hwservice.run.throttle import Throttle
from hwservice.run.watch import Progress, Watch
from servicekit.jobs.task import Answer, Emit, Handler


def _watch(phases: tuple[str, ...], emit: Emit) -> Watch:
    throttle = Throttle()

    def report(progress: Progress) -> None:
        if throttle.passes(progress.phase, finished=progress.fraction >= 1):
            values = asdict(progress)
            line = values.pop("message")
            emit({"kind": "progress", **values})
            if line:
                emit({"kind": "log", "line": line[:500]})

    return Watch(phases, report)


def _path(options: Mapping[str, Any], name: str) -> Path | None:
    return Path(options[name]) if options.get(name) else None


def _accelerator(options: Mapping[str, Any]) -> Accelerator:
    """The one asked for; any where nothing depends on it."""
    fields = options.get("accelerator")
    return PRESETS[DEFAULT_ACCELERATOR] if fields is None else Accelerator.from_mapping(fields)


def _compile_request(options: Mapping[str, Any], folder: Path) -> CompileRequest:
    network = folder / f"{options['network_name']}.onnx"
    network.symlink_to(options["network_path"])  # reports and programs carry the name
    return CompileRequest(
        network=network,
        accelerator=_accelerator(options),
        calibration=_path(options, "calibration_path"),
        quantise=_quantise_options(options),
        dims=tuple(sorted((options.get("dims") or {}).items())),
    )


def _quantise_options(options: Mapping[str, Any]) -> QuantiseOptions:
    given = {"scales": "scales", "calibration_method": "method", "percentile": "percentile"}
    return QuantiseOptions(**{field: options[name] for name, field in given.items() if name in options})


def _compile(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    request = _compile_request(options, folder)
    watch = _watch(pipeline.COMPILE_PHASES, emit)
    compiled = pipeline.compile_only(request, watch)
    program = compiled.content.program
    result = {**compiled.to_mapping(), "estimate": estimated_figures(program)}
    return result, pipeline.write_program_files(program, folder)


def _simulate(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    request = SimulateRequest(
        compile=_compile_request(options, folder),
        inputs=_path(options, "inputs_path"),
        count=options.get("count", 1),
        energy_table=options.get("energy_table"),
        trace=folder / "wave.vcd" if options.get("trace") else None,
        outputs=folder / "outputs.npz",
        simulator=options.get("simulator", "rtl"),
    )
    run = pipeline.simulate_network(request, _watch(pipeline.PHASES, emit))
    files = pipeline.write_run_files(run, folder)
    if request.trace is not None:
        files["wave"] = "wave.vcd"
    report = {**run.measurement.to_mapping(), "outputs": None}
    return {"report": report}, {**files, "outputs": "outputs.npz"}


def _evaluate(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    request = EvaluateRequest(
        compile=_compile_request(options, folder), inputs=Path(options["inputs_path"]), count=options.get("count")
    )
    found = pipeline.evaluate(request, _watch(pipeline.EVALUATE_PHASES, emit))
    return {"accuracy": {**asdict(found), "origins": ACCURACY_ORIGINS}}, {}


def _elaborate(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    accelerator = _accelerator(options)
    verilog = pipeline.elaborate_only(accelerator, _watch(pipeline.ELABORATE_PHASES, emit))
    files = pipeline.write_verilog_file(accelerator, verilog, folder)
    result = {"accelerator": accelerator.name, "digest": f"{accelerator.digest:016x}"}
    return {**result, "verilog_bytes": verilog.stat().st_size}, files


HANDLERS: Final[dict[JobKind, Handler]] = {
    JobKind.COMPILE: _compile,
    JobKind.SIMULATE: _simulate,
    JobKind.ELABORATE: _elaborate,
    JobKind.EVALUATE: _evaluate,
    JobKind.CAMPAIGN: campaign.run,
}
"""What a job can be; nothing else is accepted from the wire."""
