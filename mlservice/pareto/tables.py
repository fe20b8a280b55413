"""The co-design benchmark's results as Markdown, for the page in docs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from contracts.errors import InputError
from mlservice.pareto.codesign import COMMON, LEARNED, METHOD, PARTS, REPEATED
from mlservice.pareto.reached import FLOOR, OWN, RIVALS, lines, told
from mlservice.pareto.results import Result
from mlservice.pareto.runs import Budget, Run, Setting
from mlservice.pareto.summary import Cell, Spread, Summary, keeps, label_of

BEGIN: Final = "<!-- what follows is written by `python -m mlservice bench codesign --report` -->"
END: Final = "<!-- end of what is written by the command -->"
_VERDICTS: Final = {True: "reached", False: "**not reached**", None: "not all run yet"}
_METHOD_COLUMNS: Final = (
    "method", "budget", "seeds", "float %", "int8 %", "to dense, float", "to dense, int8", "ms", "mJ", "kept", "params",
    "trained for, s", "training, Wh",
)  # fmt: skip


def into(page: str, generated: str) -> str:
    """A page with its generated part replaced.

    Raises:
        InputError: the page lacks the marks around that part.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise InputError(f"the page lacks the lines {BEGIN!r} and {END!r}, between which results are written")
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{generated}{END}{rest.partition(END)[2]}"


def markdown(results: Sequence[Result], total: int, older: Iterable[Run] = (), plots: Sequence[str] = ()) -> str:
    """All tables.

    Args:
        results: of the benchmark's runs.
        total: runs of the benchmark.
        older: runs whose method's code has changed since; they are named.
        plots: pictures, as paths from the page.
    """
    if not results:
        return f"None of the {total} runs has finished yet.\n\n"
    parts = [_origin(results, total, older), _reached(results)]
    for network in dict.fromkeys(result.run.setting.network for result in results):
        own = Summary.of([r for r in results if r.run.setting.network == network], floor=FLOOR)
        parts += [f"### {network}: methods by budget", _methods(own)]
        if network == Setting().network:
            parts += ["### Hypervolumes", _volumes(own), "### Against the others, seed by seed", _pairs(own)]
            parts += ["### What each part brings", _parts(own)]
    parts += [f"![{Path(plot).stem.replace('-', ' ')}]({plot})" for plot in plots]
    return "\n\n".join(parts) + "\n\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown."""
    head = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _origin(results: Sequence[Result], total: int, older: Iterable[Run]) -> str:
    machines = {f"{r.machine['processor']}, {r.machine['cores']} cores, torch {r.machine['torch']}" for r in results}
    commits = sorted({(result.commit or "outside of a repository")[:12] for result in results})
    codes: dict[str, set[str]] = {}
    for result in results:
        codes.setdefault(label_of(result.run), set()).add(result.identity.code)
    told_codes = "; ".join(f"{label} {', '.join(sorted(each))}" for label, each in codes.items())
    precisions = sorted({str(result.answer["precision"]) for result in results})
    lines_ = [
        f"`python -m mlservice bench codesign`, {len(results)} of {total} runs, {Setting().epochs} epochs, one thread each, trained in"
        f" {' and '.join(precisions)}, on {'; '.join(sorted(machines))}. ± is one standard deviation over seeds (0, 1, 2).",
        f"Commits: {', '.join(commits)}. Digests of the methods' code: {told_codes}.",
    ]
    if outdated := [run.name for run in older]:
        lines_.append(f"Of code that has changed since: {', '.join(outdated)}.")
    return "\n\n".join(lines_)


def _reached(results: Sequence[Result]) -> str:
    rows = [(line.what, line.must, line.found, _VERDICTS[line.good]) for line in lines(results)]
    return "### What must be reached\n\n" + table(("what", "must be", "is", ""), rows)


def _methods(summary: Summary) -> str:
    return table(_METHOD_COLUMNS, (_method(cell) for cell in summary.cells()))


