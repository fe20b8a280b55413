"""The start page, the list of projects, and one project at a glance."""

from typing import Any, Final

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render

from backend.api.views_projects import ProjectForm
from backend.jobs.models import Job
from backend.jobs.storage import used_bytes
from backend.workspace import projects
from backend.workspace.access import changeable_projects, role_of, visible_projects
from backend.workspace.models import Activity, Network, Project, Role
from contracts.job import JobKind, JobState
from frontend.forms import FormError, checked, texts
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in

_FEW: Final = 6
_RECENT: Final = 8
_CHOICES: Final = 100


@signed_in
def start(request: PageRequest) -> HttpResponse:
    """The sample's results, the caller's projects and jobs, and what to do next."""
    user = request.caller.user
    sample = visible_projects(user).filter(sample=True).order_by("-id").first()
    own = Project.objects.filter(memberships__user=user, sample=False).order_by("-id")[:_FEW]
    done = Job.objects.filter(state=JobState.COMPLETED.value, kind=JobKind.SIMULATE.value)
    context = {
        "projects": own.annotate(network_count=Count("networks", distinct=True)),
        "sample": sample,
        "sample_jobs": done.filter(project=sample).order_by("-id")[:_FEW] if sample else (),
        "changeable": changeable_projects(user).order_by("-id")[:_CHOICES],
        "jobs": Job.objects.filter(user=user).order_by("-id")[:_RECENT],
    }
    return render(request, "projects/start.html", context)


@signed_in
def index(request: PageRequest) -> HttpResponse:
    """All projects that the caller may see."""
    found = listed(request, visible_projects(request.caller.user))
    roles = dict(request.caller.user.memberships.values_list("project_id", "role"))
    rows = [(project, roles.get(project.pk, Role.VIEWER.value)) for project in found.rows]
    return render(request, "projects/index.html", {"rows": rows, "following": found.following})


@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Start a project."""
    given, errors = texts(request.POST, "name", "description"), {}
    if request.method == "POST":
        try:
            values = checked(ProjectForm, given)
            return redirect("projects:project", projects.create(request.caller, **values).pk)
        except FormError as error:
            errors = error.errors
    return render(request, "projects/new.html", {**given, "errors": errors})


@signed_in
def overview(request: PageRequest, project: str) -> HttpResponse:
    """One project at a glance."""
    found = open_project(request, project)
    states = dict(Job.objects.filter(project=found).values_list("state").annotate(count=Count("id")))
    context = project_context(request, found) | {
        "networks": Network.objects.filter(project=found).order_by("-id")[:_FEW],
        "jobs": Job.objects.filter(project=found).select_related("user").order_by("-id")[:_RECENT],
        "activity": Activity.objects.filter(project=found).select_related("user")[:_RECENT],
        "states": [(state.value, states[state.value]) for state in JobState if state.value in states],
        "member_count": found.memberships.count(),
        "storage_bytes": used_bytes(found),
    }
    return render(request, "projects/project.html", context)


def project_context(request: PageRequest, project: Project) -> dict[str, Any]:
    """What the tabs of every page of a project need."""
    role = role_of(request.caller.user, project.pk) or Role.VIEWER
    return {
        "project": project,
        "role": role.value,
        "editor": role.covers(Role.EDITOR),
        "owner": role.covers(Role.OWNER),
    }
