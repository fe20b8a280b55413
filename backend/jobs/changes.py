"""Every change of a job: one compare-and-set and one event in one transaction, announced when it is on disk.

The fence is in the condition: a change meant for another attempt, another state or another owner changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from backend.jobs import doorbell
from backend.jobs.documents import DOCUMENT_COLUMNS, LIST_COLUMNS, document, plain
from backend.jobs.models import Job, JobArtifact, JobEvent
from backend.webhooks.outbox import announce
from backend.workspace.models import Project
from contracts.job import EventKind, JobState


@dataclass(frozen=True)
class Fence:
    """Which attempt may be changed, and in which states.

    Attributes:
        owner: the dispatcher that must still own it; any where absent.
    """

    job: str
    attempt: int
    states: tuple[JobState, ...]
    owner: str | None = None

    def condition(self) -> dict[str, Any]:
        """As a filter."""
        found = {"pk": self.job, "attempt": self.attempt, "state__in": [state.value for state in self.states]}
        return found if self.owner is None else {**found, "owner": self.owner}


@dataclass(frozen=True)
class News:
    """What an event says beside the change that it records: a line of a log, or what a training session tells."""

    kind: EventKind = EventKind.STATE
    line: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


_CHANGED: Final = News()
"""A change and nothing else."""


def change(
    fence: Fence, columns: Mapping[str, Any], news: News = _CHANGED, artifacts: Mapping[str, Any] | None = None
) -> JobEvent | None:
    """Set columns if the fence holds, and record the event; None where it does not hold.

    Args:
        artifacts: the job's files as its document shows them, where they are part of the change.
    """
    with transaction.atomic():
        if not Job.objects.filter(**fence.condition()).update(last_event=F("last_event") + 1, **columns):
            return None
        job = Job.objects.only("id", "project_id", "attempt", "last_event").get(pk=fence.job)
        shown = {name: plain(value) for name, value in columns.items() if name in DOCUMENT_COLUMNS}
        if "state" in shown:
            shown |= _booleans(shown["state"])
        if artifacts is not None:
            shown["artifacts"] = dict(artifacts)
        return _record(job, shown, news)


def create(job: Job) -> Job:
    """Save a new job with its first event, which carries the whole document."""
    with transaction.atomic():
        job.last_event = 1
        job.save(force_insert=True)
        _record(job, {**document(job), "artifacts": {}}, _CHANGED)
    return job


def artifacts_of(job: Job) -> dict[str, dict[str, Any]]:
    """A job's files as its document shows them."""
    rows = JobArtifact.objects.filter(job=job).select_related("artifact").order_by("name")
    return {row.name: artifact_document(row) for row in rows}


def artifact_document(row: JobArtifact) -> dict[str, Any]:
    """One file as the job's document shows it."""
    return {
        "digest": row.artifact_id,
        "size_bytes": row.artifact.size_bytes,
        "media_type": row.media_type,
        "name": row.file_name,
        "url": f"/api/v1/jobs/{row.job_id}/artifacts/{row.name}",
    }


def _booleans(state: str) -> dict[str, Any]:
    values = JobState(state)
    return {
        "done": values.done,
        "success": values is JobState.COMPLETED,
        "failed": values is JobState.FAILED,
    }


def _record(job: Job, changes: Mapping[str, Any], news: News) -> JobEvent:
    Project.objects.filter(pk=job.project_id).update(last_event=F("last_event") + 1)
    number = Project.objects.values_list("last_event", flat=True).get(pk=job.project_id)
    event = JobEvent.objects.create(
        job_id=job.pk,
        project_id=job.project_id,
        sequence=job.last_event,
        number=number,
        attempt=job.attempt,
        kind=news.kind.value,
        changes=dict(changes),
        line=news.line,
        data=dict(news.data),
    )
    if "state" in changes:
        announce(job.project_id, f"job.{changes['state']}", lambda: _news(job.pk))
    transaction.on_commit(lambda: doorbell.ring(job.pk, job.project_id))
    return event


def _news(job_id: str) -> dict[str, Any]:
    """What webhooks say of a job: its line in lists, and where the rest is."""
    return {**document(Job.objects.get(pk=job_id), LIST_COLUMNS), "url": f"/api/v1/jobs/{job_id}"}
