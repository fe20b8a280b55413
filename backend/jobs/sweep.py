"""Finds attempts that nobody attends to any more."""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from backend.jobs.claim import ACTIVE
from backend.jobs.models import Job
from backend.jobs.ownership import is_dead


def orphans(owner: str) -> list[Job]:
    """Attempts of others whose dispatcher is dead, or has missed two heartbeats."""
    others = Job.objects.filter(state__in=ACTIVE).exclude(owner=owner)
    soon = timezone.now() + timedelta(seconds=settings.ENVIRONMENT.lease_s / 3)
    dead = [name for name in set(others.values_list("owner", flat=True)) if is_dead(name)]
    return list(others.filter(Q(owner__in=dead) | Q(lease_until__lt=soon) | Q(lease_until=None)))


def unattended(owner: str, attended: Collection[str]) -> list[Job]:
    """Own attempts whose attendant ended before them, as it does when the database is away."""
    return list(Job.objects.filter(state__in=ACTIVE, owner=owner).exclude(pk__in=attended))


def expired(owner: str) -> list[Job]:
    """Own attempts that were not heard of in time."""
    return list(Job.objects.filter(state__in=ACTIVE, owner=owner, lease_until__lt=timezone.now()))


def lease_is_over(job: Job) -> bool:
    """Whether the attempt may be started anew."""
    return job.lease_until is None or job.lease_until < timezone.now()


def adopt(job: Job, owner: str) -> Job | None:
    """Become the attempt's dispatcher; None where another one was faster."""
    until = timezone.now() + timedelta(seconds=settings.ENVIRONMENT.lease_s)
    same = Job.objects.filter(pk=job.pk, owner=job.owner, attempt=job.attempt, state__in=ACTIVE)
    if not same.filter(lease_until=job.lease_until).update(owner=owner, lease_until=until):
        return None
    return Job.objects.get(pk=job.pk)
