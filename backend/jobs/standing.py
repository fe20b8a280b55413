"""The queue as one user may see it: what runs, what waits for what; of others' jobs only that they are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.accounts.models import User
from backend.clients.current import hardware_service
from backend.clients.service import ServiceDownError
from backend.jobs.claim import ACTIVE, claimable, queue, typical_seconds
from backend.jobs.models import Job
from backend.jobs.visible import jobs_of
from contracts.job import JobKind, ServiceName, service_of

SHOWN: Final = 100
"""Waiting jobs that are told one by one."""


@dataclass(frozen=True)
class Waiting:
    """A queued job.

    Attributes:
        position: 1 for the next one.
        job: absent where the user may not see it.
        reason: what it waits for.
        wait_s: expected, extrapolated from how long such jobs took lately.
    """

    position: int
    kind: str
    job: Job | None
    reason: str
    wait_s: float


@dataclass(frozen=True)
class Standing:
    """The whole installation's queue.

    Attributes:
        slots: how many jobs run at a time; 0 while the service is away.
        down: why the service cannot be asked; empty where it can.
        busy: jobs that run, everybody's.
        queued: jobs that wait, everybody's.
        running: those that the user may see.
        waiting: the first of the queue, in its order.
    """

    slots: int
    down: str
    busy: int
    queued: int
    running: Sequence[Job]
    waiting: Sequence[Waiting]


def standing_for(user: User) -> Standing:
    """The queue now, for one user."""
    slots, down = _slots()
    mine = jobs_of(user).select_related("project", "user").defer("result", "order", "options")
    ids = list(queue().values_list("id", "kind")[:SHOWN])
    return Standing(
        slots=slots,
        down=down,
        busy=Job.objects.filter(state__in=ACTIVE).count(),
        queued=queue().count(),
        running=list(mine.filter(state__in=ACTIVE).order_by("started")),
        waiting=_waiting(ids, {job.pk: job for job in mine.filter(pk__in=[pk for pk, _ in ids])}, slots, bool(down)),
    )


def _waiting(ids: Sequence[tuple[str, str]], rows: dict[str, Job], slots: int, down: bool) -> list[Waiting]:
    ready = set(claimable().filter(pk__in=list(rows)).values_list("pk", flat=True))
    typical = {kind: typical_seconds(kind) for kind in {kind for _, kind in ids}}
    found, before_s = [], 0.0
    for position, (pk, kind) in enumerate(ids, 1):
        job = rows.get(pk)
        away = down and service_of(JobKind(kind)) is ServiceName.HARDWARE
        reason = _reason(job, ready=pk in ready, down=away) if job else ""
        found.append(Waiting(position, kind, job, reason, before_s / max(slots, 1)))
        before_s += typical[kind]
    return found


def _slots() -> tuple[int, str]:
    """How many jobs run at a time, and why that is not known."""
    try:
        return hardware_service().slots(), ""
    except ServiceDownError as error:
        return 0, str(error)


def _reason(job: Job, *, ready: bool, down: bool) -> str:
    if job.reason:
        return job.reason
    if down:
        return "the hardware service is away"
    return "a free slot" if ready else "its user or project has as many jobs running as it may"
