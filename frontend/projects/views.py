"""The start page and projects."""

from django.http import HttpResponse
from django.shortcuts import render

from backend.jobs.models import Job
from backend.workspace.access import visible_projects
from backend.workspace.models import Network
from frontend.page import PageRequest, open_project, signed_in

_RECENT = 8


@signed_in
def start(request: PageRequest) -> HttpResponse:
    """What a newcomer sees first."""
    projects = list(visible_projects(request.caller.user).order_by("-sample", "-id")[:_RECENT])
    jobs = Job.objects.filter(project__in=[project.pk for project in projects]).order_by("-id")[:_RECENT]
    return render(request, "projects/start.html", {"projects": projects, "jobs": jobs})


@signed_in
def index(request: PageRequest) -> HttpResponse:
    """All projects."""
    return render(
        request, "projects/index.html", {"projects": visible_projects(request.caller.user).order_by("-sample", "-id")}
    )


@signed_in
def project(request: PageRequest, project: str) -> HttpResponse:
    """One project."""
    found = open_project(request, project)
    networks = Network.objects.filter(project=found).order_by("-id")[:_RECENT]
    jobs = Job.objects.filter(project=found).order_by("-id")[:_RECENT]
    return render(request, "projects/project.html", {"project": found, "networks": networks, "jobs": jobs})
