"""`python -m mlservice pareto`: several methods at several budgets, with several seeds, and what they come to together."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from contracts.errors import CancelledError, InputError
from mlservice.cli.subject import accelerator_of, cost_arguments
from mlservice.cli.train import data_arguments, interruptible, network_arguments

if TYPE_CHECKING:
    from mlservice.pareto.runs import Budget, Setting
    from mlservice.pareto.sweep import Event


def arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    network_arguments(parser)
    data_arguments(parser)
    cost_arguments(parser)
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["priced-gates", "uniform-aligned"],
        metavar="METHOD",
        help="see `methods` (default: %(default)s)",
    )
    for option, what in (
        ("--shares", "budgets as shares of the dense network's latency on the RTL"),
        ("--energy-shares", "budgets as shares of its energy"),
        ("--latencies-ms", "budgets in ms"),
        ("--energies-mj", "budgets in mJ"),
    ):
        parser.add_argument(option, nargs="+", type=float, default=[], metavar="X", help=what)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="SEED", help="default: 0")
    parser.add_argument("--epochs", type=int, default=8, help="of every run (default: %(default)s)")
    parser.add_argument(
        "--training-images", type=int, metavar="N", help="only the first so many of the training split (default: all)"
    )
    parser.add_argument("--batch", type=int, default=128, help="images of a step (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=0.3, help="at its peak (default: %(default)s)")
    parser.add_argument(
        "--precision", choices=["auto", "float32", "bfloat16"], default="auto", help="default: %(default)s"
    )
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the training images, set apart (default: 0)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        help="runs side by side, one thread each (default: %(default)s)",
    )
    parser.add_argument("--keep-older", action="store_true", help="do not repeat runs whose method's code has changed")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="results, networks, and the report; goes on with what is there",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: Namespace) -> int:
    """Carry out what is missing, and print what all comes to; 1 where a run failed."""
    from mlservice.pareto.page import write_page  # noqa: PLC0415  # learning libraries take seconds to import
    from mlservice.pareto.results import Results  # noqa: PLC0415  # as above
    from mlservice.pareto.runs import sweep_of  # noqa: PLC0415  # as above
    from mlservice.pareto.summary import Summary  # noqa: PLC0415  # as above
    from mlservice.pareto.sweep import Mark, Sweep  # noqa: PLC0415  # as above

    accelerator_of(options.accelerator)
    if options.jobs < 1:
        raise InputError(f"--jobs is {options.jobs}; it must be at least 1")
    budgets = _budgets(options)
    runs = sweep_of(_setting(options), options.methods, budgets, options.seeds, options.cost)
    sweep = Sweep(runs, Results(options.out / "results"), options.out / "runs", options.jobs, options.keep_older, tell)
    sweep.registry = options.registry
    with interruptible() as cancelled:
        sweep.cancelled = cancelled
        try:
            ends = sweep.run()
        except CancelledError as error:
            print(f"{error}; the same command goes on from there", file=sys.stderr)
            raise
    summary = Summary.of((end.result for end in ends if end.result is not None), budgets[0].metric)
    failed = [end.run.name for end in ends if end.mark in (Mark.FAILED, Mark.WAITS)]
    answer = {**summary.to_mapping(), "failed": failed}
    (options.out / "summary.json").write_text(json.dumps(answer, indent=1))
    write_page(summary, options.out / "report.html")
    if options.json:
        print(json.dumps(answer))
    else:
        _show(answer)
    return 1 if failed else 0


def tell(event: "Event") -> None:
    """A line on stderr for each run that begins or ends."""
    line = f"[{event.done}/{event.total}] {event.run.name}: {event.mark}"
    if event.mark == "done" and event.result is not None:
        line += f", {figures(event.result.answer)}"
    print(line, file=sys.stderr, flush=True)
    if event.why:
        print("    " + event.why.replace("\n", "\n    "), file=sys.stderr, flush=True)


def figures(answer: Any) -> str:
    """The most important figures of a report, in a line."""
    return (
        f"{answer['accuracy_float']:.2%} float, {answer['accuracy_int8']:.2%} int8, {answer['measured_latency_ms']:.4g} ms,"
        f" {answer['measured_energy_mj']:.4g} mJ, trained for {answer['wall_s']:.0f} s"
    )


def _setting(options: Namespace) -> "Setting":
    from mlservice.pareto.runs import Setting  # noqa: PLC0415  # as above

    return Setting(
        network=options.network,
        data=options.data,
        accelerator=options.accelerator,
        epochs=options.epochs,
        batch=options.batch,
        precision=options.precision,
        validation_share=options.validation_share,
        learning_rate=options.learning_rate,
        training_images=options.training_images,
        image_size=options.image_size,
    )


def _budgets(options: Namespace) -> list["Budget"]:
    from mlservice.pareto.runs import Budget  # noqa: PLC0415  # as above

    found = [Budget("latency_ms", share) for share in options.shares]
    found += [Budget("latency_ms", value, of_dense=False) for value in options.latencies_ms]
    found += [Budget("energy_mj", share) for share in options.energy_shares]
    found += [Budget("energy_mj", value, of_dense=False) for value in options.energies_mj]
    if not found:
        raise InputError("there is no budget: give --shares, --energy-shares, --latencies-ms or --energies-mj")
    return found


def _show(answer: dict[str, Any]) -> None:
    table = Table("method", "budget", "seeds", "float %", "int8 %", "to dense, points", "ms", "mJ")
    for cell in answer["cells"]:
        against = cell["against_dense"]["accuracy_float"]
        table.add_row(
            cell["method"],
            cell["budget"] or "",
            str(len(cell["seeds"])),
            *(_with_spread(cell[name], 100) for name in ("accuracy_float", "accuracy_int8")),
            "" if against is None else _with_spread(against, 100),
            *(f"{cell[name]['mean']:.4g}" for name in ("measured_latency_ms", "measured_energy_mj")),
        )
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    for label, volumes in answer["hypervolumes"].items():
        console.print(f"hypervolume of {label}: {_with_spread(volumes['accuracy_float'], 1)}", highlight=False)


def _with_spread(spread: dict[str, Any], factor: float) -> str:
    mean = f"{factor * spread['mean']:.2f}"
    return mean if spread["deviation"] is None else f"{mean} ± {factor * spread['deviation']:.2f}"
