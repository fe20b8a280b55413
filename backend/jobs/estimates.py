"""What a network should cost before it is simulated: the estimate that compile jobs leave in their results."""

from django.db import transaction

from backend.accounts.caller import Caller
from backend.jobs.actions import submit_job
from backend.jobs.models import Job
from backend.jobs.orders import Wish, order
from backend.jobs.submit import Label
from backend.workspace.models import NetworkVersion, Project
from contracts.job import JobKind, JobState

_USEFUL = (JobState.COMPLETED, JobState.QUEUED, JobState.RUNNING, JobState.FAILED)


def estimate_job(project: Project, version: NetworkVersion, accelerator: str) -> Job | None:
    """The newest compile job of a version on an accelerator as it is described now, without calibration; or None.

    Args:
        accelerator: a preset's name or the id of one of the project's own.

    Raises:
        OrderError: there is no such accelerator.
    """
    wanted = order(project, Wish(JobKind.COMPILE, accelerator, version.pk)).body
    rows = Job.objects.filter(
        network=version, kind=JobKind.COMPILE.value, state__in=[state.value for state in _USEFUL]
    ).order_by("-id")
    return next((job for job in rows[:20] if job.order["body"] == wanted), None)


def ensure_estimate(caller: Caller, project: Project, version: NetworkVersion, accelerator: str) -> Job:
    """The same, submitted where there is none or where the newest failed.

    Raises:
        OrderError, QuotaError.
    """
    with transaction.atomic():
        found = estimate_job(project, version, accelerator)
        if found is not None and found.state != JobState.FAILED.value:
            return found
        return submit_job(caller, project, Wish(JobKind.COMPILE, accelerator, version.pk), Label(name="Estimate"))
