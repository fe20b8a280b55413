"""What a project has collected: runs, files, activity."""

from typing import Final

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render

from backend.jobs.models import Job, JobArtifact, Run
from backend.workspace.models import Activity, DataFile
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in
from frontend.projects.views import project_context

_DATA_FILES: Final = 100


@signed_in
def runs(request: PageRequest, project: str) -> HttpResponse:
    """Jobs that were submitted together, with how far they are."""
    found = open_project(request, project)
    part = listed(request, Run.objects.filter(project=found).select_related("created_by"))
    counted = Job.objects.filter(run__in=part.rows).values_list("run_id", "state").annotate(count=Count("id"))
    states: dict[str | None, list[tuple[str, int]]] = {}
    for run, state, count in counted:
        states.setdefault(run, []).append((state, count))
    rows = [(run, sorted(states.get(run.pk, []))) for run in part.rows]
    context = project_context(request, found) | {"rows": rows, "following": part.following}
    return render(request, "projects/runs.html", context)


@signed_in
def files(request: PageRequest, project: str) -> HttpResponse:
    """Files that jobs made, newest first, and data files."""
    found = open_project(request, project)
    made = JobArtifact.objects.filter(job__project=found).select_related("artifact", "job")
    context = project_context(request, found) | {
        "files": listed(request, made.only("name", "file_name", "artifact", "job__name", "job__kind")),
        "data_files": DataFile.objects.filter(project=found).select_related("artifact").order_by("-id")[:_DATA_FILES],
    }
    return render(request, "projects/files.html", context)


@signed_in
def activity(request: PageRequest, project: str) -> HttpResponse:
    """Who did what."""
    found = open_project(request, project)
    rows = Activity.objects.filter(project=found).select_related("user", "token")
    return render(request, "projects/activity.html", project_context(request, found) | {"part": listed(request, rows)})
