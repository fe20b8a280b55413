"""Who belongs to a project."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.api.views_projects import MemberForm, RoleForm
from backend.workspace import projects
from backend.workspace.access import project_for
from backend.workspace.models import Role
from frontend.forms import FormError, checked, refusals, texts
from frontend.page import PageRequest, open_project, signed_in
from frontend.projects.views import project_context


@signed_in
def members_page(request: PageRequest, project: str) -> HttpResponse:
    """All members; owners add others."""
    found = open_project(request, project)
    given, errors = texts(request.POST, "email", "role"), {}
    if request.method == "POST":
        project_for(request.caller.user, project, Role.OWNER)
        try:
            values = checked(MemberForm, given)
            with refusals():
                user = projects.member_to_be(values["email"])
                projects.add_member(request.caller, found, user, Role(values["role"]))
            messages.success(request, f"{user.name or user.email} is a member now.")
            return redirect("projects:members", project)
        except FormError as error:
            errors = error.errors
    context = project_context(request, found) | {
        **given,
        "errors": errors,
        "members": found.memberships.select_related("user").order_by("id"),
        "roles": [(role.value, role.label) for role in Role],
    }
    return render(request, "projects/members.html", context)


@require_POST
@signed_in
def change(request: PageRequest, project: str, user: str) -> HttpResponse:
    """Give a member another role."""
    try:
        values = checked(RoleForm, texts(request.POST, "role"))
        with refusals():
            member = projects.change_role(request.caller, project, user, Role(values["role"]))
        messages.success(request, f"{member.user.name or member.user.email} is {member.role} now.")
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
    return redirect("projects:members", project)


@require_POST
@signed_in
def remove(request: PageRequest, project: str, user: str) -> HttpResponse:
    """Remove a member, or leave."""
    try:
        with refusals():
            projects.remove_member(request.caller, project, user)
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
        return redirect("projects:members", project)
    if user == request.caller.user.pk and not request.caller.user.is_operator:
        messages.success(request, "You left the project.")
        return redirect("projects:start")
    messages.success(request, "Removed.")
    return redirect("projects:members", project)
