"""Closing an account: what goes with it, and what stays.

Gone: the account's address, name, password, sessions, tokens and log, and the projects that nobody else belongs to, with
all they hold. What others share stays, and says that somebody with a closed account made it.
"""

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from backend.accounts.administration import check_operator_left
from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.accounts.refusals import ConflictError
from backend.jobs.models import LIVE, Job
from backend.workspace.activity import note
from backend.workspace.models import Activity, Project, Role

_SHOWN = 5


def close_account(caller: Caller, user: User) -> None:
    """Close a user's account, for the user or an operator.

    Raises:
        ConflictError: its jobs wait or run, others would be left without an owner, or the installation without operator.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        check_operator_left(row)
        _check_idle(row)
        _check_no_orphans(row)
        for project in Project.objects.filter(memberships__user=row):
            if project.memberships.count() == 1:
                delete_project(project)
        row.memberships.all().delete()
        Activity.objects.filter(user=row, project=None).delete()
        note(caller, "account.close", row.pk)
        row.tokens.all().delete()
        _forget(row)


def delete_project_of(caller: Caller, project: Project) -> None:
    """Delete a project for one of its owners.

    Raises:
        ConflictError: its jobs wait or run.
    """
    with transaction.atomic():
        if Job.objects.filter(project=project, state__in=LIVE).exists():
            raise ConflictError("jobs of the project wait or run", "cancel them first")
        project_id = project.pk
        delete_project(project)
        note(caller, "project.delete", project_id)


def delete_project(project: Project) -> None:
    """Delete a project with all it holds; its jobs are over."""
    Job.objects.filter(project=project).delete()
    Project.objects.filter(pk=project.pk).delete()


def _check_idle(user: User) -> None:
    live = Job.objects.filter(user=user, state__in=LIVE).count()
    alone = Project.objects.annotate(people=Count("members")).filter(people=1, members=user)
    live += Job.objects.filter(project__in=alone.values("pk"), state__in=LIVE).exclude(user=user).count()
    if live:
        raise ConflictError(f"{live} jobs of the account or its projects wait or run", "cancel them first")


def _check_no_orphans(user: User) -> None:
    owned = Project.objects.filter(memberships__user=user, memberships__role=Role.OWNER)
    left = [
        project.name
        for project in owned
        if project.memberships.exclude(user=user).exists()
        and not project.memberships.exclude(user=user).filter(role=Role.OWNER).exists()
    ]
    if left:
        names = ", ".join(left[:_SHOWN]) + (", ..." if len(left) > _SHOWN else "")
        raise ConflictError(f"others would be left without an owner in {names}", "make somebody else owner first")


def _forget(user: User) -> None:
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        email=f"{user.pk}@closed.invalid",
        name="closed account",
        password=user.password,
        is_active=False,
        is_operator=False,
        confirmed=None,
        closed=timezone.now(),
        version=F("version") + 1,
    )