def _method(cell: Cell) -> list[str]:
    return [
        cell.label,
        "all channels" if cell.budget is None else str(cell.budget),
        str(len(cell.results)),
        told(cell.of("accuracy_float"), 100),
        told(cell.of("accuracy_int8"), 100),
        *(told(cell.against_dense(name), 100) if cell.budget else "" for name in ("accuracy_float", "accuracy_int8")),
        f"{cell.of('measured_latency_ms').mean:.4f}",
        f"{cell.of('measured_energy_mj').mean:.4f}",
        ("yes" if all(keeps(result) for result in cell.results.values()) else "**no**") if cell.budget else "",
        f"{cell.of('params').mean:,.0f}",
        f"{cell.of('wall_s').mean:.0f}",
        f"{cell.over_seeds(lambda result: float(result.answer['train_energy_wh'] or 0.0)).mean:.2f}",
    ]


def _volumes(summary: Summary) -> str:
    """Over the repeated budgets, and over all that every method has, with the seeds that have them."""
    repeated, every = summary.hypervolumes(REPEATED), summary.hypervolumes(COMMON)
    rows = []
    for label in sorted(repeated, key=lambda name: -repeated[name]["accuracy_float"].mean):
        more = every.get(label, {})
        names = ("accuracy_float", "accuracy_int8")
        rows.append([label, *(told(repeated[label][n]) for n in names), *(told(more.get(n)) for n in names)])
    shares, more_shares = (", ".join(f"{each.amount:.3g}" for each in budgets) for budgets in (REPEATED, COMMON))
    words = (
        f"Share of the dense latency x points of accuracy above {FLOOR:.0%} that a method's networks cover; the most that there is is"
        f" {100 - 100 * FLOOR:.0f}."
    )
    columns = ("method", f"{shares}: float", "int8", f"{more_shares}: float", "int8")
    return f"{words}\n\n{table(columns, rows)}"


def _pairs(summary: Summary) -> str:
    """The method's accuracy less another's with the same seed and budget."""
    cells = {(cell.label, cell.budget): cell for cell in summary.cells()}
    budgets = [budget for budget in COMMON if any((rival, budget) in cells for rival in RIVALS)]
    rows = [
        [rival, *(told(difference(cells.get((OWN, budget)), cells.get((rival, budget))), 100) for budget in budgets)]
        for rival in RIVALS
    ]
    words = f"Points by which {OWN} is above another method, float, with the same seed at the same budget."
    return f"{words}\n\n{table(('', *map(str, budgets)), rows)}"


def difference(one: Cell | None, other: Cell | None, name: str = "accuracy_float") -> Spread | None:
    """Over the seeds that both have; none where there is none."""
    if one is None or other is None:
        return None
    seeds = [seed for seed in one.results if seed in other.results]
    values = [float(one.results[s].answer[name]) - float(other.results[s].answer[name]) for s in seeds]
    return Spread.of(values) if values else None


def _parts(summary: Summary) -> str:
    cells = {(cell.label, cell.budget): cell for cell in summary.cells()}
    rows = []
    for what, part in PARTS.items():
        without = label_of(part)
        brings = [_brings(cells, without, budget) for budget in REPEATED]
        rows.append([what, f"`{part.method}`, `--cost {part.cost}`", *brings])
    words = f"Points that are lost where a part of `{METHOD}` with `--cost {LEARNED}` is left out, float (int8), with the same seed."
    return f"{words}\n\n{table(('left out', 'run as', *map(str, REPEATED)), rows)}"


def _brings(cells: dict[tuple[str, Budget | None], Cell], without: str, budget: Budget) -> str:
    pair = cells.get((OWN, budget)), cells.get((without, budget))
    found = difference(*pair), difference(*pair, name="accuracy_int8")
    return f"{told(found[0], 100)} ({told(found[1], 100)})"
