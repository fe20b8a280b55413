"""What came of training sessions, as pages show it: figures with their origin, predicted against measured, others beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backend.jobs.models import Job
from contracts.job import JobKind, JobState
from frontend.pruning.story import METRICS
from frontend.words import number_text

KINDS: Final = (JobKind.TRAIN.value, JobKind.PRUNE.value)
"""Jobs that train a network."""
_SAME: Final = ("network", "data", "training_images", "epochs")
"""Options in which sessions must agree to stand beside each other."""
DENSE: Final = "dense"
"""The method that keeps all channels, whatever the budget."""
_BESIDE: Final = 60


@dataclass(frozen=True)
class Outcome:
    """A session with its options.

    Attributes:
        method: `dense` of a `train` job.
        budgets: by metric, such as `latency_ms`; the dense method has none.
        result: None where it is not complete.
    """

    job: Job
    method: str
    budgets: Mapping[str, float]
    result: Mapping[str, Any] | None

    @property
    def options(self) -> Mapping[str, Any]:
        """What was asked for."""
        found: Mapping[str, Any] = self.job.options
        return found

    @property
    def budgets_text(self) -> list[str]:
        """Such as `0.05 ms`."""
        return [f"{number_text(value)} {METRICS[metric][1]}" for metric, value in self.budgets.items()]

    @property
    def costs(self) -> list[dict[str, Any]]:
        """Latency and energy: of the dense network, wanted, predicted, measured; with what the prediction missed."""
        if self.result is None:
            return []
        return [_cost(self.result, metric, *METRICS[metric], self.budgets.get(metric)) for metric in METRICS]


def outcome(job: Job) -> Outcome:
    """What a session was to reach, and what it reached."""
    method = job.options["method"] if job.kind == JobKind.PRUNE.value else DENSE
    wanted = {} if method == DENSE else {metric: job.options.get(metric) for metric in METRICS}
    budgets = {metric: float(value) for metric, value in wanted.items() if value is not None}
    return Outcome(job, method, budgets, job.result if job.state == JobState.COMPLETED.value else None)


def _cost(result: Mapping[str, Any], metric: str, title: str, unit: str, budget: float | None) -> dict[str, Any]:
    dense, predicted, measured = (
        result.get(f"{name}_{metric}") for name in ("dense_predicted", "predicted", "measured")
    )
    return {
        "title": title,
        "unit": unit,
        "dense": dense,
        "budget": budget,
        "predicted": predicted,
        "measured": measured,
        "off": predicted / measured - 1 if predicted and measured else None,
        "of_budget": measured / budget - 1 if measured and budget else None,
        "of_dense": measured / dense if measured and dense else None,
    }


def sessions_like(job: Job) -> Sequence[Outcome]:
    """Completed sessions of the project on the same network, data and epochs, this one among them, least latency first."""
    same = {f"options__{name}": job.options.get(name) for name in _SAME if job.options.get(name) is not None}
    rows = Job.objects.filter(project=job.project_id, kind__in=KINDS, state=JobState.COMPLETED.value, **same)
    found = [outcome(row) for row in rows.defer("order").order_by("-id")[:_BESIDE]]
    wanted = job.options.get("accelerator")
    return sorted(
        (one for one in found if one.options.get("accelerator", wanted) == wanted),
        key=lambda one: (one.result or {}).get("measured_latency_ms") or float("inf"),
    )
