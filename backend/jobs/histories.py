"""What a training session told while it ran, from its events: losses, epochs, and the network's shape at every decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backend.jobs.models import Job, JobEvent
from backend.workspace.models import Project
from contracts.job import EventKind, JobKind

Told = Mapping[str, Any]
"""The `data` of an event, as `contracts.job.EventKind` describes it."""

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
    """What a `train` or `prune` job told; that of the job whose result it took over, where it ran nothing itself."""
    kinds = [kind.value for kind in _OF_SESSIONS]
    rows = JobEvent.objects.filter(job_id=job.cached_from_id or job.pk, kind__in=kinds).order_by("sequence")
    found: dict[str, list[tuple[int, Told]]] = {kind: [] for kind in kinds}
    for kind, attempt, data in rows.values_list("kind", "attempt", "data"):
        _add(found[kind], attempt, data)
    told = {kind: tuple(data for _, data in items) for kind, items in found.items()}
    return SessionHistory(*(told[kind] for kind in kinds))


def runs_told_in(project: Project) -> list[tuple[Job, Told]]:
    """Runs of the project's sweeps that are done, with the sweep's job; of sweeps that go on, too. The newest of them, the newest first."""
    rows = JobEvent.objects.filter(
        project=project, kind=EventKind.RUN.value, job__kind=JobKind.PARETO.value, data__mark="done"
    )
    return [(row.job, row.data) for row in rows.select_related("job").defer("job__order").order_by("-number")[:_RUNS]]


def _add(items: list[tuple[int, Told]], attempt: int, data: Told) -> None:
    """An attempt that goes on from a checkpoint tells again what came after it: the newer one counts."""
    while items and items[-1][0] < attempt and items[-1][1]["share"] >= data["share"]:
        items.pop()
    items.append((attempt, data))
