"""Jobs that sweep methods, budgets and seeds (`pareto`): each run is a process of its own, and kept by the job's name until the job is complete."""

import json
import os
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import PRESETS
from contracts.errors import ToolError
from contracts.job import EventKind
from contracts.learning import ParetoOptions, resolve
from mlservice.jobs.sessions import FORMER, forget_old, placeless, run_folder, without_places
from mlservice.jobs.subject import Upload
from mlservice.pareto.page import write_page
from mlservice.pareto.results import Result, Results
from mlservice.pareto.runs import Budget, Setting, sweep_of
from mlservice.pareto.summary import Summary, label_of
from mlservice.pareto.sweep import Event, Mark, Sweep
from servicekit.jobs.task import Answer, Emit
from servicekit.jobs.worker import before_end

SUMMARY: Final = "summary.json"
_PAGE: Final = "report.html"
_NETWORKS: Final = "networks.zip"
_ONNX: Final = ".onnx"
_PACKED: Final = ("network.onnx", "network.pt", "network.py")
_FIGURES: Final = (
    *("accuracy_float", "accuracy_int8", "measured_latency_ms", "measured_energy_mj"),
    *("predicted_latency_ms", "params", "macs", "kept", "wall_s", "train_energy_wh"),
)


def carry_out_sweep(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Carry out what is missing, and sum it up: cells with spreads, differences to dense, the front, hypervolumes."""
    wanted = ParetoOptions.from_mapping(options["wanted"])
    runs = Path(options["runs"])
    forget_old(runs)
    place = run_folder(runs, folder, options[FORMER])
    with without_places(folder, runs):
        budgets = _budgets(wanted)
        planned = sweep_of(
            _setting(wanted, options["upload"], folder), wanted.methods, budgets, wanted.seeds, wanted.cost
        )
        sweep = Sweep(planned, Results(place / "results"), place / "runs", wanted.side_by_side)
        sweep.registry = Path(options["registry"])
        before_end(sweep.abandon)

        def tell(event: Event) -> None:
            os.utime(place)  # nobody has forgotten this sweep
            _tell(emit, replace(event, why=placeless(event.why, folder, runs)))

        sweep.tell = tell
        _tell_plan(emit, sweep)
        ends = sweep.run()
        found = [end.result for end in ends if end.result is not None]
        failed = {
            end.run.name: placeless(end.why, folder, runs) for end in ends if end.mark in (Mark.FAILED, Mark.WAITS)
        }
        if not found:
            raise ToolError(f"none of {len(ends)} runs came to a result: {next(iter(failed.values()))}")
        return _leave(sweep, found, budgets[0].metric, failed, folder, place)


def _leave(
    sweep: Sweep, found: Sequence[Result], metric: str, failed: Mapping[str, str], folder: Path, place: Path
) -> Answer:
    summary = Summary.of(found, metric)
    whole = {**summary.to_mapping(), "failed": failed}
    (folder / SUMMARY).write_text(json.dumps(whole, indent=1))
    write_page(summary, folder / _PAGE)
    with zipfile.ZipFile(folder / _NETWORKS, "w", zipfile.ZIP_DEFLATED) as archive:
        for result in found:
            for name in _PACKED:
                file = sweep.folder_of(result) / name
                if file.is_file():
                    archive.write(file, f"{result.run.name}/{name}")
    networks = _networks(sweep, found, folder)
    shutil.rmtree(place)
    points = [
        {**{name: value for name, value in point.items() if name != "kept"}, "file": networks.get(point["run"])}
        for point in whole["points"]
    ]
    files = {name: f"{name}{_ONNX}" for name in networks.values()}
    return {**whole, "points": points}, {"summary": SUMMARY, "page": _PAGE, "networks": _NETWORKS, **files}


def _networks(sweep: Sweep, found: Sequence[Result], folder: Path) -> dict[str, str]:
    """Each run's network moved to the attempt's folder: by the run's name what it is called among the files, such as `network-1`."""
    networks = {}
    for number, result in enumerate(found, 1):
        file = sweep.folder_of(result) / _PACKED[0]
        if file.is_file():
            networks[result.run.name] = f"network-{number}"
            shutil.move(file, folder / f"network-{number}{_ONNX}")
    return networks


def _setting(wanted: ParetoOptions, upload: Mapping[str, Any] | None, folder: Path) -> Setting:
    """Files by names in the attempt's folder, where the runs are started: results then say nothing of this machine."""
    data, accelerator = wanted.data, resolve(wanted.accelerator)
    if upload is not None:
        data = Upload(**upload).name
        (folder / data).symlink_to(upload["path"])
    name = accelerator.name
    if PRESETS.get(name) != accelerator:
        name = "accelerator.json"
        (folder / name).write_text(json.dumps(asdict(accelerator)))
    return Setting(
        network=wanted.network,
        data=data,
        accelerator=name,
        epochs=wanted.epochs,
        batch=wanted.batch_images,
        precision=wanted.precision,
        validation_share=wanted.validation_share,
        learning_rate=wanted.peak_learning_rate,
        training_images=wanted.training_images,
    )


def _budgets(wanted: ParetoOptions) -> list[Budget]:
    shares = [Budget("latency_ms", share) for share in wanted.shares]
    amounts = {"latency_ms": wanted.budgets_ms, "energy_mj": wanted.budgets_mj}
    return shares + [Budget(metric, value, of_dense=False) for metric, each in amounts.items() for value in each]


def _tell_plan(emit: Emit, sweep: Sweep) -> None:
    """All runs, before any of them begins: those whose results are there already, and those that are to come."""
    total, kept = len(sweep.runs), {run: sweep.mark(run) is Mark.KEPT for run in sweep.runs}
    for run, there in kept.items():
        mark = Mark.KEPT if there else Mark.OPEN
        tell_run(emit, Event(run, mark, sum(kept.values()), total, sweep.results.of(run) if there else None))
    _progress(emit, sum(kept.values()), total)


def _tell(emit: Emit, event: Event) -> None:
    tell_run(emit, event)
    emit({"kind": EventKind.LOG.value, "line": f"[{event.done}/{event.total}] {event.run.name}: {event.mark}"})
    _progress(emit, event.done, event.total)


def tell_run(emit: Emit, event: Event) -> None:
    """Where a run stands, as an event of the job."""
    run, answer = event.run, event.result.answer if event.result is not None else {}
    emit(
        {
            "kind": EventKind.RUN.value,
            "share": event.done / event.total,
            "run": run.name,
            "mark": event.mark.value,
            "done": event.done,
            "total": event.total,
            "method": label_of(run),
            "budget": None if run.budget is None else str(run.budget),
            "seed": run.seed,
            "figures": {name: answer[name] for name in _FIGURES if name in answer},
            "why": event.why,
        }
    )


def _progress(emit: Emit, done: int, total: int) -> None:
    where = {"phase": "sweep", "index": 0, "phases": 1, "fraction": done / total, "seconds_left": None}
    emit({"kind": EventKind.PROGRESS.value, **where})
