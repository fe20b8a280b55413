"""What a simulation found: the report that its job keeps as an artifact. It never changes, so it is read once."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from backend.jobs.models import Job, JobArtifact
from backend.workspace.store import the_store
from contracts.errors import InputError
from contracts.measurement import Measurement

NAME: Final = "report"
_KEPT: Final = 128


class NoReportError(InputError):
    """The job has no report: not a simulation, or not over yet.

    Attributes:
        job: which.
        fix: what to do about it.
    """

    def __init__(self, job: Job) -> None:
        if job.kind != "simulate":
            detail, fix = f"a {job.kind} job has no report", "submit a simulate job"
        elif job.done:
            detail, fix = f"the job is {job.state} and left no report", "look at its reason, then retry it"
        else:
            detail, fix = f"the job is {job.state}; its report comes with its end", "wait for the job"
        super().__init__(detail)
        self.job, self.fix = job.pk, fix


def report_digest(job: Job) -> str:
    """The digest of a job's report.

    Raises:
        NoReportError: it has none.
    """
    found = JobArtifact.objects.filter(job=job, name=NAME).values_list("artifact_id", flat=True).first()
    if found is None:
        raise NoReportError(job)
    return found


def report_of(job: Job) -> Measurement:
    """A job's report.

    Raises:
        NoReportError: it has none.
    """
    return measurement_at(report_digest(job))


def report_document(digest: str) -> Mapping[str, Any]:
    """A report as JSON carries it; not to be changed."""
    return _read(str(the_store().address), digest)[0]


def measurement_at(digest: str) -> Measurement:
    """A report by its digest."""
    return _read(str(the_store().address), digest)[1]


@lru_cache(maxsize=_KEPT)
def _read(store: str, digest: str) -> tuple[Mapping[str, Any], Measurement]:
    del store  # tells installations apart
    document = json.loads(b"".join(the_store().read(digest)))
    return document, Measurement.from_mapping(document)
