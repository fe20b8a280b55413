"""What projects and users may keep: uploads, and the results of jobs."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum

from backend.accounts.models import User
from backend.jobs.models import JobArtifact
from backend.jobs.submit import QuotaError
from backend.workspace.models import DataFile, NetworkVersion, Project


def check_storage(project: Project, user: User, more_bytes: int) -> None:
    """Refuse what exceeds the project's storage, or the user's.

    Raises:
        QuotaError: too much in all.
    """
    limits = [("the project holds", settings.ENVIRONMENT.storage_bytes_per_project, used_bytes(project))]
    if user.storage_bytes_max is not None:
        limits.append(("your uploads and results take", user.storage_bytes_max, used_bytes_of(user)))
    for what, most, used in limits:
        if used + more_bytes > most:
            raise QuotaError(f"{what} {used} bytes; with {more_bytes} more they exceed {most}: delete some")


def used_bytes(project: Project) -> int:
    """What the project's files take; one that is there twice counts twice."""
    return _sum(
        NetworkVersion.objects.filter(network__project=project),
        DataFile.objects.filter(project=project),
        JobArtifact.objects.filter(job__project=project),
    )


def used_bytes_of(user: User) -> int:
    """What a user's uploads and the results of the user's jobs take, in all projects."""
    return _sum(
        NetworkVersion.objects.filter(created_by=user),
        DataFile.objects.filter(created_by=user),
        JobArtifact.objects.filter(job__user=user),
    )


def _sum(*rows: QuerySet[Any]) -> int:
    return sum(int(found.aggregate(sum=Sum("artifact__size_bytes"))["sum"] or 0) for found in rows)
