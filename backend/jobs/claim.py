"""The queue: which job starts next, and how long a job must wait. Both come from one query."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, F, Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.jobs.changes import Fence, change
from backend.jobs.fairness import charge, level, turn
from backend.jobs.models import Job, Message
from contracts.job import KINDS_OF, JobKind, JobState, ServiceName, service_of

ACTIVE = (JobState.RUNNING.value, JobState.CANCELLING.value)
"""States in which a job holds a slot."""
_USUAL_SECONDS = 60.0
_CLAIM_CHARGE_S = 1.0
"""Charged at once, so that users without history take turns."""
_AVERAGED = 50


@dataclass(frozen=True)
class Place:
    """Where a queued job stands.

    Attributes:
        position: 1 for the next one.
        wait_s: expected, from how long such jobs took lately; extrapolated.
    """

    position: int
    wait_s: float


def queue() -> QuerySet[Job]:
    """All queued jobs in their order."""
    return Job.objects.filter(state=JobState.QUEUED.value).order_by(*turn())


def of_service(rows: QuerySet[Job], name: ServiceName) -> QuerySet[Job]:
    """Those that a service carries out; each has slots of its own."""
    return rows.filter(kind__in=[kind.value for kind in KINDS_OF[name]])


def claimable() -> QuerySet[Job]:
    """Those that may start now: not backing off, and below the caps of their users and projects."""
    active = Job.objects.filter(state__in=ACTIVE).values_list("user_id", "project_id")
    by_user, by_project = Counter(user for user, _ in active), Counter(project for _, project in active)
    caps = {
        user.pk: user.running_max if user.running_max is not None else settings.ENVIRONMENT.running_per_user
        for user in User.objects.filter(pk__in=by_user).only("id", "running_max")
    }
    full_projects = [
        project for project, count in by_project.items() if count >= settings.ENVIRONMENT.running_per_project
    ]
    full_users = [user for user, count in by_user.items() if count >= caps[user]]
    return (
        queue()
        .filter(not_before__lte=timezone.now())
        .exclude(user_id__in=full_users)
        .exclude(user__running_max=0)
        .exclude(project_id__in=full_projects)
    )


def anything_claimable(name: ServiceName) -> bool:
    """Whether asking a service for free slots is worth it."""
    return of_service(claimable(), name).exists()


def claim(owner: str, slots: int, name: ServiceName) -> list[Job]:
    """Start as many jobs as a service has free slots; each becomes `running`, owned, leased, with a message to the service."""
    claimed: list[Job] = []
    while True:
        with transaction.atomic():
            if of_service(Job.objects.filter(state__in=ACTIVE), name).count() >= slots:
                return claimed
            job = of_service(claimable(), name).first()
            if job is None:
                return claimed
            if _start(job, owner):
                claimed.append(job)


def _start(job: Job, owner: str) -> bool:
    now = timezone.now()
    columns = {
        "state": JobState.RUNNING.value,
        "owner": owner,
        "lease_until": now + timedelta(seconds=settings.ENVIRONMENT.lease_s),
        "started": now,
        "cursor": 0,
        "reason": "",
    }
    if change(Fence(job.pk, job.attempt, (JobState.QUEUED,)), columns) is None:
        return False
    Message.objects.create(job=job, attempt=job.attempt, verb=Message.START)
    charge(job.user_id, _CLAIM_CHARGE_S)
    job.refresh_from_db()
    return True


def place_of(job: Job, slots: int) -> Place | None:
    """Where a job stands in the queue; None unless it is queued."""
    if job.state != JobState.QUEUED.value:
        return None
    before = _ahead_of(job)
    return Place(before + 1, before * typical_seconds(job.kind) / max(slots, 1))


def _ahead_of(job: Job) -> int:
    """How many queued jobs come before a job, counted by the database."""
    ordered = of_service(queue(), service_of(JobKind(job.kind))).annotate(level=level())
    found = ordered.filter(pk=job.pk).values_list("level", flat=True).first()
    if found is None:
        return 0
    same = Q(campaign=job.campaign)
    sooner = Q(level__lt=found) | Q(level=found, created__lt=job.created)
    sooner |= Q(level=found, created=job.created, pk__lt=job.pk)
    return ordered.filter((same & sooner) | (Q(campaign=False) if job.campaign else Q(pk__in=[]))).count()


def typical_seconds(kind: str) -> float:
    """How long jobs of a kind took lately, in seconds from start to end."""
    recent = Job.objects.filter(kind=kind, state=JobState.COMPLETED.value, cached_from=None).order_by("-id")[:_AVERAGED]
    found = Job.objects.filter(pk__in=list(recent.values_list("pk", flat=True))).aggregate(
        mean=Avg(F("ended") - F("started"))
    )["mean"]
    return float(found.total_seconds()) if found is not None else _USUAL_SECONDS
