"""Projects, their members and their activity."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, check_match, once, query_of, tagged
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from backend.api.pages import PageQuery, page
from backend.api.schemas import ActivityPage, MemberList, MemberView, ProjectPage, ProjectView, documented
from backend.jobs.closing import delete_project_of
from backend.jobs.documents import plain
from backend.workspace import projects
from backend.workspace.access import project_for, role_of, visible_projects
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
        "sample": project.sample,
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
        """Projects that the caller is a member of, and the sample; newest first."""
        roles = dict(self.user.memberships.values_list("project_id", "role"))

        def view(project: Project) -> dict[str, Any]:
            return project_document(project, Role(roles[project.pk]) if project.pk in roles else Role.VIEWER)

        return page(visible_projects(self.user), query_of(request, PageQuery), view)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ProjectForm,
        responses=documented(ProjectView, created=True),
        operation_id="create_project",
    )
    def post(self, request: Request) -> Response:
        """Start a project; the caller owns it."""
        values = body_of(request, ProjectForm)

        def work() -> Response:
            project = projects.create(self.caller, **values)
            document = project_document(project, Role.OWNER)
            return Response(document, HTTPStatus.CREATED, headers={"Location": document["url"]})

        return once(request, work)


class OneProject(Endpoint):
    """One project."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(ProjectView), operation_id="get_project")
    def get(self, request: Request, project: str) -> Response:
        """A project that the caller may see."""
        found = project_for(self.user, project)
        return tagged(request, project_document(found, role_of(self.user, project)), found.version)

    @extend_schema(
        parameters=[IF_MATCH], request=ProjectForm, responses=documented(ProjectView), operation_id="change_project"
    )
    def patch(self, request: Request, project: str) -> Response:
        """Change name or description; for owners."""
        with transaction.atomic():
            found = project_for(self.user, project, Role.OWNER)
            values = body_of(request, ProjectForm, partial=True)
            check_match(request, found.version)
            projects.change(self.caller, found, **values)
        return tagged(request, project_document(found, Role.OWNER), found.version)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="delete_project")
    def delete(self, request: Request, project: str) -> Response:
        """Delete a project with all it holds; for owners. Jobs that wait or run must be cancelled first."""
        with transaction.atomic():
            found = project_for(self.user, project, Role.OWNER)
            check_match(request, found.version)
            delete_project_of(self.caller, found)
        return Response(status=HTTPStatus.NO_CONTENT)


class Members(Endpoint):
    """Who belongs to a project."""

    @extend_schema(responses=documented(MemberList), operation_id="list_members")
    def get(self, request: Request, project: str) -> Response:
        """All members."""
        del request
        rows = project_for(self.user, project).memberships.select_related("user").order_by("id")
        return Response({"items": [member_document(row) for row in rows]})

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=MemberForm,
        responses=documented(MemberView, created=True),
        operation_id="add_member",
    )
    def post(self, request: Request, project: str) -> Response:
        """Add somebody who has an account; for owners."""
        found = project_for(self.user, project, Role.OWNER)
        values = body_of(request, MemberForm)
        user = projects.member_to_be(values["email"])

        def work() -> Response:
            member = projects.add_member(self.caller, found, user, Role(values["role"]))
            return Response(member_document(member), HTTPStatus.CREATED)

        return once(request, work)


class OneMember(Endpoint):
    """One member."""

    scope: ClassVar[Scope] = Scope.MANAGE

    @extend_schema(request=RoleForm, responses=documented(MemberView), operation_id="change_member")
    def patch(self, request: Request, project: str, user: str) -> Response:
        """Give a member another role; for owners."""
        project_for(self.user, project, Role.OWNER)
        member = projects.change_role(self.caller, project, user, Role(body_of(request, RoleForm)["role"]))
        return Response(member_document(member))

    @extend_schema(responses=documented(None), operation_id="remove_member")
    def delete(self, request: Request, project: str, user: str) -> Response:
        """Remove a member; for owners, and for members themselves."""
        del request
        projects.remove_member(self.caller, project, user)
        return Response(status=HTTPStatus.NO_CONTENT)


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
