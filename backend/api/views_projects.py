"""Projects, their members and their activity."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope, User
from backend.api.endpoint import Endpoint, body_of, check_match, once, query_of, tagged
from backend.api.forms import Strict
from backend.api.pages import PageQuery, page
from backend.api.problems import ProblemError, invalid
from backend.api.schemas import ActivityPage, MemberList, MemberView, ProjectPage, ProjectView, documented
from backend.jobs.closing import delete_project
from backend.jobs.documents import plain
from backend.jobs.models import LIVE, Job
from backend.workspace.access import project_for, role_of, visible_projects
from backend.workspace.activity import note
from backend.workspace.models import Activity, Membership, Project, Role


class ProjectForm(Strict):
    """What a project is called."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")


class MemberForm(Strict):
    """A new member."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)


class RoleForm(Strict):
    """A member's new role."""

    role = serializers.ChoiceField(choices=Role.choices)


def project_document(project: Project, role: Role | None) -> dict[str, Any]:
    """A project as its members see it."""
    return {
        "id": project.pk,
        "name": project.name,
        "description": project.description,
        "created": plain(project.created),
        "role": role.value if role else None,
        "last_event": project.last_event,
        "url": f"/api/v1/projects/{project.pk}",
    }


def member_document(member: Membership) -> dict[str, Any]:
    """A member as the others see them."""
    return {
        "user": member.user_id,
        "name": member.user.name,
        "email": member.user.email,
        "role": member.role,
        "since": plain(member.since),
    }


class Projects(Endpoint):
    """All projects of the caller."""

    @extend_schema(parameters=[PageQuery], responses=documented(ProjectPage), operation_id="list_projects")
    def get(self, request: Request) -> Response:
        """Projects that the caller is a member of, newest first."""
        roles = dict(self.user.memberships.values_list("project_id", "role"))

        def view(project: Project) -> dict[str, Any]:
            return project_document(project, Role(roles[project.pk]) if project.pk in roles else Role.VIEWER)

        return page(visible_projects(self.user), query_of(request, PageQuery), view)

    @extend_schema(request=ProjectForm, responses=documented(ProjectView, created=True), operation_id="create_project")
    def post(self, request: Request) -> Response:
        """Start a project; the caller owns it."""
        values = body_of(request, ProjectForm)

        def work() -> Response:
            project = Project.objects.create(**values)
            Membership.objects.create(project=project, user=self.user, role=Role.OWNER)
            note(self.caller, "project.create", project.pk, project)
            document = project_document(project, Role.OWNER)
            return Response(document, HTTPStatus.CREATED, headers={"Location": document["url"]})

        return once(request, work)


class OneProject(Endpoint):
    """One project."""

    @extend_schema(responses=documented(ProjectView), operation_id="get_project")
    def get(self, request: Request, project: str) -> Response:
        """A project that the caller may see."""
        found = project_for(self.user, project)
        return tagged(request, project_document(found, role_of(self.user, project)), found.version)

    @extend_schema(request=ProjectForm, responses=documented(ProjectView), operation_id="change_project")
    def patch(self, request: Request, project: str) -> Response:
        """Change name or description; for owners."""
        with transaction.atomic():
            found = project_for(self.user, project, Role.OWNER)
            values = body_of(request, ProjectForm, partial=True)
            check_match(request, found.version)
            Project.objects.filter(pk=project).update(**values, version=F("version") + 1)
            note(self.caller, "project.change", project, found, **values)
            found.refresh_from_db()
        return tagged(request, project_document(found, Role.OWNER), found.version)

    @extend_schema(responses=documented(None), operation_id="delete_project")
    def delete(self, request: Request, project: str) -> Response:
        """Delete a project with all it holds; for owners. Jobs that wait or run must be cancelled first."""
        with transaction.atomic():
            found = project_for(self.user, project, Role.OWNER)
            check_match(request, found.version)
            if Job.objects.filter(project=found, state__in=LIVE).exists():
                detail = "jobs of the project wait or run"
                raise ProblemError(HTTPStatus.CONFLICT, detail, field="path.project", fix="cancel them first")
            delete_project(found)
            note(self.caller, "project.delete", project)
        return Response(status=HTTPStatus.NO_CONTENT)


