"""What is done to projects and their members. Each takes what the caller may do as given by `access`."""

from typing import Final

from django.db import transaction
from django.db.models import F

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.accounts.refusals import AccountError, ConflictError
from backend.workspace.access import NotVisibleError, project_for
from backend.workspace.activity import note
from backend.workspace.models import Membership, Project, Role

SAMPLE_NAME: Final = "Sample: ResNet-8"
SAMPLE_TEXT: Final = "A small trained network and what it costs on an accelerator. Everybody may look at it."


def create(caller: Caller, name: str, description: str = "") -> Project:
    """Start a project; the caller owns it."""
    with transaction.atomic():
        project = Project.objects.create(name=name, description=description)
        Membership.objects.create(project=project, user=caller.user, role=Role.OWNER)
        note(caller, "project.create", project.pk, project)
    return project


def sample_project(owner: User) -> Project:
    """The sample project, which everybody may look at; started where there is none. The user becomes one of its owners."""
    with transaction.atomic():
        project, _ = Project.objects.get_or_create(
            sample=True, defaults={"name": SAMPLE_NAME, "description": SAMPLE_TEXT}
        )
        Membership.objects.update_or_create(project=project, user=owner, defaults={"role": Role.OWNER})
    return project


def change(caller: Caller, project: Project, **values: str) -> None:
    """Change name or description; for owners."""
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**values, version=F("version") + 1)
        note(caller, "project.change", project.pk, project, **values)
    project.refresh_from_db()


def member_to_be(email: str) -> User:
    """Who can become a member under an address.

    Raises:
        AccountError: nobody has it, or it is not confirmed.
    """
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None or user.confirmed is None:
        detail = f"nobody here has the address {email!r}, or its owner has not confirmed it"
        raise AccountError("email", detail, "the confirmed address of somebody with an account")
    return user


def add_member(caller: Caller, project: Project, user: User, role: Role) -> Membership:
    """Add somebody who has an account; for owners.

    Raises:
        ConflictError: a member already.
    """
    with transaction.atomic():
        member, new = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
        if not new:
            raise ConflictError(f"{user.email} is a member already", "change the role instead")
        note(caller, "member.add", user.pk, project, role=role.value)
    return member


def change_role(caller: Caller, project_id: str, user_id: str, role: Role) -> Membership:
    """Give a member another role; for owners.

    Raises:
        NotVisibleError, RoleError; ConflictError: nobody would own the project.
    """
    with transaction.atomic():
        member = _member(project_for(caller.user, project_id, Role.OWNER), user_id)
        member.role = role
        member.save(update_fields=["role"])
        _check_owned(member.project)
        note(caller, "member.change", user_id, project_id, role=role.value)
    return member


def remove_member(caller: Caller, project_id: str, user_id: str) -> None:
    """Remove a member; for owners, and for members themselves.

    Raises:
        NotVisibleError, RoleError; ConflictError: nobody would own the project.
    """
    needed = Role.VIEWER if user_id == caller.user.pk else Role.OWNER
    with transaction.atomic():
        member = _member(project_for(caller.user, project_id, needed), user_id)
        member.delete()
        _check_owned(member.project)
        note(caller, "member.remove", user_id, project_id)


def _member(project: Project, user_id: str) -> Membership:
    member = project.memberships.select_related("user", "project").filter(user_id=user_id).first()
    if member is None:
        raise NotVisibleError("user", user_id)
    return member


def _check_owned(project: Project) -> None:
    if not project.memberships.filter(role=Role.OWNER).exists():
        raise ConflictError("a project needs an owner", "make somebody else owner first")
