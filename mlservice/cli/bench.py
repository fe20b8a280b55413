"""`python -m mlservice bench …`: benchmarks whose runs take hours, kept run by run."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

import mlservice
from contracts.cache import cache_directory
from contracts.errors import CancelledError, InputError, ToolError
from mlservice.cli.pareto import figures, tell
from mlservice.cli.train import interruptible
from servicekit.commands import Command

if TYPE_CHECKING:
    from mlservice.pareto.runs import Run
    from mlservice.pareto.sweep import Sweep

_PUBLISHED: Final = Path(mlservice.__file__).parents[1] / "datasets" / "published"
_RESULTS: Final = Path("benchmarks/results/codesign")
_PAGE: Final = Path("docs/codesign-results.md")
_PLOTS: Final = "codesign-"
"""How names of its plots begin."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `bench codesign`."""
    parser.add_argument(
        "--results", type=Path, default=_RESULTS, metavar="DIR", help="a small file for each run (default: %(default)s)"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="for checkpoints and networks (default: `codesign` in the cache)"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        help="runs side by side, one thread each (default: %(default)s)",
    )
    parser.add_argument("--only", metavar="GLOB", help="runs whose name matches, and the dense runs that they need")
    parser.add_argument("--small", action="store_true", help="a few short runs on digits")
    parser.add_argument("--keep-older", action="store_true", help="do not repeat runs whose method's code has changed")
    parser.add_argument(
        "--report",
        nargs="?",
        type=Path,
        const=_PAGE,
        metavar="PAGE.md",
        help="run nothing; write tables of what is there into a page (default: %(const)s), and plots beside the networks",
    )
    parser.add_argument("--list", action="store_true", help="print the runs in their order, and run nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: Namespace) -> int:
    """Carry out what is missing; 1 where a run failed."""
    from mlservice.pareto.codesign import codesign, small  # noqa: PLC0415  # learning libraries take seconds to import
    from mlservice.pareto.results import Results  # noqa: PLC0415  # as above
    from mlservice.pareto.sweep import Mark, Sweep  # noqa: PLC0415  # as above

    if options.jobs < 1:
        raise InputError(f"--jobs is {options.jobs}; it must be at least 1")
    runs = _chosen(small() if options.small else codesign(), options.only)
    _have_predictor(runs)
    work = options.work or cache_directory() / "codesign"
    sweep = Sweep(runs, Results(options.results), work, options.jobs, options.keep_older, tell)
    if options.list:
        return _list(sweep, options.json)
    if options.report is not None:
        return _report(sweep, options.report)
    with interruptible() as cancelled:
        sweep.cancelled = cancelled
        try:
            ends = sweep.run()
        except CancelledError as error:
            print(f"{error}; the same command goes on from there", file=sys.stderr)
            raise
    failed = [end.run.name for end in ends if end.mark in (Mark.FAILED, Mark.WAITS)]
    if options.json:
        print(json.dumps({"runs": len(ends), "failed": failed, "results": str(options.results)}))
    else:
        print(f"{len(ends) - len(failed)} of {len(ends)} runs are in {options.results}")
    return 1 if failed else 0


def _chosen(runs: Sequence["Run"], pattern: str | None) -> list["Run"]:
    if pattern is None:
        return [*runs]
    wanted = [run for run in runs if fnmatchcase(run.name, pattern)]
    if not wanted:
        raise InputError(f"--only {pattern!r} matches none of the {len(runs)} runs; --list prints their names")
    needed = {run.dense for run in wanted if run.budget is not None and run.budget.of_dense}
    return [run for run in runs if run in needed or run in wanted]


def _have_predictor(runs: Sequence["Run"]) -> None:
    """Fit the benchmark's predictor to the published data, if it is wanted and not there."""
    from mlservice.pareto.codesign import LEARNED, PREDICTOR  # noqa: PLC0415  # as above
    from mlservice.predictors.registry import Registry  # noqa: PLC0415  # as above

    if not any(run.cost == LEARNED for run in runs) or any(card.name == PREDICTOR for card in Registry().cards()):
        return
    print(f"Fitting the predictor {PREDICTOR} to {_PUBLISHED.name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "mlservice", "predictors", "train", "--data", str(_PUBLISHED), "--name", PREDICTOR]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise ToolError(f"`{' '.join(command[1:])}` ended with status {done.returncode}; see above")


def _report(sweep: "Sweep", page: Path) -> int:
    from mlservice.pareto.page import write_page  # noqa: PLC0415  # as above
    from mlservice.pareto.reached import FLOOR  # noqa: PLC0415  # as above
    from mlservice.pareto.summary import Summary  # noqa: PLC0415  # as above
    from mlservice.pareto.sweep import Mark  # noqa: PLC0415  # as above
    from mlservice.pareto.tables import into, markdown  # noqa: PLC0415  # as above

    found = [result for run in sweep.runs if (result := sweep.results.of(run)) is not None]
    older = [result.run for result in found if sweep.mark(result.run) is Mark.OLDER]
    plots = [f"{path.parent.name}/{path.name}" for path in sorted((page.parent / "plots").glob(f"{_PLOTS}*.png"))]
    try:
        text = into(page.read_text(), markdown(found, len(sweep.runs), older, plots))
        page.write_text(text)
    except OSError as error:
        raise InputError(f"the page {page} cannot be read and written: {error.strerror}") from error
    print(f"{len(found)} of {len(sweep.runs)} results are in {page}")
    if found:
        first = found[0].run.setting
        sweep.work.mkdir(parents=True, exist_ok=True)
        target = sweep.work / "report.html"
        write_page(Summary.of([r for r in found if r.run.setting == first], floor=FLOOR), target, _PLOTS)
        print(f"plots are in {target}; `python -m benchmarks.pictures {target}` draws them for docs")
    return 0


def _list(sweep: "Sweep", as_json: bool) -> int:
    lines = [(run.name, sweep.mark(run), sweep.results.of(run)) for run in sweep.runs]
    if as_json:
        print(json.dumps({"runs": [{"run": name, "mark": mark} for name, mark, _ in lines]}))
        return 0
    table = Table("", "run", "result", "figures")
    for number, (name, mark, result) in enumerate(lines, 1):
        table.add_row(str(number), name, mark, figures(result.answer) if result else "")
    Console(width=None if sys.stdout.isatty() else 220).print(table)
    return 0


COMMANDS: Final = (Command("codesign", "what the methods make of equal budgets, over seeds", arguments, run),)
