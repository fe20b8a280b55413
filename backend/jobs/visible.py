"""Which jobs somebody may see, and change."""

from django.db.models import QuerySet

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.jobs.models import Campaign, Job, Run
from backend.workspace.access import row_for, visible_projects
from backend.workspace.models import Role


def jobs_of(user: User) -> QuerySet[Job]:
    """All jobs that a user may look at; for lists in order, `backend.workspace.merged` is quicker."""
    return Job.objects.all() if user.is_operator else Job.objects.filter(project__in=visible_projects(user))


def job_for(caller: Caller, job_id: str, needed: Role = Role.VIEWER) -> Job:
    """A job, for somebody who may do what the role allows.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(caller.user, Job.objects.all(), job_id, needed, "job")


def run_for(caller: Caller, run_id: str, needed: Role = Role.VIEWER) -> Run:
    """A run, likewise.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(caller.user, Run.objects.all(), run_id, needed, "run")


def campaign_for(caller: Caller, campaign_id: str, needed: Role = Role.VIEWER) -> Campaign:
    """A campaign, likewise.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(caller.user, Campaign.objects.select_related("project"), campaign_id, needed, "campaign")
