"""Results of jobs that did the same before: kind, inputs and options equal, by the same code.

A job's result may come only from jobs that its user may look at: that somebody else did the same stays unknown.
"""

import hashlib
import json
from typing import Final

from django.db import transaction
from django.utils import timezone

from backend.jobs.changes import Fence, artifacts_of, change
from backend.jobs.models import Job, JobArtifact
from backend.workspace.access import visible_projects
from contracts.job import JobKind, JobState

_OF_CODE: Final = 16
_OF_ORDER: Final = 48
_AT_ONCE: Final = 200
_KINDS: Final = tuple(kind.value for kind in (JobKind.COMPILE, JobKind.SIMULATE, JobKind.ELABORATE, JobKind.EVALUATE))
"""Those whose result follows from their order alone."""


def key_of(job: Job, code: str) -> str:
    """The digest of what decides the result, after that of the code; files are in the options by their content."""
    body = json.dumps(job.order["body"], sort_keys=True)
    return code[:_OF_CODE] + hashlib.sha256(f"{code}\n{body}".encode()).hexdigest()[:_OF_ORDER]


def serve(code: str) -> int:
    """Look up every queued job once, when it comes, whether or not there is a free slot; how many are done thereby."""
    waiting = Job.objects.filter(state=JobState.QUEUED.value, kind__in=_KINDS)
    new = waiting.exclude(cache_key__startswith=code[:_OF_CODE]).order_by("id")[:_AT_ONCE]
    return sum(reuse(job, code) for job in new)


def reuse(job: Job, code: str) -> bool:
    """End a queued job with the result of one that did the same; False where there is none."""
    key = key_of(job, code)
    source = None if job.order.get("fresh") else _source(job, key)
    if source is None:
        Job.objects.filter(pk=job.pk).exclude(cache_key=key).update(cache_key=key)
        return False
    now = timezone.now()
    columns = {
        "state": JobState.COMPLETED.value,
        "started": now,
        "ended": now,
        "reason": "",
        "figures": source.figures,
        "result": source.result,
        "cache_key": key,
        "cached_from": source.pk,
    }
    with transaction.atomic():
        queued = Fence(job.pk, job.attempt, (JobState.QUEUED,))
        if not Job.objects.select_for_update().filter(**queued.condition()).exists():
            return False
        kept = ("name", "artifact_id", "file_name", "media_type")
        files = JobArtifact.objects.filter(job=source).values(*kept)
        JobArtifact.objects.bulk_create(JobArtifact(job=job, **file) for file in files)
        return change(queued, columns, artifacts=artifacts_of(job)) is not None


def _source(job: Job, key: str) -> Job | None:
    """The newest that really did it."""
    done = Job.objects.filter(cache_key=key, state=JobState.COMPLETED.value, cached_from=None)
    return done.filter(project__in=visible_projects(job.user)).order_by("-id").first()
