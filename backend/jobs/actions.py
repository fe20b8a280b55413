"""What members do with jobs: submit, cancel and try again, each noted as theirs."""

from django.db import transaction

from backend.accounts.caller import Caller
from backend.jobs import attempts
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import Label, again, submit
from backend.jobs.visible import job_for
from backend.workspace.activity import note
from backend.workspace.models import Project, Role
from contracts.errors import InputError

AT_ONCE = 200
"""Jobs in one request."""


class NotOverError(InputError):
    """A job that still waits or runs cannot be tried again.

    Attributes:
        job: which.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(f"the job is {job.state}")
        self.job = job.pk


def submit_job(caller: Caller, project: Project, wish: Wish, label: Label) -> Job:
    """Queue a job.

    Raises:
        OrderError, QuotaError.
    """
    with transaction.atomic():
        job = submit(project, caller.user, wish, label)
        note(caller, "job.submit", job.pk, project, kind=job.kind)
    return job


def cancel_job(caller: Caller, job_id: str) -> bool:
    """Cancel a job; False where it was over already.

    Raises:
        NotVisibleError, RoleError.
    """
    job = job_for(caller, job_id, Role.EDITOR)
    with transaction.atomic():
        if not attempts.cancel(job, f"cancelled by {caller.user.name or caller.user.email}"):
            return False
        note(caller, "job.cancel", job.pk, job.project_id)
    return True


def retry_job(caller: Caller, job_id: str) -> Job:
    """Submit the same again as a new job.

    Raises:
        NotVisibleError, RoleError, QuotaError.
        NotOverError: the old one is not over.
    """
    job = job_for(caller, job_id, Role.EDITOR)
    if not job.done:
        raise NotOverError(job)
    with transaction.atomic():
        new = again(job, caller.user)
        note(caller, "job.retry", new.pk, job.project_id, of=job.pk)
    return new
