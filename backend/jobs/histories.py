"""What a training session told while it ran, from its events: losses, epochs, and the network's shape at every decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backend.jobs.models import Job, JobEvent
from backend.jobs.submit import FORMER
from backend.workspace.models import Project
from contracts.job import EventKind, JobKind

Told = Mapping[str, Any]
"""The `data` of an event, as `contracts.job.EventKind` describes it."""

Attempt = tuple[int, int]
"""Which job of a line, and which attempt of it."""
_OF_SESSIONS: Final = (EventKind.METRICS, EventKind.EPOCH, EventKind.SHAPE)
_RUNS: Final = 2000


@dataclass(frozen=True)
class SessionHistory:
    """A session in its own order, whichever attempts made it.

    Attributes:
        metrics, epochs, shapes: `data` of the events of each kind, by growing `share` of the session.
    """

    metrics: Sequence[Told] = field(default_factory=tuple)
    epochs: Sequence[Told] = field(default_factory=tuple)
    shapes: Sequence[Told] = field(default_factory=tuple)


def history_of(job: Job) -> SessionHistory:
    """What a `train` or `prune` job told, with the jobs before it that it goes on with; that of the job whose result it took over."""
    kinds = [kind.value for kind in _OF_SESSIONS]
    found: dict[str, list[tuple[Attempt, Told]]] = {kind: [] for kind in kinds}
    line = _line_of(job)
    for at, kind, attempt, data in _told_by(line, kinds):
        _add(found[kind], (line.index(at), attempt), data)
    told = {kind: tuple(data for _, data in items) for kind, items in found.items()}
    return SessionHistory(*(told[kind] for kind in kinds))


def runs_told_in(project: Project) -> list[tuple[Job, Told]]:
    """Runs of the project's sweeps that are done, with the sweep's job; of sweeps that go on, too. The newest of them, the newest first."""
    rows = JobEvent.objects.filter(
        project=project, kind=EventKind.RUN.value, job__kind=JobKind.PARETO.value, data__mark="done"
    )
    return [(row.job, row.data) for row in rows.select_related("job").defer("job__order").order_by("-number")[:_RUNS]]


def runs_of_sweep(job: Job) -> list[Told]:
    """What was told last of each run of a sweep, in the order in which they were told of first."""
    found: dict[str, Told] = {}
    for *_, data in _told_by(_line_of(job), [EventKind.RUN.value]):
        found[data["run"]] = data
    return list(found.values())


def _line_of(job: Job) -> list[str]:
    """The jobs that one goes on with, the oldest first, and the job itself, or the one whose result it took over."""
    former = job.order["body"].get(FORMER, []) if job.retry_of_id else []
    return [*reversed(former), job.cached_from_id or job.pk]


def _told_by(line: Sequence[str], kinds: Sequence[str]) -> list[tuple[str, str, int, Told]]:
    """Events of some jobs, job by job: job, kind, attempt, data."""
    rows = JobEvent.objects.filter(job_id__in=line, kind__in=kinds).order_by("sequence")
    return sorted(rows.values_list("job_id", "kind", "attempt", "data"), key=lambda row: line.index(row[0]))


def _add(items: list[tuple[Attempt, Told]], attempt: Attempt, data: Told) -> None:
    """An attempt that goes on from a checkpoint tells again what came after it: the newer one counts."""
    while items and items[-1][0] < attempt and items[-1][1]["share"] >= data["share"]:
        items.pop()
    items.append((attempt, data))