class Members(Endpoint):
    """Who belongs to a project."""

    @extend_schema(responses=documented(MemberList), operation_id="list_members")
    def get(self, request: Request, project: str) -> Response:
        """All members."""
        del request
        rows = project_for(self.user, project).memberships.select_related("user").order_by("id")
        return Response({"items": [member_document(row) for row in rows]})

    @extend_schema(request=MemberForm, responses=documented(MemberView, created=True), operation_id="add_member")
    def post(self, request: Request, project: str) -> Response:
        """Add somebody who has an account; for owners."""
        found = project_for(self.user, project, Role.OWNER)
        values = body_of(request, MemberForm)
        user = User.objects.filter(email=values["email"].lower(), is_active=True).first()
        if user is None or user.confirmed is None:
            detail = f"nobody here has the address {values['email']!r}, or its owner has not confirmed it"
            raise invalid("body.email", detail, values["email"], "the confirmed address of somebody with an account")

        def work() -> Response:
            member, new = Membership.objects.get_or_create(project=found, user=user, defaults={"role": values["role"]})
            if not new:
                detail = f"{user.email} is a member already"
                raise ProblemError(HTTPStatus.CONFLICT, detail, field="body.email", fix="change the role instead")
            note(self.caller, "member.add", user.pk, found, role=values["role"])
            return Response(member_document(member), HTTPStatus.CREATED)

        return once(request, work)


class OneMember(Endpoint):
    """One member."""

    scope: ClassVar[Scope] = Scope.MANAGE

    @extend_schema(request=RoleForm, responses=documented(MemberView), operation_id="change_member")
    def patch(self, request: Request, project: str, user: str) -> Response:
        """Give a member another role; for owners."""
        with transaction.atomic():
            member = self._member(project, user)
            member.role = body_of(request, RoleForm)["role"]
            member.save(update_fields=["role"])
            _check_owned(member.project)
            note(self.caller, "member.change", user, project, role=member.role)
        return Response(member_document(member))

    @extend_schema(responses=documented(None), operation_id="remove_member")
    def delete(self, request: Request, project: str, user: str) -> Response:
        """Remove a member; for owners, and for members themselves."""
        del request
        with transaction.atomic():
            member = self._member(project, user, Role.VIEWER if user == self.user.pk else Role.OWNER)
            member.delete()
            _check_owned(member.project)
            note(self.caller, "member.remove", user, project)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _member(self, project: str, user: str, needed: Role = Role.OWNER) -> Membership:
        found = project_for(self.user, project, needed)
        member = found.memberships.select_related("user", "project").filter(user_id=user).first()
        if member is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no member {user!r}", field="path.user", value=user)
        return member


def _check_owned(project: Project) -> None:
    if not project.memberships.filter(role=Role.OWNER).exists():
        detail = "a project needs an owner"
        raise ProblemError(HTTPStatus.CONFLICT, detail, field="path.user", fix="make somebody else owner first")


class ProjectActivity(Endpoint):
    """Who did what."""

    @extend_schema(parameters=[PageQuery], responses=documented(ActivityPage), operation_id="list_activity")
    def get(self, request: Request, project: str) -> Response:
        """What members did in a project, newest first."""
        found = project_for(self.user, project)
        rows = Activity.objects.filter(project=found).select_related("user")
        return page(rows, query_of(request, PageQuery), activity_document)


def activity_document(row: Activity) -> dict[str, Any]:
    """One entry."""
    return {
        "id": row.pk,
        "time": plain(row.time),
        "user": row.user_id,
        "name": row.user.name or row.user.email if row.user else None,
        "token": row.token_id,
        "verb": row.verb,
        "subject": row.subject,
        "details": row.details,
    }
