"""A project's name, description and end; for owners."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.api.views_projects import ProjectForm
from backend.jobs.closing import delete_project_of
from backend.workspace import projects
from backend.workspace.access import project_for
from backend.workspace.models import Role
from frontend.forms import FormError, checked, refusals, texts
from frontend.page import PageRequest, open_project, signed_in
from frontend.projects.views import project_context


@signed_in
def settings_page(request: PageRequest, project: str) -> HttpResponse:
    """Change what a project is called."""
    found = open_project(request, project, Role.OWNER)
    given, errors = {"name": found.name, "description": found.description}, {}
    if request.method == "POST":
        given = texts(request.POST, "name", "description")
        try:
            projects.change(request.caller, found, **checked(ProjectForm, given))
            messages.success(request, "Saved.")
            return redirect("projects:settings", project)
        except FormError as error:
            errors = error.errors
    return render(request, "projects/settings.html", project_context(request, found) | {**given, "errors": errors})


@require_POST
@signed_in
def delete(request: PageRequest, project: str) -> HttpResponse:
    """Delete a project with all it holds; its name is typed as a confirmation."""
    found = project_for(request.caller.user, project, Role.OWNER)
    if request.POST.get("confirm", "") != found.name:
        messages.error(request, f"Not deleted: type the project's name, {found.name}, to confirm.")
        return redirect("projects:settings", project)
    try:
        with refusals():
            delete_project_of(request.caller, found)
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
        return redirect("projects:settings", project)
    messages.success(request, f"{found.name} was deleted.")
    return redirect("projects:start")
