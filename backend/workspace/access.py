"""Who may see and do what. Strangers learn nothing: to them, what they may not see does not exist."""

from collections.abc import Callable
from operator import attrgetter
from typing import TypeVar

from django.db.models import CharField, Model, Q, QuerySet

from backend.accounts.models import User
from backend.prepared import Given, columns_of, instance, prepared
from backend.workspace.models import Membership, Project, Role
from contracts.errors import InputError

M = TypeVar("M", bound=Model)


class NotVisibleError(InputError):
    """It does not exist, or not for this user.

    Attributes:
        what: kind of thing, such as `project`.
        value: what was asked for.
    """

    def __init__(self, what: str, value: str) -> None:
        super().__init__(f"there is no {what} {value[:60]!r}")
        self.what, self.value = what, value


class RoleError(InputError):
    """A member whose role does not suffice."""

    def __init__(self, needed: Role, role: Role) -> None:
        super().__init__(f"this needs the role {needed.value} in the project; yours is {role.value}")


def visible_projects(user: User) -> QuerySet[Project]:
    """All projects that a user may look at, the sample among them; an operator may look at every one."""
    if user.is_operator:
        return Project.objects.all()
    return Project.objects.filter(Q(pk__in=user.memberships.values("project_id")) | Q(sample=True))


def changeable_projects(user: User) -> QuerySet[Project]:
    """Those in which a user is editor or owner."""
    roles = [role.value for role in Role if role.covers(Role.EDITOR)]
    return Project.objects.filter(memberships__user=user, memberships__role__in=roles)


def visible_ids(user: User) -> list[str]:
    """Their names."""
    if user.is_operator:
        return list(Project.objects.values_list("pk", flat=True))
    joined = Membership.objects.filter(user=Given("user", CharField())).values("project_id")
    rows = prepared("visible ids", lambda: Project.objects.filter(Q(pk__in=joined) | Q(sample=True)).values_list("pk"))
    return [row[0] for row in rows.rows({"user": user.pk})]


def _seen(user: User, project_id: str) -> tuple[Project, Role] | None:
    """A project and a user's role there; without one, operators are viewers, and everybody is in the sample project."""
    asked = {"user": Given("user", CharField()), "project": Given("project", CharField())}
    columns = columns_of(Project, "project__")
    member = prepared("member", lambda: Membership.objects.filter(**asked).values_list("role", *columns))
    for role, *values in member.rows({"user": user.pk, "project": project_id}):
        return instance(Project, values), Role(role)
    project = Project.objects.filter(pk=project_id).first()
    return (project, Role.VIEWER) if project is not None and (user.is_operator or project.sample) else None


def role_of(user: User, project_id: str) -> Role | None:
    """A user's role in a project; None to strangers."""
    seen = _seen(user, project_id)
    return seen and seen[1]


def project_for(user: User, project_id: str, needed: Role = Role.VIEWER) -> Project:
    """A project, for somebody who may do what the role allows.

    Raises:
        NotVisibleError: to strangers.
        RoleError: to members with too small a role.
    """
    return check_role(user, project_id, needed, "project", project_id)


def may(user: User, project_id: str, needed: Role) -> bool:
    """Whether a user may do what the role allows."""
    role = role_of(user, project_id)
    return role is not None and role.covers(needed)


def row_for(
    user: User,
    rows: QuerySet[M],
    key: str,
    needed: Role,
    what: str,
    project_of: Callable[[M], str] = attrgetter("project_id"),
) -> M:
    """The row of that name, for somebody who may do what the role allows in its project.

    Args:
        what: kind of thing, as strangers are told that there is none.

    Raises:
        NotVisibleError, RoleError.
    """
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotVisibleError(what, key)
    check_role(user, project_of(row), needed, what, key)
    return row


def check_role(user: User, project_id: str, needed: Role, what: str, value: str) -> Project:
    """As `project_for`, for something in a project: strangers are told that the thing itself does not exist.

    Raises:
        NotVisibleError, RoleError.
    """
    seen = _seen(user, project_id)
    if seen is None:
        raise NotVisibleError(what, value)
    project, role = seen
    if not role.covers(needed):
        raise RoleError(needed, role)
    return project
