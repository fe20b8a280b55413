"""What commands print: JSON for programs, tables for people."""

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from contracts.job import JobKind
from proprunn.jobs import Job
from proprunn.results import UNITS, Comparison
from proprunn.runs import Run
from proprunn.training import Session


def document(chosen: Namespace, found: Mapping[str, Any], text: str) -> None:
    """One thing: its document, or what a person wants of it."""
    print(json.dumps(found, indent=1) if chosen.json else text)


def table(chosen: Namespace, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Several things."""
    if chosen.json:
        print(json.dumps(rows, indent=1))
    else:
        _print(columns, ([row.get(name) for name in columns] for row in rows))


def job(chosen: Namespace, found: Job) -> None:
    """A job; of a finished simulation its figures too."""
    if chosen.json:
        print(json.dumps({**found.to_mapping(), "page": found.url}, indent=1))
        return
    print(f"{found.id} {found.kind} {found.state}{f' ({found.phase})' if found.phase else ''}\n{found.url}")
    if found.failure:
        print(f"{found.failure['class']}: {found.failure['message']}")
    if found.success and found.kind is JobKind.SIMULATE:
        report = found.download_report()
        print(f"bit exact: {report.bit_exact} (against {report.checked_against}), simulator {report.simulator}")
        rows = ([row["name"], _number(row["value"]), row["unit"], row["origin"]] for row in report.figures())
        _print(("figure", "value", "unit", "origin"), rows)
    if found.success and found.kind is JobKind.EVALUATE:
        said = found.to_mapping()["result"]["accuracy"]
        print(f"{said['images']} images")
        _print(
            ("figure", "value", "origin"),
            ([name, _number(said[name]), said["origins"][name]] for name in said["origins"]),
        )
    if found.success and found.kind in (JobKind.TRAIN, JobKind.PRUNE):
        _session(found.session())
    if found.success and found.kind is JobKind.PARETO:
        _sweep(found.sweep())
    if found.done and found.artifacts:
        print("artifacts: " + ", ".join(found.artifacts))


def _session(found: Session) -> None:
    values = {name: value for name, value in asdict(found).items() if value is not None and not isinstance(value, dict)}
    rows = [[name.replace("_", " "), _number(value)] for name, value in values.items()]
    _print(("figure", "value"), [["budget", _budget(found.budget)], *rows] if found.budget else rows)


def _sweep(found: Mapping[str, Any]) -> None:
    names = ("accuracy_float", "accuracy_int8", "measured_latency_ms", "measured_energy_mj")
    heads = ("method", "budget", "seeds", *(name.replace("_", " ") for name in names))
    cells = found["cells"]
    rows = [[c["method"], c["budget"], len(c["seeds"]), *(_number(c[name]["mean"]) for name in names)] for c in cells]
    _print(heads, rows)
    if found["failed"]:
        print("failed: " + ", ".join(found["failed"]))


def _budget(budget: Mapping[str, float]) -> str:
    return ", ".join(f"{metric} {value:g}" for metric, value in budget.items())


def run(chosen: Namespace, found: Run) -> None:
    """A run, with the states of its jobs."""
    states = ", ".join(f"{count} {state}" for state, count in found.states.items() if count)
    document(chosen, found.to_mapping(), f"{found.id} {found.name}: {states or 'no jobs'}")


def analysis(chosen: Namespace, found: Mapping[str, Any]) -> None:
    """What bounds a network, then each layer with the change that would help most."""
    if chosen.json:
        print(json.dumps(found, indent=1))
        return
    print("\n".join(found["why"]))
    rows = [[layer["name"], layer["bound_by"], _helps(layer["changes"])] for layer in found["layers"]]
    _print(("layer", "bound by", "what would help"), rows)


def _helps(changes: Sequence[Mapping[str, Any]]) -> str:
    return str(changes[0]["text"]) if changes else ""


def comparison(chosen: Namespace, found: Comparison) -> None:
    """Simulations as rows."""
    if chosen.json:
        print(json.dumps(asdict(found), indent=1))
        return
    names = [name for name in UNITS if name in found.items[0]["figures"]]
    heads = ["job", "network", "accelerator", *(f"{name} ({UNITS[name]})" if UNITS[name] else name for name in names)]
    rows = []
    for item in found.items:
        figures = [item["figures"].get(name) for name in names]
        values = [_number(figure["value"]) if figure else "" for figure in figures]
        rows.append([item["job"], item["network_name"], item["accelerator_name"], *values])
    _print(heads, rows)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _print(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for number, head in enumerate(heads):
        shown.add_column(head, no_wrap=number == 0, min_width=30 if head in ("id", "job") else None)
    for row in rows:
        shown.add_row(*("" if value is None else str(value) for value in row))
    console = Console()
    # Programs that read a table want whole lines.
    console.print(shown, soft_wrap=not console.is_terminal)
