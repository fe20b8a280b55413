"""Which sessions are shown: those that completed, as the filters of a page's address choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from backend.jobs.histories import runs_told_in
from backend.jobs.models import Job
from backend.workspace.models import Project
from contracts.job import JobState
from frontend.pruning.results import KINDS, Outcome, outcome

MOST: Final = 2000
"""Sessions that are looked at, the newest ones."""
COSTS: Final = {"latency": ("measured_latency_ms", "latency", "ms"), "energy": ("measured_energy_mj", "energy", "mJ")}
"""What one image may cost: figure of the result, name, unit."""
ACCURACIES: Final = {"int8": "accuracy_int8", "float": "accuracy_float"}


@dataclass(frozen=True)
class Run:
    """A completed session, or a run of a sweep, as a point.

    Attributes:
        key: of a session its job; of a run of a sweep the sweep's job and the run's name.
        job: that made it.
        facets: what filters go by.
        budget: in words, such as `0.05 ms`; empty where there is none.
        result: figures, by their names in a session's result.
        cost: in the unit of the axis, measured on the RTL.
        accuracy: 0 to 1, on the whole test split.
    """

    key: str
    job: Job
    facets: Mapping[str, str]
    budget: str
    result: Mapping[str, Any]
    cost: float
    accuracy: float

    @property
    def method(self) -> str:
        """How the budget was met."""
        return self.facets["method"]


@dataclass(frozen=True)
class Choice:
    """What a page shows; empty text is no filter.

    Attributes:
        cost: one of `COSTS`.
        accuracy: one of `ACCURACIES`.
    """

    network: str = ""
    data: str = ""
    accelerator: str = ""
    method: str = ""
    seed: str = ""
    cost: str = "latency"
    accuracy: str = "int8"

    @staticmethod
    def of(given: Mapping[str, str]) -> "Choice":
        """From an address; unknown axes are the first."""
        values = {each.name: given.get(each.name, "").strip() for each in fields(Choice)}
        values["cost"] = values["cost"] if values["cost"] in COSTS else next(iter(COSTS))
        values["accuracy"] = values["accuracy"] if values["accuracy"] in ACCURACIES else next(iter(ACCURACIES))
        return Choice(**values)

    @property
    def filters(self) -> dict[str, str]:
        """Those that are set."""
        return {name: value for name in FACETS if (value := str(getattr(self, name)))}

    def takes(self, run: Run) -> bool:
        """Whether a run is shown."""
        facets = run.facets
        return all(facets[name] == value for name, value in self.filters.items())


FACETS: Final = ("network", "data", "accelerator", "method", "seed")
SETTING: Final = ("network", "data", "accelerator")
"""What sessions must agree in to be on one front."""


def runs_of(project: Project, choice: Choice) -> list[Run]:
    """All completed sessions of a project with measured costs, and the runs of its sweeps; the newest jobs first, unfiltered."""
    rows = Job.objects.filter(project=project, kind__in=KINDS, state=JobState.COMPLETED.value).defer("order")
    sessions = [_session(outcome(job), choice) for job in rows.order_by("-id")[:MOST]]
    swept = [swept_run(job, told, choice) for job, told in runs_told_in(project)]
    found = {run.key: run for run in (*sessions, *swept) if run is not None}
    return sorted(found.values(), key=lambda run: run.job.pk, reverse=True)


def _session(one: Outcome, choice: Choice) -> Run | None:
    result, options = one.result or {}, one.options
    facets = {
        "network": str(options["network"]),
        "data": str(result.get("data") or options["data"]),
        "accelerator": str(result.get("accelerator") or one.job.accelerator_name),
        "method": one.method,
        "seed": str(options["seed"]),
    }
    return _run(one.job.pk, one.job, facets, ", ".join(one.budgets_text), result, choice)


def swept_run(job: Job, told: Mapping[str, Any], choice: Choice) -> Run | None:
    """A run of a sweep, as it was told of; None where it has no figures (yet)."""
    facets = {
        "network": str(job.options["network"]),
        "data": str(job.options["data"]),
        "accelerator": job.accelerator_name,
        "method": str(told["method"]),
        "seed": str(told["seed"]),
    }
    return _run(f"{job.pk}:{told['run']}", job, facets, budget_text(told["budget"]), told["figures"], choice)


def budget_text(name: str | None) -> str:
    """A sweep's budget in words.

    Example: `latency-0.5` is `0.5 of dense`, `latency-0.05ms` is `0.05 ms`.
    """
    amount = (name or "").rpartition("-")[2]
    unit = amount.lstrip("0123456789.e")
    number = amount.removesuffix(unit)
    return f"{number} {unit or 'of dense'}" if number else ""


def _run(
    key: str, job: Job, facets: Mapping[str, str], budget: str, result: Mapping[str, Any], choice: Choice
) -> Run | None:
    cost, accuracy = result.get(COSTS[choice.cost][0]), result.get(ACCURACIES[choice.accuracy])
    return (
        None
        if cost is None or accuracy is None
        else Run(key, job, facets, budget, result, float(cost), float(accuracy))
    )


def options_of(runs: Sequence[Run]) -> dict[str, list[str]]:
    """By filter, what there is to choose."""
    found = {name: sorted({run.facets[name] for run in runs}) for name in FACETS}
    found["seed"].sort(key=int)
    return found
